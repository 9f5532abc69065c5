"""What a product costs a customer, and how far somebody may go below its list price."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from contracts import order_rules as rules
from contracts.models import CustomerDiscount, DiscountFloor
from contracts.order_errors import DiscountOutOfRange, DiscountTooHigh
from crm.accounts import roles
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, round_money
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


def check_discounts(*, actor: Any, customer_id: int, on: dt.date, given: Iterable[tuple[str, Decimal]]) -> None:
    """Refuse discounts in percent (of a product's name) that neither role nor agreement allow. Raises DiscountTooHigh.

    The actor None is the system itself.
    """
    asked = list(given)
    if any(not 0 <= discount <= rules.HUNDRED for _name, discount in asked):
        raise DiscountOutOfRange
    if actor is None or not any(discount for _name, discount in asked):
        return
    highest = rules.highest_discount([floor_of(actor)], agreed_discount(customer_id=customer_id, on=on))
    for name, discount in asked:
        if discount > highest:
            raise DiscountTooHigh(product=name, discount=plain(discount), highest=plain(highest))


def plain(percent: Decimal) -> str:
    """12.5, not 12.50."""
    return f"{percent:.2f}".rstrip("0").rstrip(".")


def plain_quantity(quantity: Decimal) -> str:
    """12.5, not 12.500."""
    return f"{quantity:.3f}".rstrip("0").rstrip(".")


def list_price_in(price: Decimal, rate: Decimal) -> Decimal:
    """A list price of the base currency in a currency of that rate."""
    return round_money(price / rate)


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
