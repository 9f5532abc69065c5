"""Pure decisions of instalment plans: equal rows, what a plan must hold to, when a row is kept."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from crm.core.dates import months_before
from crm.core.display import money
from crm.core.errors import DomainError
from crm.core.money import ZERO
from receivables.errors.instalments import (
    PlanAmountNotPositive,
    PlanDatePast,
    PlanDatesOrder,
    PlanRowsCount,
    PlanSum,
    PlanTooLong,
)

LEAST_ROWS, MOST_ROWS = 2, 36
LONGEST_MONTHS = 36
CENT = Decimal("0.01")


@dataclass(frozen=True)
class PlanRow:
    """So much, in the currency of the plan, by that day."""

    due_on: dt.date
    amount: Decimal


def equal_rows(total: Decimal, *, count: int, first_on: dt.date) -> list[PlanRow]:
    """So many equal parts, one a month from the first day on; the last one takes what rounding leaves over."""
    part = (total / count).quantize(CENT, ROUND_DOWN)
    parts = [part] * (count - 1) + [total - part * (count - 1)]
    return [PlanRow(months_before(first_on, -number), amount) for number, amount in enumerate(parts)]


def fault_of(rows: Sequence[PlanRow], *, total: Decimal, on: dt.date) -> DomainError | None:
    """What is wrong with the rows of a plan proposed on a day, the first of it; None when nothing is."""
    if not LEAST_ROWS <= len(rows) <= MOST_ROWS:
        return PlanRowsCount(least=LEAST_ROWS, most=MOST_ROWS)
    before: dt.date | None = None
    for number, row in enumerate(rows, 1):
        if row.amount <= ZERO:
            return PlanAmountNotPositive(row=number)
        if row.due_on < on:
            return PlanDatePast(row=number, on=on)
        if before is not None and row.due_on <= before:
            return PlanDatesOrder(row=number)
        before = row.due_on
    latest = months_before(on, -LONGEST_MONTHS)
    if rows[-1].due_on > latest:
        return PlanTooLong(latest=latest)
    given = sum((row.amount for row in rows), ZERO)
    if given != total:
        return PlanSum(given=money(given), wanted=money(total), left=money(total - given))
    return None


def parts_come(rows: Sequence[PlanRow], received: Decimal) -> list[Decimal]:
    """What of each row has come: money fills the rows from the first."""
    left, parts = max(received, ZERO), []
    for row in rows:
        part = min(left, row.amount)
        parts.append(part)
        left -= part
    return parts
