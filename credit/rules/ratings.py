"""Pure rules of rating: points per item, what is done about missing data, grades, caps, weights from judgements.

Points run from 0 to 100; weights are relative to each other. Grades run from AAA, the best, to C, and D below. No
database, no clock.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from crm.approvals.rules import GRADES
from crm.core.dates import months_before

BEST, WORST = GRADES[0], GRADES[-1]
RANK = {grade: place for place, grade in enumerate(GRADES)}  # 0 is the best
HUNDRED = Decimal(100)
TENTH = Decimal("0.1")
OLDEST_YEAR = 1950  # of a financial statement
ODD_DEBT = 3  # liabilities so many times the assets are unusual
ODD_LIQUIDITY = 20  # so are current assets so many times the current liabilities

BEHAVIOUR, STATEMENT, STANDING, INVESTIGATION = "behaviour", "statement", "standing", "investigation"
SOURCES = (BEHAVIOUR, STATEMENT, STANDING, INVESTIGATION)
COLLECTION, ABILITY, COMPETITORS = "collection", "ability", "competitors"  # the three key indicators
KEY_INDICATORS = (COLLECTION, ABILITY, COMPETITORS)
RENORMALISE, ZERO_POINTS = "renormalise", "zero"  # what is done about missing data
YOUNG, BOUNCED = "young", "bounced"  # caps beside those of the key indicators

# What a scorecard can look at, and where it comes from.
NUMBERS = {
    "collection_rate": BEHAVIOUR, "days_late": BEHAVIOUR, "overdue_share": BEHAVIOUR, "promises_kept": BEHAVIOUR,
    "days_trend": BEHAVIOUR, "purchases": BEHAVIOUR,
    "debt_ratio": STATEMENT, "current_ratio": STATEMENT, "profit_margin": STATEMENT,
    "age_years": STANDING,
    "reliability": INVESTIGATION, "credibility": INVESTIGATION, "operations": INVESTIGATION,
    "conduct": INVESTIGATION, "management": INVESTIGATION, "site_visit": INVESTIGATION,
    "competitors": INVESTIGATION, "ventures": INVESTIGATION,
}  # fmt: skip
WORDS = {"size": STANDING, "ownership": STANDING}
SOURCE_OF = NUMBERS | WORDS
TOPICS = tuple(key for key, source in NUMBERS.items() if source == INVESTIGATION)
LEAST_SCORE, MOST_SCORE = 1, 5  # of an answer of an investigation

Value = Decimal | str
Inputs = Mapping[str, Value]


def rank(grade: str) -> int:
    """0 for AAA, 9 for D."""
    return RANK[grade]


def worst(grades: Iterable[str]) -> str:
    return max(grades, key=rank)


def class_of(grade: str) -> str:
    """The class of customers that policies speak of: A for AAA to A, B, C, and D; nothing for the unrated."""
    return grade[:1]


def lower(grade: str, steps: int = 1) -> str:
    """The grade so many steps below; never below D."""
    return GRADES[min(rank(grade) + steps, len(GRADES) - 1)]


def tenth(points: Decimal) -> Decimal:
    return points.quantize(TENTH, ROUND_HALF_UP)


@dataclass(frozen=True)
class Bin:
    """Points from a number on (None: from below everything), or for one word."""

    points: Decimal
    start: Decimal | None = None
    word: str = ""


@dataclass(frozen=True)
class Item:
    """One line of a scorecard. `indicator` says to which key indicator it belongs."""

    key: str
    weight: Decimal
    bins: tuple[Bin, ...]
    indicator: str = ""

    @property
    def source(self) -> str:
        return SOURCE_OF[self.key]

    def points(self, value: Value) -> Decimal | None:
        """Points for a value; None where the scorecard says nothing about it. A bin begins with its own number."""
        found = None
        for each in self.bins:
            if isinstance(value, str):
                if each.word == value:
                    return each.points
            elif each.start is None or value >= each.start:
                found = each.points
        return found


@dataclass(frozen=True)
class Scorecard:
    """A version of the rating policy. `least` maps each grade but D to the points it begins with."""

    items: tuple[Item, ...]
    least: Mapping[str, Decimal]
    missing_rule: str = RENORMALISE
    least_known: Decimal = Decimal(50)  # share of the weight that must be known, in percent
    young_years: int = 2
    young_cap: str = "BBB"
    bounced_cap: str = "C"
    bounced_months: int = 12


@dataclass(frozen=True)
class Cap:
    """The grade is not above `grade`, because of `code`: a key indicator with its points, or a fact with its date."""

    code: str
    grade: str
    points: Decimal | None = None
    on: dt.date | None = None


@dataclass(frozen=True)
class Outcome:
    """How a rating comes out. `score` None: too little is known, and there is no grade."""

    points: dict[str, Decimal]
    missing: list[str]
    known: Decimal  # share of the weight, in percent
    score: Decimal | None = None
    raw_grade: str = ""
    grade: str = ""
    caps: list[Cap] = field(default_factory=list)

    @property
    def applied(self) -> list[Cap]:
        """The caps that pressed the grade down."""
        return [cap for cap in self.caps if rank(cap.grade) > rank(self.raw_grade)] if self.raw_grade else []


def grade_for(points: Decimal, least: Mapping[str, Decimal]) -> str:
    """The best grade whose points are reached; D when none is."""
    return next((grade for grade in GRADES[:-1] if points >= least[grade]), WORST)


def weighted(items: Sequence[Item], points: Mapping[str, Decimal], missing_rule: str) -> Decimal | None:
    """Weighted mean of the points. Missing items are left out, or count as none, by the rule; None if none is known."""
    known = [item for item in items if item.key in points]
    if not known:
        return None
    over = sum(item.weight for item in (items if missing_rule == ZERO_POINTS else known))
    if not over:
        return None
    return tenth(sum((points[item.key] * item.weight for item in known), Decimal(0)) / over)


def is_young(founded_on: dt.date, on: dt.date, years: int) -> bool:
    """Whether a company is younger than so many years; on the day it completes them it is not."""
    return months_before(on, 12 * years) < founded_on


def rate(
    scorecard: Scorecard,
    inputs: Inputs,
    *,
    on: dt.date,
    founded_on: dt.date | None = None,
    bounced_on: dt.date | None = None,
) -> Outcome:
    """Rate by a scorecard: points, missing items, score, grade, and the caps, of which the worst counts."""
    points: dict[str, Decimal] = {}
    for item in scorecard.items:
        found = item.points(inputs[item.key]) if item.key in inputs else None
        if found is not None:
            points[item.key] = found
    missing = [item.key for item in scorecard.items if item.key not in points]
    whole = sum((item.weight for item in scorecard.items), Decimal(0))
    there = sum((item.weight for item in scorecard.items if item.key in points), Decimal(0))
    known = tenth(there * HUNDRED / whole) if whole else Decimal(0)
    caps = caps_of(scorecard, points, on=on, founded_on=founded_on, bounced_on=bounced_on)
    score = weighted(scorecard.items, points, scorecard.missing_rule)
    if score is None or known < scorecard.least_known:
        return Outcome(points, missing, known, caps=caps)
    raw = grade_for(score, scorecard.least)
    return Outcome(points, missing, known, score, raw, worst([raw, *(cap.grade for cap in caps)]), caps)


def caps_of(
    scorecard: Scorecard,
    points: Mapping[str, Decimal],
    *,
    on: dt.date,
    founded_on: dt.date | None,
    bounced_on: dt.date | None,
) -> list[Cap]:
    """What bounds the grade from above. A key indicator of which nothing is known bounds nothing."""
    caps = []
    for code in KEY_INDICATORS:
        reached = weighted([item for item in scorecard.items if item.indicator == code], points, RENORMALISE)
        if reached is not None:
            caps.append(Cap(code, grade_for(reached, scorecard.least), points=reached))
    if founded_on is not None and is_young(founded_on, on, scorecard.young_years):
        caps.append(Cap(YOUNG, scorecard.young_cap, on=founded_on))
    if bounced_on is not None and months_before(on, scorecard.bounced_months) < bounced_on <= on:
        caps.append(Cap(BOUNCED, scorecard.bounced_cap, on=bounced_on))
    return caps


def first_day_free(since: dt.date, months: int) -> dt.date:
    """The first day on which something that counts for so many months counts no more."""
    day = months_before(since, -months)
    while months_before(day, months) < since:  # the month before had fewer days
        day += dt.timedelta(days=1)
    return day


@dataclass(frozen=True)
class Change:
    """What one item would have to be so that the grade is better. `grade` is the grade then reached."""

    key: str
    bin: Bin
    now: Decimal | None
    grade: str


def what_would_change(
    scorecard: Scorecard,
    inputs: Inputs,
    *,
    on: dt.date,
    founded_on: dt.date | None = None,
    bounced_on: dt.date | None = None,
) -> list[Change]:
    """For each item alone: the least better value that lifts the grade; items that cannot lift it are left out."""
    facts: dict[str, Any] = {"on": on, "founded_on": founded_on, "bounced_on": bounced_on}
    now = rate(scorecard, inputs, **facts)
    if not now.grade:
        return []
    found = []
    for item in scorecard.items:
        reached = now.points.get(item.key)
        better = sorted((each for each in item.bins if reached is None or each.points > reached), key=by_points)
        for each in better:
            value: Value = each.word or (each.start if each.start is not None else below(item))
            then = rate(scorecard, {**inputs, item.key: value}, **facts)
            if rank(then.grade) < rank(now.grade):
                found.append(Change(item.key, each, reached, then.grade))
                break
    return found


def by_points(each: Bin) -> Decimal:
    return each.points


def below(item: Item) -> Decimal:
    """A number that falls in the bin from below everything."""
    return min((each.start for each in item.bins if each.start is not None), default=Decimal(1)) - 1


def end_of(item: Item, each: Bin) -> Decimal | None:
    """Where a bin of numbers ends (that number belongs to the next one); None at the top."""
    starts = sorted(other.start for other in item.bins if other.start is not None)
    return next((start for start in starts if each.start is None or start > each.start), None)


# Weights from judgements in pairs (AHP after Saaty)
RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
MOST_INCONSISTENT = 0.10


def weights_from_judgements(names: Sequence[str], judgements: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Weights that sum to 1: the main eigenvector of the matrix of judgements. (a, b): 3 means a counts 3 times b."""
    vector, _largest = main_eigenvector(matrix_of(names, judgements))
    return dict(zip(names, vector, strict=True))


def consistency_ratio(names: Sequence[str], judgements: Mapping[tuple[str, str], float]) -> float:
    """How far the judgements contradict each other, against judgements by chance; up to 0.10 they can be used."""
    size = len(names)
    if size < 3:
        return 0.0
    _vector, largest = main_eigenvector(matrix_of(names, judgements))
    return max(0.0, (largest - size) / (size - 1)) / RANDOM_INDEX[size]


def matrix_of(names: Sequence[str], judgements: Mapping[tuple[str, str], float]) -> list[list[float]]:
    """The whole matrix from its upper half."""
    matrix = [[1.0] * len(names) for _name in names]
    for row, first in enumerate(names):
        for column in range(row + 1, len(names)):
            value = float(judgements[first, names[column]])
            matrix[row][column], matrix[column][row] = value, 1 / value
    return matrix


def main_eigenvector(matrix: list[list[float]]) -> tuple[list[float], float]:
    """The main eigenvector, summing to 1, and its eigenvalue, by repeated multiplication."""
    size = len(matrix)
    vector, largest = [1 / size] * size, float(size)
    for _round in range(1000):
        product = [sum(matrix[row][column] * vector[column] for column in range(size)) for row in range(size)]
        largest = sum(product)
        following = [value / largest for value in product]
        moved = max(abs(new - old) for new, old in zip(following, vector, strict=True))
        vector = following
        if moved < 1e-12:
            break
    return vector, largest


def group_weights(items: Sequence[Item], shares: Mapping[str, float]) -> dict[str, Decimal]:
    """Weights of items by the shares of their sources: inside a source they keep their relation. They sum to 100."""
    there = {source: sum((item.weight for item in items if item.source == source), Decimal(0)) for source in SOURCES}
    used = sum(share for source, share in shares.items() if there.get(source))
    return {
        item.key: (
            item.weight / there[item.source] * Decimal(str(shares[item.source])) / Decimal(str(used)) * HUNDRED
        ).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for item in items
    }


def statement_fault(figures: Mapping[str, Decimal | None], year: int, *, on: dt.date) -> str:
    """The code of what is wrong with the statement of a year on a day; empty when nothing is."""
    if all(value is None for value in figures.values()):
        return "empty"
    if any(value is not None and value < 0 for name, value in figures.items() if name != "profit"):
        return "negative"
    if year >= on.year:
        return "year"
    if year < OLDEST_YEAR:
        return "old"
    for part, whole in (("current_assets", "total_assets"), ("current_liabilities", "liabilities")):
        smaller, larger = figures[part], figures[whole]
        if smaller is not None and larger is not None and smaller > larger:
            return part
    return ""


def statement_oddities(figures: Mapping[str, Decimal | None]) -> list[str]:
    """The codes of what hardly any company has, and is more often a slip of the hand."""

    def exceeds(above: Decimal | None, under: Decimal | None, times: int = 1) -> bool:
        return above is not None and under is not None and above > under * times

    profit, stock, owed = figures["profit"], figures["inventory"], figures["receivables"]
    found = {
        "liabilities": exceeds(figures["liabilities"], figures["total_assets"], ODD_DEBT),
        "liquidity": exceeds(figures["current_assets"], figures["current_liabilities"], ODD_LIQUIDITY),
        "profit": exceeds(None if profit is None else abs(profit), figures["revenue"]),
        "inventory": exceeds((stock or Decimal(0)) + (owed or Decimal(0)), figures["current_assets"]),
    }
    return [code for code, is_odd in found.items() if is_odd]


def ratios(statement: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    """The ratios of a financial statement, as far as its figures allow."""
    found = {}
    for key, above, under in (
        ("debt_ratio", "liabilities", "total_assets"),
        ("current_ratio", "current_assets", "current_liabilities"),
        ("profit_margin", "profit", "revenue"),
    ):
        numerator, denominator = statement.get(above), statement.get(under)
        if numerator is not None and denominator is not None and denominator > 0:
            found[key] = (numerator / denominator).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return found


def problems(scorecard: Scorecard) -> Collection[str]:
    """Codes of what keeps a scorecard from being put into force; nothing when it can be."""
    found = []
    if not scorecard.items or not sum(item.weight for item in scorecard.items):
        found.append("no_items")
    if any(not item.bins for item in scorecard.items):
        found.append("no_bins")
    if set(scorecard.least) != set(GRADES[:-1]):
        found.append("thresholds")
    else:
        falling = [scorecard.least[grade] for grade in GRADES[:-1]]
        if any(above <= under for above, under in pairwise(falling)):
            found.append("thresholds")
    if {item.indicator for item in scorecard.items} & set(KEY_INDICATORS) != set(KEY_INDICATORS):
        found.append("key_indicators")
    return found
