"""The pure decisions of collection, each at its boundary."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.rules.collection import (
    FormulaLine,
    expected_of,
    formula_lines,
    next_rung,
    reached_after,
    stored_lines,
    without,
)
from tests.collection.oracle import is_due, is_new_cycle

FOUR_THIRDS = Decimal("1.3333")
cents = st.decimals(min_value=0, max_value=10**8, places=2)


@dataclass(frozen=True)
class Step:
    code: str
    days: int
    fraction: Decimal | None = None
    position: int = 0
    gap_days: int = 1


@pytest.mark.parametrize(
    ("term", "days"), [(60, 20), (90, 30), (45, 15), (30, 10), (120, 40), (15, 8), (0, 8), (24, 8), (25, 9)]
)
def test_four_thirds_of_the_term_but_not_before_the_least(term: int, days: int) -> None:
    assert reached_after(8, FOUR_THIRDS, term) == days


def test_the_ladder_is_climbed_in_the_order_of_the_customer_s_own_days() -> None:
    manager, formal = Step("manager", 30), Step("formal", 8, FOUR_THIRDS, position=1)
    assert next_rung([manager, formal], term_days=60, taken=[]) == formal
    assert next_rung([manager, formal], term_days=120, taken=[]) == manager
    assert next_rung([manager, formal], term_days=90, taken=[]) == manager  # both on day 30: the position decides
    assert next_rung([manager, formal], term_days=60, taken=["formal"]) == manager
    assert next_rung([manager, formal], term_days=60, taken=["formal", "manager"]) is None


def test_a_reminder_before_the_due_date_is_no_rung() -> None:
    assert next_rung([Step("reminder", -3)], term_days=30, taken=[]) is None


@pytest.mark.parametrize(
    ("days_overdue", "days_since_step", "raised", "due"),
    [
        (7, 5, False, True),
        (6, 5, False, False),
        (7, 3, False, True),
        (7, 2, False, False),  # the gap
        (7, None, False, True),
        (1, 1, True, True),  # a broken promise waits for nothing
        (1, 0, True, False),  # but for the next day
        (7, 0, False, False),
    ],
)
def test_when_a_step_is_taken(days_overdue: int, days_since_step: int | None, raised: bool, due: bool) -> None:
    step = Step("cause", 7, gap_days=3)
    answer = is_due(step, days_overdue=days_overdue, term_days=30, days_since_step=days_since_step, raised=raised)
    assert answer is due


def test_a_cycle_ends_when_nothing_is_open_that_the_last_step_was_about() -> None:
    stepped = dt.date(2026, 2, 10)
    assert is_new_cycle(stepped, dt.date(2026, 2, 9)) is False  # overdue on the day of the step
    assert is_new_cycle(stepped, dt.date(2026, 2, 10)) is True
    assert is_new_cycle(None, dt.date(2026, 2, 10)) is False
    assert is_new_cycle(stepped, None) is False


@given(opened=cents, taken=cents, rate=st.decimals(min_value=0, max_value=1, places=4))
def test_a_formula_keeps_adding_up_when_a_part_is_disputed(opened: Decimal, taken: Decimal, rate: Decimal) -> None:
    lines = [
        FormulaLine(1, 30, "history", opened, rate, (opened * rate).quantize(Decimal("0.01"))),
        FormulaLine(31, None, "history", Decimal("10.00"), Decimal("0.5"), Decimal("5.00")),
    ]
    left = without(lines, 30, taken)
    assert sum(line.open_amount for line in left) == max(opened - taken, Decimal(0)) + Decimal("10.00")
    assert all(Decimal(0) <= line.expected <= line.open_amount for line in left)
    assert formula_lines(stored_lines(left)) == left
    assert expected_of(left) == sum(line.expected for line in left)
