"""Rules of rating, at every edge: points, missing data, grades, caps, what would change, weights from judgements."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from credit.rules import ratings as rules
from credit.rules.ratings import Bin, Item, Scorecard
from credit.services.scorecards import LEAST
from crm.core.dates import months_before

TODAY = dt.date(2026, 3, 31)
THRESHOLDS = {grade: Decimal(points) for grade, points in LEAST.items()}


def bins(*steps: tuple[str | None, int]) -> tuple[Bin, ...]:
    return tuple(Bin(Decimal(points), None if start is None else Decimal(start)) for start, points in steps)


LATE = Item("days_late", Decimal(1), bins((None, 100), ("8", 60), ("31", 0)))
RATE = Item("collection_rate", Decimal(3), bins((None, 0), ("0.8", 80), ("0.9", 100)), "collection")
DEBT = Item("debt_ratio", Decimal(2), bins((None, 100), ("0.6", 61), ("0.8", 30)), "ability")
RIVALS = Item("competitors", Decimal(1), bins(("1", 41), ("3", 75), ("5", 100)), "competitors")
SIZE = Item("size", Decimal(1), (Bin(Decimal(90), word="large"), Bin(Decimal(40), word="micro")))


def card(*items: Item, **changes: Any) -> Scorecard:
    return Scorecard(items or (LATE, RATE, DEBT, RIVALS, SIZE), THRESHOLDS, **changes)


def rate(scorecard: Scorecard, inputs: dict[str, Any], **facts: Any) -> rules.Outcome:
    read = {key: value if key in rules.WORDS else Decimal(value) for key, value in inputs.items()}
    return rules.rate(scorecard, read, on=facts.pop("on", TODAY), **facts)


@pytest.mark.parametrize(
    ("item", "value", "points"),
    [
        (LATE, Decimal(-40), 100),
        (LATE, Decimal("7.9"), 100),
        (LATE, Decimal(8), 60),
        (LATE, Decimal("30.9"), 60),
        (LATE, Decimal(31), 0),
        (RATE, Decimal("0.7999"), 0),
        (RATE, Decimal("0.8"), 80),
        (RATE, Decimal("0.9"), 100),
        (RIVALS, Decimal(0), None),
        (RIVALS, Decimal(1), 41),
        (SIZE, "large", 90),
        (SIZE, "medium", None),
    ],
)
def test_a_value_gets_the_points_of_the_bin_it_lies_in(item: Item, value: Any, points: int | None) -> None:
    assert item.points(value) == points


@pytest.mark.parametrize(
    ("points", "grade"),
    [
        ("100", "AAA"), ("90", "AAA"), ("89.9", "AA"), ("85", "AA"), ("84.9", "A"), ("80", "A"), ("79.9", "BBB"),
        ("72", "BBB"), ("71.9", "BB"), ("66", "BB"), ("65.9", "B"), ("60", "B"), ("59.9", "CCC"), ("52", "CCC"),
        ("51.9", "CC"), ("46", "CC"), ("45.9", "C"), ("40", "C"), ("39.9", "D"), ("0", "D"),
    ],
)  # fmt: skip
def test_a_grade_begins_at_its_own_points(points: str, grade: str) -> None:
    assert rules.grade_for(Decimal(points), THRESHOLDS) == grade


def test_missing_items_are_left_out_or_count_as_nothing_by_the_rule() -> None:
    known = {"collection_rate": "0.85", "days_late": "0"}
    left_out = rate(card(least_known=Decimal(1)), known)
    assert left_out.score == Decimal("85.0")  # (3 x 80 + 1 x 100) / 4
    assert left_out.missing == ["debt_ratio", "competitors", "size"]
    nothing = rate(card(least_known=Decimal(1), missing_rule=rules.ZERO_POINTS), known)
    assert nothing.score == Decimal("42.5")  # 340 / 8


def test_who_is_known_too_little_gets_no_grade() -> None:
    known = {"collection_rate": "0.95", "days_late": "0"}  # 4 of 8
    assert rate(card(least_known=Decimal("50.0")), known).grade == "AAA"
    too_little = rate(card(least_known=Decimal("50.1")), known)
    assert (too_little.score, too_little.grade, too_little.known) == (None, "", Decimal("50.0"))
    assert rate(card(), {}).grade == ""


def test_the_grade_is_never_above_the_worst_key_indicator() -> None:
    best = {"collection_rate": "1", "days_late": "0", "debt_ratio": "0.1", "competitors": "5", "size": "large"}
    assert rate(card(), best).grade == "AAA"
    in_debt = rate(card(), {**best, "debt_ratio": "0.6"})
    assert (in_debt.raw_grade, in_debt.grade) == ("AA", "B")
    assert [cap.code for cap in in_debt.applied] == ["ability"]
    with_rivals = rate(card(), {**best, "debt_ratio": "0.6", "competitors": "1"})
    assert with_rivals.grade == "C"
    not_paying = rate(card(), {**best, "collection_rate": "0.79"})
    assert not_paying.grade == "D"


def test_a_key_indicator_of_which_nothing_is_known_bounds_nothing() -> None:
    found = rate(card(), {"collection_rate": "1", "days_late": "0"}, on=TODAY)
    assert [cap.code for cap in found.caps] == ["collection"]


def test_several_items_make_one_key_indicator_by_their_weights() -> None:
    current = Item("current_ratio", Decimal(6), bins((None, 100)), "ability")
    found = rate(card(RATE, DEBT, current), {"collection_rate": "1", "debt_ratio": "0.9", "current_ratio": "2"})
    ability = next(cap for cap in found.caps if cap.code == "ability")
    assert ability.points == Decimal("82.5")  # (2 x 30 + 6 x 100) / 8
    assert found.grade == "A"


@pytest.mark.parametrize(
    ("founded_on", "grade"),
    [(dt.date(2024, 3, 30), "AAA"), (dt.date(2024, 3, 31), "AAA"), (dt.date(2024, 4, 1), "BBB"), (None, "AAA")],
)
def test_a_company_younger_than_two_years_is_capped(founded_on: dt.date | None, grade: str) -> None:
    best = {"collection_rate": "1", "days_late": "0"}
    assert rate(card(), best, founded_on=founded_on).grade == grade


@pytest.mark.parametrize(
    ("bounced_on", "grade"),
    [
        (dt.date(2025, 3, 31), "AAA"),
        (dt.date(2025, 4, 1), "C"),
        (TODAY, "C"),
        (TODAY + dt.timedelta(days=1), "AAA"),
    ],
)
def test_a_bounced_cheque_caps_for_its_months(bounced_on: dt.date, grade: str) -> None:
    assert rate(card(), {"collection_rate": "1", "days_late": "0"}, bounced_on=bounced_on).grade == grade


def test_a_cap_above_the_score_presses_nothing() -> None:
    found = rate(card(), {"collection_rate": "0.85", "days_late": "40"}, founded_on=dt.date(2025, 1, 1))
    assert found.raw_grade == "B"
    assert found.grade == "B"
    assert found.applied == []


def test_what_would_change_names_the_least_value_that_lifts_the_grade() -> None:
    inputs: dict[str, rules.Value] = {"collection_rate": Decimal("0.85"), "days_late": Decimal(40)}
    found = {change.key: change for change in rules.what_would_change(card(least_known=Decimal(1)), inputs, on=TODAY)}
    assert (found["days_late"].bin.start, found["days_late"].grade) == (Decimal(8), "BBB")
    assert found["collection_rate"].bin.start == Decimal("0.9")
    for change in found.values():
        value = change.bin.word or (change.bin.start if change.bin.start is not None else Decimal(-1000))
        then = rules.rate(card(least_known=Decimal(1)), {**inputs, change.key: value}, on=TODAY)
        assert then.grade == change.grade


def test_an_item_that_cannot_lift_a_capped_grade_is_not_named() -> None:
    inputs: dict[str, rules.Value] = {"collection_rate": Decimal("0.5"), "days_late": Decimal(40)}
    found = rules.what_would_change(card(RATE, LATE), inputs, on=TODAY)
    assert [change.key for change in found] == ["collection_rate"]


NAMES = ("a", "b", "c")


def test_consistent_judgements_give_back_their_weights() -> None:
    judged = {("a", "b"): 2.0, ("a", "c"): 6.0, ("b", "c"): 3.0}
    weights = rules.weights_from_judgements(NAMES, judged)
    assert weights == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})
    assert rules.consistency_ratio(NAMES, judged) == pytest.approx(0, abs=1e-9)


def test_the_consistency_ratio_is_that_of_saaty() -> None:
    # Saaty's example of three criteria: 1/3, 5, 7 gives 0.28, 0.65, 0.07 and a ratio of 0.06.
    judged = {("a", "b"): 1 / 3, ("a", "c"): 5.0, ("b", "c"): 7.0}
    assert rules.consistency_ratio(NAMES, judged) == pytest.approx(0.0556, abs=0.001)
    assert rules.weights_from_judgements(NAMES, judged)["b"] == pytest.approx(0.649, abs=0.001)
    against = {("a", "b"): 9.0, ("b", "c"): 9.0, ("a", "c"): 1 / 9}
    assert rules.consistency_ratio(NAMES, against) > rules.MOST_INCONSISTENT


def test_items_keep_their_relation_inside_a_source() -> None:
    shares = {"behaviour": 0.5, "statement": 0.3, "standing": 0.1, "investigation": 0.1}
    weights = rules.group_weights((LATE, RATE, DEBT, RIVALS, SIZE), shares)
    assert weights["collection_rate"] == 3 * weights["days_late"] == Decimal("37.50")
    assert sum(weights.values()) == Decimal(100)
    without = rules.group_weights((LATE, RATE), shares)
    assert sum(without.values()) == Decimal(100)


def test_ratios_need_what_they_are_divided_by() -> None:
    figures = {"total_assets": Decimal(200), "liabilities": Decimal(130), "revenue": Decimal(0), "profit": Decimal(5)}
    assert rules.ratios(figures) == {"debt_ratio": Decimal("0.6500")}


def test_a_scorecard_must_be_whole() -> None:
    assert rules.problems(card()) == []
    assert rules.problems(Scorecard((), THRESHOLDS)) == ["no_items", "key_indicators"]
    assert rules.problems(Scorecard((RATE, DEBT, RIVALS), {**THRESHOLDS, "AA": Decimal(90)})) == ["thresholds"]
    assert rules.problems(Scorecard((RATE, DEBT, RIVALS), {"AAA": Decimal(90)})) == ["thresholds"]
    assert "no_bins" in rules.problems(card(RATE, DEBT, RIVALS, Item("size", Decimal(1), ())))


def test_grades_fall_by_steps_and_never_below_the_worst() -> None:
    assert [rules.lower(grade) for grade in ("AAA", "BBB", "C", "D")] == ["AA", "BB", "D", "D"]
    assert [rules.class_of(grade) for grade in ("AAA", "BB", "C", "D", "")] == ["A", "B", "C", "D", ""]


@pytest.mark.parametrize(
    ("since", "months", "free"),
    [
        (dt.date(2026, 10, 17), 12, dt.date(2027, 10, 17)),
        (dt.date(2026, 8, 31), 6, dt.date(2027, 3, 1)),
        (dt.date(2024, 2, 29), 24, dt.date(2026, 3, 1)),
    ],
)
def test_a_bound_is_gone_on_the_first_day_the_rule_finds_it_no_more(since: dt.date, months: int, free: dt.date) -> None:
    assert rules.first_day_free(since, months) == free
    assert months_before(free, months) >= since > months_before(free - dt.timedelta(days=1), months)
