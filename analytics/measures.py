"""The measures of receivables: pure figures, each by the formula that credit managers know it by.

DSO, best possible DSO and average days delinquent by the simple method over a period of about three months, so that
the first is the sum of the other two (Credit Research Foundation, 'Beyond DSO'); the count-back DSO beside it takes the
season out; the collection effectiveness index as the Credit Research Foundation defines it; turnover as in any
textbook. Amounts are in base currency; nothing is said (None) where the formula would divide by nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm.core.money import ZERO

DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Stretch:
    """A month, or its part up to today: how many days, and what was billed in them."""

    days: int
    billed: Decimal


def ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole > 0 else None


def days_sales_outstanding(receivable: Decimal, billed: Decimal, days: int) -> Decimal | None:
    """DSO: for how many days' billing customers owe. Receivable / billed in the period x its days."""
    share = ratio(receivable, billed)
    return None if share is None else share * days


def best_possible_dso(not_due: Decimal, billed: Decimal, days: int) -> Decimal | None:
    """What DSO would be if everybody paid on the due date: the same formula on what is not due yet."""
    return days_sales_outstanding(not_due, billed, days)


def average_days_delinquent(dso: Decimal | None, best: Decimal | None) -> Decimal | None:
    """Days of DSO that late payment costs: DSO less best possible DSO."""
    return None if dso is None or best is None else dso - best


def count_back_dso(receivable: Decimal, stretches: Sequence[Stretch]) -> Decimal | None:
    """DSO by counting back: what is owed is taken to be the latest billing; whole months first, then a part of one.

    `stretches` newest first. When more is owed than they billed, nothing is said: the count would not end.
    """
    left, days = receivable, Decimal(0)
    for stretch in stretches:
        if left <= stretch.billed:
            return days + (left / stretch.billed * stretch.days if left > 0 else 0)
        left -= max(stretch.billed, ZERO)
        days += stretch.days
    return None


def collection_effectiveness(
    opening: Decimal, billed: Decimal, receivable: Decimal, not_due: Decimal
) -> Decimal | None:
    """CEI: of what could have been collected in a period, the share that was; 1 is everything.

    (opening receivable + billed - closing receivable) / (opening receivable + billed - closing receivable not yet due).
    """
    return ratio(opening + billed - receivable, opening + billed - not_due)


def turnover(billed: Decimal, days: int, receivables: Sequence[Decimal]) -> Decimal | None:
    """How often a year receivables turn into money: billing, as of a year, / average receivable."""
    if not receivables or not days:
        return None
    average = sum(receivables, ZERO) / len(receivables)
    share = ratio(billed, average)
    return None if share is None else share * DAYS_A_YEAR / days


def top_share(amounts: Sequence[Decimal], total: Decimal) -> Decimal | None:
    """Concentration: the share of all that is owed which the largest debtors owe."""
    return ratio(sum(amounts, ZERO), total)
