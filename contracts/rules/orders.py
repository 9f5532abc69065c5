"""What orders decide: prices after discount, states, what may still be delivered. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from credit.rules.checks import CASH_ONLY, CREDIT, FROZEN, PREPAID, REFUSED_STATES
from crm.core.money import ZERO, round_money

DRAFT, HELD, RELEASED, DELIVERED, INVOICED, CLOSED, CANCELLED = (
    "draft",
    "held",
    "released",
    "delivered",
    "invoiced",
    "closed",
    "cancelled",
)
SUPPLY_STOPPED = frozenset({FROZEN, CASH_ONLY})  # statuses of an account that takes no goods on credit
DAYS_BACK = 31  # an order is dated this long before the day it is typed at most
TRANSITIONS = (
    (DRAFT, HELD),
    (DRAFT, RELEASED),
    (DRAFT, CANCELLED),
    (HELD, DRAFT),
    (HELD, RELEASED),
    (HELD, CANCELLED),
    (RELEASED, DELIVERED),
    (RELEASED, INVOICED),
    (RELEASED, CANCELLED),
    (DELIVERED, INVOICED),
    (DELIVERED, RELEASED),  # a delivery was reversed
    (DELIVERED, CANCELLED),  # all of what was delivered before the rest was cancelled
    (INVOICED, DELIVERED),  # an invoice was reversed
    (CLOSED, DELIVERED),
    (INVOICED, CLOSED),
)
OPEN = (DRAFT, HELD)  # nothing is reserved yet
HUNDRED = Decimal(100)
LARGEST = Decimal("999999999999.99")  # total of an order, in its currency
MOST_LINES = 200  # of one order: what its form takes
LARGEST_QUANTITY = Decimal("9999999.999")  # of one line


def net_price(list_price: Decimal, discount: Decimal, places: int) -> Decimal:
    """The price after a discount in percent, to the places of its currency."""
    return round_money(list_price * (HUNDRED - discount) / HUNDRED, places)


def line_amount(quantity: Decimal, price: Decimal, places: int) -> Decimal:
    """What so many cost, to the places of the currency."""
    return round_money(quantity * price, places)


def part_amount(
    price: Decimal, before: Decimal, quantity: Decimal, places: int, worth: Decimal | None = None
) -> Decimal:
    """What a further part of a line is worth; all parts add up to the line to the last coin.

    `before` is the quantity of the parts that stand; `worth`, what they come to, is given where others were taken back.
    """
    if worth is None:
        worth = line_amount(before, price, places)
    return max(ZERO, line_amount(before + quantity, price, places) - worth)


def part_base(
    total: Decimal, base_total: Decimal, before: Decimal, part: Decimal, worth: Decimal | None = None
) -> Decimal:
    """The share of a part in the base total of an order; all parts add up to it to the cent.

    `before` is the amount of the parts that stand; `worth`, what they come to in base currency, is given where others
    were taken back.
    """
    if not total:
        return ZERO

    def base(amount: Decimal) -> Decimal:
        return base_total if amount == total else round_money(base_total * amount / total)

    return max(ZERO, base(before + part) - (base(before) if worth is None else worth))


def discount_of(price: Decimal, list_price: Decimal) -> Decimal:
    """How far a price lies below the list price, in percent; 0 where it is not below."""
    return max(ZERO, (list_price - price) * HUNDRED / list_price) if list_price else ZERO


def highest_discount(floors: Iterable[Decimal], agreed: Decimal) -> Decimal:
    """The discount somebody may give: what his or her roles allow, or what was agreed with the customer."""
    return max([agreed, *floors])


@dataclass(frozen=True)
class Filled:
    """How far a line is filled: ordered, delivered, invoiced."""

    quantity: Decimal
    delivered: Decimal
    invoiced: Decimal

    @property
    def to_deliver(self) -> Decimal:
        return self.quantity - self.delivered


def state_after(lines: Iterable[Filled], *, rest_cancelled: bool) -> str:
    """Where a released order stands: delivered when nothing is to come, invoiced when all that came is billed."""
    known = list(lines)
    if not rest_cancelled and any(line.to_deliver for line in known):
        return RELEASED
    if all(line.invoiced == line.delivered for line in known):
        return INVOICED
    return DELIVERED


def supply_stopped(
    *, payment: str, status: str, checked_status: str, customer_state: str, money_gone: bool = False
) -> bool:
    """Whether the goods of a released order have to stay: what an account became after the release stops them.

    What was known at the release does not: it was lifted, or the policy lets it go. Nothing leaves for a customer that
    is refused, however it is paid. What is paid in advance stays where the money that such orders claim is not there
    any more (`money_gone`): a receipt was reversed, bounced or matched elsewhere.
    """
    if customer_state in REFUSED_STATES:
        return True
    if payment == PREPAID:
        return money_gone
    return payment == CREDIT and status in SUPPLY_STOPPED and status != checked_status


def first_order_day(today: dt.date) -> dt.date:
    """The earliest date of an order that is typed today."""
    return today - dt.timedelta(days=DAYS_BACK)
