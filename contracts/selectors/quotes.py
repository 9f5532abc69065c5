"""What an order would come to as far as it is typed, by the prices and refusals of the order itself; nothing kept."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.models import Contract, OrderLine, Product
from contracts.services.pricing import Terms, check_discount, fill_line, price_line, terms_of
from contracts.services.versions import version_on
from credit.models import CreditAccount, Payment
from credit.selectors.groups import sums_of_groups
from crm.core.errors import DomainError
from crm.core.money import ZERO, to_base


@dataclass(frozen=True)
class TypedLine:
    """A row of the form of an order: what is there already. `discount` None is the one agreed with the customer."""

    product: Product
    quantity: Decimal | None
    discount: Decimal | None


@dataclass(frozen=True)
class QuotedLine:
    """What a typed line costs, or all that it is refused for. `is_whole`: it has a quantity, and so an amount."""

    line: OrderLine | None = None
    is_whole: bool = False
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quote:
    """What the lines come to in the currency of the order; one quoted line for each typed one, empty ones too.

    `base_total` is that at the rate of its date. `refusal`: why nothing can be priced.
    """

    lines: list[QuotedLine]
    currency: str
    places: int = 2
    total: Decimal = ZERO
    base_total: Decimal = ZERO
    refusal: str = ""


def quote_order(
    *,
    actor: Any,
    customer_id: int,
    currency: str,
    contract: Contract | None,
    lines: Sequence[TypedLine | None],
    on: dt.date,
    today: dt.date,
) -> Quote:
    """What an order of a customer the actor sees would come to; as many queries for many lines as for one."""
    try:
        held_to = version_on(contract, on) if contract is not None else None
        terms = terms_of(actor=actor, customer_id=customer_id, currency=currency, contract=held_to, on=on, today=today)
    except DomainError as error:
        return Quote([QuotedLine() for _line in lines], currency, refusal=str(error))
    quoted = [quote_line(terms, line) for line in lines]
    total = sum((each.line.amount for each in quoted if each.line is not None and each.is_whole), ZERO)
    return Quote(quoted, currency, terms.places, total, to_base(total, terms.rate))


def quote_line(terms: Terms, typed: TypedLine | None) -> QuotedLine:
    """What one line costs as far as it is typed."""
    if typed is None:
        return QuotedLine()
    try:
        line = price_line(terms, typed.product, typed.discount)
        check_discount(terms, line)
    except DomainError as error:
        return QuotedLine(refusals=tuple(dict.fromkeys([str(error), *quantity_refusals(terms, typed)])))
    if typed.quantity is None:
        return QuotedLine(line)
    try:
        return QuotedLine(fill_line(terms, line, typed.quantity), is_whole=True)
    except DomainError as error:
        return QuotedLine(line, refusals=(str(error),))


def quantity_refusals(terms: Terms, typed: TypedLine) -> list[str]:
    """What is wrong with a line apart from its discount: it is looked at as if none were typed."""
    try:
        line = price_line(terms, typed.product, None)
        if typed.quantity is not None:
            fill_line(terms, line, typed.quantity)
    except DomainError as error:
        return [str(error)]
    return []


@dataclass(frozen=True)
class Room:
    """What an order may still take of what it is paid with, in base currency: headroom, or money paid in advance.

    Under group limits `of_group` is what is left of the tightest. `after` is what the order leaves of the lesser.
    """

    is_prepaid: bool
    free: Decimal
    of_group: Decimal | None
    after: Decimal


def room_for(*, customer_id: int, payment: str, amount: Decimal, today: dt.date) -> Room:
    """What an order of `amount` in base currency has to fit into; a customer without an account has no headroom."""
    account = CreditAccount.objects.filter(customer=customer_id).first()
    if account is None:
        return Room(payment == Payment.PREPAID, ZERO, None, -amount)
    if payment == Payment.PREPAID:
        free = account.unallocated - account.prepaid
        return Room(True, free, None, free - amount)
    free = account.headroom_on(today)
    sums = sums_of_groups(account.groups).values() if account.groups else ()
    of_group = min((each.headroom for each in sums if each.headroom is not None), default=None)
    return Room(False, free, of_group, (free if of_group is None else min(free, of_group)) - amount)
