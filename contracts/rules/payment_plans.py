"""What payment plans decide: whether they add up, what each part comes to, when it falls due. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm.core.money import ZERO, round_money

DAY, SIGNING, DELIVERY, INVOICE = "day", "signing", "delivery", "invoice"
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Part:
    """A part of a plan: `share` in percent or `amount`, due on a day or so many days after something."""

    share: Decimal | None
    amount: Decimal | None
    due: str
    due_on: dt.date | None = None
    days: int | None = None
    note: str = ""


def shares_of(parts: Sequence[Part]) -> Decimal:
    return sum((part.share or ZERO for part in parts), ZERO)


def planned(parts: Sequence[Part], total: Decimal, places: int) -> Decimal:
    """What the parts of a plan come to, of a total in a currency of so many places."""
    return sum((part.amount or ZERO for part in parts), ZERO) + round_money(total * shares_of(parts) / HUNDRED, places)


def adds_up(parts: Sequence[Part], total: Decimal | None, places: int) -> bool:
    """A plan comes to the fixed total; without one it has shares only, and they come to all of it."""
    if not parts:
        return True
    if total is None:
        return shares_of(parts) == HUNDRED and all(part.amount is None for part in parts)
    return planned(parts, total, places) == total


def amounts(parts: Sequence[Part], total: Decimal | None, places: int) -> list[Decimal | None]:
    """What each part comes to, to the places of the currency; a share of nothing fixed comes to no amount."""
    found: list[Decimal | None] = []
    before = ZERO
    for part in parts:
        if part.share is None or total is None:
            found.append(part.amount)
            continue
        after = before + part.share
        found.append(round_money(total * after / HUNDRED, places) - round_money(total * before / HUNDRED, places))
        before = after
    return found


def days_of_credit(parts: Sequence[Part], starts_on: dt.date | None) -> list[int]:
    """How long each part lets the customer wait: from signing, delivery or invoice, or from the first day to its own.

    While the first day of a contract is not known, nor is the wait for a fixed day.
    """
    found = [part.days or 0 for part in parts if part.due != DAY]
    if starts_on is not None:
        found += [max((part.due_on - starts_on).days, 0) for part in parts if part.due == DAY and part.due_on]
    return found


def falls_due(part: Part, since: Mapping[str, dt.date | None]) -> dt.date | None:
    """When a part is to be paid; None while what it is counted from has not happened. `since` has those days."""
    if part.due == DAY:
        return part.due_on
    start = since.get(part.due)
    return start + dt.timedelta(days=part.days or 0) if start else None
