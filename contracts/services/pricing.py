"""What a product costs a customer, and how far somebody may go below its list price."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Q

from contracts.errors import (
    AmountTooLarge,
    BelowSmallestCoin,
    DiscountOutOfRange,
    DiscountTooHigh,
    PriceFixed,
    ProductNotSold,
    QuantityNotPositive,
)
from contracts.models import Contract, ContractLine, CustomerDiscount, DiscountFloor, OrderLine, Product
from contracts.rules import orders as rules
from crm.accounts import roles
from crm.core.currencies import places_of
from crm.core.display import figure
from crm.core.errors import NotAllowed, RateMissing, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, round_money
from crm.core.rates import rate_on
from customers.models import Customer
from customers.services import record_event

# What an installation begins with: the highest discount in percent by role.
FLOORS = {
    roles.SALES_REP: Decimal(5),
    roles.SALES_MANAGER: Decimal(10),
    roles.SALES_DIRECTOR: Decimal(20),
    roles.GENERAL_MANAGER: Decimal(30),
}


def seed_floors(**kwargs: Any) -> None:
    """Bring the discount floors where there are none; runs after every migrate."""
    with transaction.atomic():
        if not DiscountFloor.objects.exists():
            DiscountFloor.objects.bulk_create(
                [DiscountFloor(role=role, percent=percent) for role, percent in FLOORS.items()]
            )


def floor_of(actor: Any) -> Decimal:
    """The highest discount in percent the actor's roles allow."""
    known = DiscountFloor.objects.filter(role__in=actor.groups.values("name")).values_list("percent", flat=True)
    return rules.highest_discount(known, ZERO)


def agreed_discount(*, customer_id: int, on: dt.date) -> Decimal:
    """The discount in percent agreed with a customer on a day; 0 where there is none."""
    found: CustomerDiscount | None = (
        CustomerDiscount.objects.filter(customer=customer_id, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .order_by("-pk")
        .first()
    )
    return found.percent if found else ZERO


@dataclass(frozen=True)
class Terms:
    """By what an order of a customer is priced, read once for all its lines.

    `rate` and `places` are those of its currency at its date, `fixed` the prices signed in its contract, by product.
    Discounts are those the actor may give `today`; the actor None is the system itself.
    """

    actor: Any
    customer_id: int
    currency: str
    rate: Decimal
    places: int
    contract: Contract | None
    fixed: dict[int, Decimal]
    today: dt.date

    @cached_property
    def agreed(self) -> Decimal:
        """The discount in percent agreed with the customer."""
        return agreed_discount(customer_id=self.customer_id, on=self.today)

    @cached_property
    def highest(self) -> Decimal:
        """The highest discount in percent that may be given."""
        if self.actor is None:
            return rules.HUNDRED
        return rules.highest_discount([floor_of(self.actor)], self.agreed)


def terms_of(
    *, actor: Any, customer_id: int, currency: str, contract: Contract | None, on: dt.date, today: dt.date
) -> Terms:
    """By what an order dated `on` and typed `today` is priced. Raises RateMissing, CurrencyUnknown."""
    rate, places = rate_on(currency=currency, on=on), places_of(currency)
    return Terms(actor, customer_id, currency, rate, places, contract, prices_of(contract), today)


def price_line(terms: Terms, product: Product | None, discount: Decimal | None) -> OrderLine:
    """What one unit of a product costs in an order, as a line without its quantity yet.

    `discount` is in percent of the list price, None is the one agreed with the customer; check_discount says whether it
    may be given. Raises ProductNotSold, PriceFixed.
    """
    if product is None or not product.is_active:
        raise ProductNotSold(product=product or "")
    list_price = list_price_in(product.price, terms.rate, terms.places)
    line = OrderLine(product=product, list_price=list_price, cost=product.cost)
    if terms.contract is not None and product.pk in terms.fixed:
        line.price, line.by_contract = terms.fixed[product.pk], True
        if discount:
            price = figure(line.price, terms.places)
            raise PriceFixed(product=str(product), contract=terms.contract.number, price=price)
        return line
    line.discount = terms.agreed if discount is None else discount
    line.price = rules.net_price(list_price, line.discount, terms.places)
    return line


def check_discount(terms: Terms, line: OrderLine) -> None:
    """Refuse a discount that neither role nor agreement allow. Raises DiscountOutOfRange, DiscountTooHigh."""
    if not 0 <= line.discount <= rules.HUNDRED:
        raise DiscountOutOfRange
    if line.discount and line.discount > terms.highest:
        given, highest = plain(line.discount), plain(terms.highest)
        raise DiscountTooHigh(product=str(line.product), discount=given, highest=highest)


def fill_line(terms: Terms, line: OrderLine, quantity: Decimal) -> OrderLine:
    """A line that is priced, with its quantity and amount.

    Raises QuantityNotPositive, AmountTooLarge, BelowSmallestCoin.
    """
    if quantity <= 0:
        raise QuantityNotPositive
    if quantity > rules.LARGEST_QUANTITY:
        raise AmountTooLarge(largest=figure(rules.LARGEST))
    line.quantity, line.amount = quantity, rules.line_amount(quantity, line.price, terms.places)
    check_total([line])
    is_free = not line.price if line.by_contract else not line.product.price or line.discount == rules.HUNDRED
    if not line.amount and not is_free:
        raise BelowSmallestCoin(product=line.product, currency=terms.currency)
    return line


def check_total(lines: Iterable[OrderLine]) -> Decimal:
    """What lines come to together. Raises AmountTooLarge."""
    total = sum((line.amount for line in lines), ZERO)
    if total > rules.LARGEST:
        raise AmountTooLarge(largest=figure(rules.LARGEST))
    return total


def prices_of(contract: Contract | None) -> dict[int, Decimal]:
    """What the lines of a contract fix: the price by product, in its currency."""
    if contract is None:
        return {}
    return dict(contract.lines.filter(product__isnull=False).order_by().values_list("product", "price"))


def below_floor(contract: Contract, lines: Iterable[ContractLine], *, on: dt.date) -> list[dict[str, str]]:
    """Lines of a contract that sell a product cheaper than its owner may and than was agreed with the customer.

    Each as JSON keeps it, with list price in the currency of the contract at the rate of the day, and percents. A
    currency without a rate says nothing: such a contract is not submitted.
    """
    priced = [(line, line.product) for line in lines if line.product is not None]
    if not priced:
        return []
    try:
        rate, places = rate_on(currency=contract.currency, on=on), places_of(contract.currency)
    except RateMissing:
        return []
    agreed = agreed_discount(customer_id=contract.customer_id, on=on)
    highest = rules.highest_discount([floor_of(contract.owner)], agreed)
    found = []
    for line, product in priced:
        list_price = list_price_in(product.price, rate, places)
        if line.price < rules.net_price(list_price, highest, places):
            discount = rules.discount_of(line.price, list_price)
            found.append(
                {
                    "description": line.description,
                    "price": str(line.price),
                    "list_price": str(list_price),
                    "discount": plain(discount),
                    "highest": plain(highest),
                }
            )
    return found


def plain(percent: Decimal) -> str:
    """12.5, not 12.50."""
    return f"{percent:.2f}".rstrip("0").rstrip(".")


def plain_quantity(quantity: Decimal) -> str:
    """12.5, not 12.500."""
    return f"{quantity:.3f}".rstrip("0").rstrip(".")


def list_price_in(price: Decimal, rate: Decimal, places: int) -> Decimal:
    """A list price of the base currency in a currency of that rate and so many places."""
    return round_money(price / rate, places)


def agree_discount(
    *,
    actor: Any,
    customer_id: int,
    percent: Decimal,
    starts_on: dt.date,
    ends_on: dt.date | None,
    reason: str,
    on: dt.date,
) -> CustomerDiscount:
    """Agree a discount in percent with a customer, within what the actor may give. It replaces the one before.

    Raises NotAllowed, ReasonMissing, DiscountOutOfRange, DiscountTooHigh.
    """
    seen = Customer.objects.visible_to(actor).filter(pk=customer_id)
    if not actor.has_perm("contracts.add_customerdiscount") or not seen.exists():
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    customer = seen.get()
    if not 0 <= percent <= rules.HUNDRED:
        raise DiscountOutOfRange
    highest = floor_of(actor)
    if percent > highest:
        raise DiscountTooHigh(product=customer.name, discount=plain(percent), highest=plain(highest))
    with atomic_or_busy():
        made: CustomerDiscount = CustomerDiscount.objects.create(
            customer=customer,
            percent=percent,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip(),
            agreed_by=actor,
        )
        record_event(
            customer_id=customer_id,
            kind="discount_agreed",
            on=on,
            data={"percent": plain(percent), "from": str(starts_on), "until": str(ends_on or "")},
            actor_id=actor.pk,
        )
    return made
