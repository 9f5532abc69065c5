"""Ratings in words: values, points and caps as the pages show them, and how they read on a timeline."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from credit.models import FinancialStatement, Rating, RatingState, ScorecardItem, ScorecardVersion, Trigger
from credit.models.scorecards import WORDS_OF, Indicator, ItemKey
from credit.rules import ratings as rules
from credit.selectors.rating_inputs import read_back
from crm.core.addresses import record_url
from crm.core.display import figure, number, percent
from crm.core.money import CENT
from crm.core.registry import TimelineKind

SHARES = ("collection_rate", "overdue_share", "promises_kept", "debt_ratio", "profit_margin")
DAYS = ("days_late", "days_trend")


def value_words(key: str, value: Any) -> str:
    """A value of an item as the page shows it; empty when nothing is known."""
    if value is None or value == "":
        return ""
    if key in WORDS_OF:
        return str(dict(WORDS_OF[key].choices).get(value, value))
    amount = Decimal(value)
    if key in SHARES:
        return percent(amount)
    if key in DAYS:
        return ngettext("%(days)s day", "%(days)s days", abs(int(amount))) % {"days": plain(amount)}
    if key == "current_ratio":
        return number(amount.quantize(CENT))
    if key == "purchases":
        return figure(amount)
    return number(amount)


def plain(figure: Decimal) -> str:
    """A number without zeros that say nothing."""
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bin_words(item: rules.Item, each: rules.Bin) -> str:
    """The values of a bin: 'from 80% to below 88%'."""
    if each.word:
        return value_words(item.key, each.word)
    end = rules.end_of(item, each)
    if each.start is None:
        return _("below %(end)s") % {"end": value_words(item.key, end)} if end is not None else _("any value")
    start = value_words(item.key, each.start)
    if end is None and item.key in rules.TOPICS and each.start >= rules.MOST_SCORE:
        return start  # there is no better score
    if end is None:
        return _("%(start)s or more") % {"start": start}
    return _("%(start)s to below %(end)s") % {"start": start, "end": value_words(item.key, end)}


def cap_words(cap: dict[str, Any]) -> str:
    """Why the grade is not above that of a cap."""
    if cap["code"] in rules.KEY_INDICATORS:
        points = {"indicator": Indicator(cap["code"]).label, "points": number(Decimal(str(cap["points"])))}
        return _("Key indicator %(indicator)s: %(points)s points") % points
    if cap["code"] == rules.YOUNG:
        return _("Young company, founded on %(on)s") % {"on": cap["on"]}
    return _("A cheque bounced on %(on)s") % {"on": cap["on"]}


def figure_lines(statement: FinancialStatement) -> list[tuple[str, str]]:
    """The figures of a statement with their names; – where one is not known."""
    return [(str(label_of(name)), "–" if value is None else figure(value)) for name, value in statement.figures.items()]


def label_of(name: str) -> str:
    label: Any = FinancialStatement._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    return capfirst(str(label))


@dataclass(frozen=True)
class Line:
    """One item of a rating: what was known, the points for it and what they come to."""

    item: ScorecardItem
    value: str
    points: Decimal | None
    share: Decimal  # of the weight that counts, in percent
    brings: Decimal | None  # points of the score
    weight: Decimal  # of the whole scorecard, in percent


def lines_of(rating: Rating) -> list[Line]:
    """The items of the rating's scorecard with what the rating made of them."""
    items: Sequence[ScorecardItem] = list(rating.scorecard.items.all())
    points = {key: Decimal(str(value)) for key, value in rating.points.items()}
    counts = [item for item in items if item.key in points or rating.scorecard.missing_rule == rules.ZERO_POINTS]
    whole = sum((item.weight for item in counts), Decimal(0))
    of_all = sum((item.weight for item in items), Decimal(0)) or Decimal(1)
    lines = []
    for item in items:
        share = item.weight / whole if item in counts and whole else Decimal(0)
        reached = points.get(item.key)
        lines.append(
            Line(
                item,
                value_words(item.key, rating.inputs.get(item.key)),
                reached,
                rules.tenth(share * 100),
                None if reached is None else rules.tenth(reached * share),
                rules.tenth(item.weight / of_all * 100),
            )
        )
    return lines


@dataclass(frozen=True)
class CapLine:
    grade: str
    words: str
    presses: bool
    ends_on: dt.date | None = None


def caps_of(rating: Rating) -> list[CapLine]:
    """The bounds of the grade, and when they end; `presses` where one lies below the grade by score, or is the grade of
    a rating that has none.
    """
    return [
        CapLine(cap["grade"], cap_words(cap), cap_presses(cap, rating), end_of_cap(cap, rating.scorecard))
        for cap in rating.caps
    ]


def cap_presses(cap: dict[str, Any], rating: Rating) -> bool:
    if not rating.raw_grade:
        return bool(cap["grade"] == rating.grade)
    return rules.rank(cap["grade"]) > rules.rank(rating.raw_grade)


def end_of_cap(cap: dict[str, Any], scorecard: ScorecardVersion) -> dt.date | None:
    """The first day without a bound that passes with time."""
    months = {rules.YOUNG: 12 * scorecard.young_years, rules.BOUNCED: scorecard.bounced_months}.get(cap["code"])
    return rules.first_day_free(dt.date.fromisoformat(cap["on"]), months) if months is not None else None


def cause_words(rating: Rating) -> str:
    """Why a rating has another grade than its points lead to, where it was not rated by them; empty otherwise."""
    grades = {"previous": rating.previous or _("unrated"), "grade": rating.grade}
    if rating.trigger == Trigger.BOUNCED:
        return _("A cheque bounced: the grade is at most %(grade)s, whatever the points are.") % grades
    if rating.trigger in (Trigger.PROMISE, Trigger.PLAN):
        return (
            _("A broken promise or plan takes one grade, whatever the points are: %(previous)s → %(grade)s.") % grades
        )
    if rating.trigger == Trigger.OVERRIDE:
        return _("People proposed %(grade)s instead of the grade the points lead to.") % grades
    return ""


def prospects_of(rating: Rating, today: dt.date) -> list[str]:
    """What else will or may change the grade: bounds that end, a signal that is decided about, what is missing.

    Empty of a rating that is neither proposed nor the one in force (reads its account's grade now).
    """
    if rating.state != RatingState.PROPOSED and not rating.holds_now:
        return []
    found = [
        _("From %(on)s on this bound is gone: %(bound)s.") % {"on": cap.ends_on.isoformat(), "bound": cap.words}
        for cap in caps_of(rating)
        if cap.ends_on is not None and cap.ends_on > today
    ]
    if rating.state == RatingState.PROVISIONAL:
        found.append(_("It is provisional: it may still be lifted, and a newer accepted rating overtakes it."))
    if rating.missing:
        found.append(_("Not known, and may change it: %(items)s.") % {"items": missing_words(rating)})
    return found


@dataclass(frozen=True)
class Way:
    """One item alone that would lift the grade: what it is and what it would have to be."""

    name: str
    now: str
    needs: str
    points_now: Decimal | None
    points_then: Decimal
    grade: str


def ways_up(rating: Rating) -> list[Way]:
    """What would change the grade, item by item, by the scorecard and the inputs of the rating."""
    card = rating.scorecard.scorecard()
    names = {item.key: item.name for item in rating.scorecard.items.all()}
    items = {item.key: item for item in card.items}
    inputs = read_back(rating.inputs)
    changes = rules.what_would_change(
        card, inputs, on=rating.on, founded_on=rating.founded_on, bounced_on=rating.bounced_on
    )
    return [
        Way(
            names[change.key],
            value_words(change.key, rating.inputs.get(change.key)),
            bin_words(items[change.key], change.bin),
            change.now,
            change.bin.points,
            change.grade,
        )
        for change in changes
    ]


@dataclass(frozen=True)
class Compared:
    """One line of two ratings beside each other."""

    name: str
    value: str
    other_value: str
    points: Decimal | None
    other_points: Decimal | None

    @property
    def moved(self) -> Decimal | None:
        if self.points is None or self.other_points is None:
            return None
        return self.other_points - self.points

    @property
    def differs(self) -> bool:
        return (self.value, self.points) != (self.other_value, self.other_points)


def compared(older: Rating, newer: Rating) -> list[Compared]:
    """Two ratings line by line; items that only one scorecard has stand there too."""
    before = {line.item.key: line for line in lines_of(older)}
    after = {line.item.key: line for line in lines_of(newer)}
    found = []
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key), after.get(key)
        item = (new or old).item  # type: ignore[union-attr]
        found.append(
            Compared(
                item.name,
                old.value if old else "",
                new.value if new else "",
                old.points if old else None,
                new.points if new else None,
            )
        )
    return found


LACKING = {
    rules.STATEMENT: gettext_lazy("Not known, from a financial statement: %(items)s."),
    rules.INVESTIGATION: gettext_lazy("Not known, from an investigation: %(items)s."),
    rules.STANDING: gettext_lazy("Not known, from the customer's profile: %(items)s."),
    rules.BEHAVIOUR: gettext_lazy("Not known, from invoices that fall due and promises, by itself: %(items)s."),
}


def lacking_words(keys: Sequence[str], card: rules.Scorecard) -> dict[str, str]:
    """By their source, the items of which nothing is known, each with its share of the weight; what counts is first."""
    whole = sum((item.weight for item in card.items), Decimal(0))
    shares = {item.key: item.weight / whole for item in card.items if item.key in keys}
    found = {}
    for source, sentence in LACKING.items():
        items = sorted((key for key in shares if rules.SOURCE_OF[key] == source), key=lambda key: -shares[key])
        if items:
            words = _(", ").join(f"{ItemKey(key).label} ({percent(shares[key])})" for key in items)
            found[source] = str(sentence) % {"items": words}
    return found


def missing_words(rating: Rating) -> str:
    return _(", ").join(str(ItemKey(key).label) for key in rating.missing)


# The timeline
def event_words(data: dict[str, Any]) -> dict[str, str]:
    return {
        "grade": data.get("grade", ""),
        "previous": data.get("previous") or _("unrated"),
        "number": data.get("number", ""),
        "cause": str(dict(Trigger.choices).get(data.get("trigger", ""), "")),
        "state": str(dict(RatingState.choices).get(data.get("state", ""), "")).lower(),
    }


def proposed(data: dict[str, Any]) -> str:
    return _("%(number)s: grade %(grade)s proposed (now %(previous)s)") % event_words(data)


def decided(data: dict[str, Any]) -> str:
    return _("%(number)s: grade %(grade)s %(state)s (before %(previous)s)") % event_words(data)


def lowered(data: dict[str, Any]) -> str:
    return _("%(cause)s: grade %(previous)s → %(grade)s, provisional") % event_words(data)


def excluded(data: dict[str, Any]) -> str:
    return _("Grade %(grade)s taken off the list of the review (stays %(previous)s)") % event_words(data)


def rating_url(data: dict[str, Any]) -> str:
    return record_url("credit:rating", data["id"]) if data.get("id") else ""


RATING_KINDS = tuple(
    TimelineKind(key, label, icon, sentence, url=rating_url, permission="credit.view_rating")
    for key, label, icon, sentence in (
        ("rating_proposed", gettext_lazy("Rating proposed"), "file-text", proposed),
        ("rating_decided", gettext_lazy("Rating decided"), "checks", decided),
        ("rating_excluded", gettext_lazy("Taken off the list of a review"), "list", excluded),
        ("grade_lowered", gettext_lazy("Grade lowered"), "alert-circle", lowered),
    )
)
