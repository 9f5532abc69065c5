"""Deliveries of released orders, in one or several parts, and what of them was invoiced."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from contracts.errors import (
    DeliveredBeforeRelease,
    DeliveryBilled,
    DeliveryReversed,
    NothingDelivered,
    NotReleased,
    OrderUnknown,
    QuantityNotPositive,
    SupplyStopped,
    TooMuchDelivered,
)
from contracts.models import Delivery, DeliveryLine, DeliveryReversal, Order, OrderLine, OrderState
from contracts.rules import orders as rules
from contracts.services.orders import free_rest, record_order_event
from credit.models import CreditAccount, Payment
from credit.selectors.prepaid import money_gone
from credit.services import lock_account
from crm.core.currencies import places_of
from crm.core.display import number
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO
from crm.core.registry import registry
from crm.core.setbased import new_ids

MAY_DELIVER = "contracts.deliver_order"


def deliver(
    *,
    actor: Any,
    order_id: int,
    quantities: Mapping[int, Decimal],
    on: dt.date,
    carrier: str = "",
    note: str = "",
    idempotency_key: str = "",
) -> Delivery:
    """Record goods of a released order that left: quantities by line. The last part makes the order delivered.

    The warehouse delivers for every customer. Whether supply is stopped is decided under the lock of the account.
    Raises NotAllowed, OrderUnknown, NotReleased, SupplyStopped, NothingDelivered, QuantityNotPositive,
    TooMuchDelivered, DeliveredBeforeRelease.
    """
    if not actor.has_perm(MAY_DELIVER):
        raise NotAllowed
    wanted = wanted_of(quantities)
    customer_id = Order.objects.filter(pk=order_id).order_by().values_list("customer", flat=True).first()
    if customer_id is None:
        raise OrderUnknown
    with atomic_or_busy():
        [pk] = new_ids(Delivery, 1)
        figures = fingerprint_of(order=order_id, quantities=sorted(wanted.items()), on=on)
        claimed = claim("deliver", idempotency_key, figures, [pk])
        if claimed.earlier:
            earlier: Delivery = Delivery.objects.get(pk=claimed.earlier[0])
            return earlier
        account = lock_account(customer_id=customer_id)
        order, base_total = lock_deliverable(order_id, account=account, on=on)
        lines = {line.pk: line for line in order.lines.select_for_update(of=("self",)).select_related("product")}
        if wanted.keys() - lines.keys():
            raise OrderUnknown
        places = places_of(order.currency)
        worth, base_worth = worth_of(order)
        rows = [row_of(lines[key], quantity, places, worth) for key, quantity in sorted(wanted.items())]
        amount = sum((row.amount for row in rows), ZERO)
        delivery: Delivery = Delivery.objects.create(
            pk=pk,
            number=f"DN{pk:07d}",
            order=order,
            on=on,
            amount=amount,
            base_amount=rules.part_base(order.total, base_total, order.delivered_total, amount, base_worth),
            carrier=carrier.strip(),
            note=note.strip(),
            delivered_by=actor,
        )
        write_rows(delivery, rows)
        order.delivered_total += amount
        order.state = OrderState(rules.state_after([line.filled for line in lines.values()], rest_cancelled=False))
        order.save(update_fields=["delivered_total", "state"])
        record_order_event(order, "order_delivered", on, actor, delivery=delivery.number)
    return delivery


def wanted_of(quantities: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What is to leave, by line. Raises NothingDelivered, QuantityNotPositive."""
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    if not wanted:
        raise NothingDelivered
    if any(quantity < 0 for quantity in wanted.values()):
        raise QuantityNotPositive
    return wanted


def lock_deliverable(order_id: int, *, account: CreditAccount, on: dt.date) -> tuple[Order, Decimal]:
    """An order that may leave on a day, locked, and its base total; the account is locked.

    Raises NotReleased, SupplyStopped, DeliveredBeforeRelease.
    """
    locked = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("customer", "last_check")
    order = locked.get(pk=order_id)
    if order.state != OrderState.RELEASED or order.released_on is None or order.base_total is None:
        raise NotReleased(number=order.number)
    if supply_stopped(order, account):
        raise SupplyStopped(number=order.number)
    if on < order.released_on:
        raise DeliveredBeforeRelease(number=order.number, released=order.released_on)
    return order, order.base_total


def supply_stopped(order: Order, account: CreditAccount) -> bool:
    """Whether the goods of a released order have to stay, by what its customer's account is now."""
    return rules.supply_stopped(
        payment=order.payment,
        status=account.status,
        money_gone=order.payment == Payment.PREPAID and money_gone(account),
        checked_status=order.last_check.status if order.last_check else "",
        customer_state=order.customer.state,
    )


def write_rows(delivery: Delivery, rows: Sequence[DeliveryLine]) -> None:
    """Keep what a delivery brought, and how far the lines are filled by it."""
    for row in rows:
        row.delivery = delivery
    DeliveryLine.objects.bulk_create(rows)
    OrderLine.objects.bulk_update([row.line for row in rows], ["delivered"])


def worth_of(order: Order) -> tuple[dict[int, Decimal], Decimal]:
    """What the deliveries of an order that stand come to: by line, and in base currency."""
    standing = order.deliveries.filter(reversal=None).order_by()
    rows = DeliveryLine.objects.filter(delivery__in=standing.values("pk")).order_by().values("line")
    base = standing.aggregate(sum=Sum("base_amount"))["sum"] or ZERO
    return dict(rows.annotate(sum=Sum("amount")).values_list("line", "sum")), base


def row_of(line: OrderLine, quantity: Decimal, places: int, worth: Mapping[int, Decimal]) -> DeliveryLine:
    """A part of a line that leaves now; the line is filled by it. Raises TooMuchDelivered."""
    if quantity > line.filled.to_deliver:
        raise TooMuchDelivered(product=str(line.product), rest=number(line.filled.to_deliver))
    amount = rules.part_amount(line.price, line.delivered, quantity, places, worth.get(line.pk, ZERO))
    line.delivered += quantity
    return DeliveryLine(line=line, quantity=quantity, amount=amount)


def billed_among(delivery_ids: Collection[int]) -> set[int]:
    """Those of the deliveries that are billed, as whoever bills them says."""
    return set().union(*(billed(delivery_ids) for billed in registry.billed_deliveries.values()))


def reverse_delivery(*, actor: Any, delivery_id: int, reason: str, on: dt.date) -> DeliveryReversal:
    """Take a delivery back that was recorded wrongly: what it brought is to be delivered again, and stays reserved.

    Where the rest of the order was cancelled it is cancelled too, and its reservation is free. Asked again, the
    reversal that stands is answered. Raises NotAllowed, ReasonMissing, OrderUnknown, DeliveryBilled.
    """
    if not actor.has_perm(MAY_DELIVER):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    found = Delivery.objects.filter(pk=delivery_id).select_related("order").first()
    if found is None:
        raise OrderUnknown
    with atomic_or_busy():
        lock_account(customer_id=found.order.customer_id)
        order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.order_id)
        earlier = DeliveryReversal.objects.filter(delivery=found).first()
        if earlier is not None:
            return earlier
        if billed_among([found.pk]):
            raise DeliveryBilled(number=found.number)
        made: DeliveryReversal = DeliveryReversal.objects.create(
            delivery=found, on=on, reason=reason.strip(), reversed_by=actor
        )
        lines = {line.pk: line for line in order.lines.all()}
        for row in found.lines.all():
            lines[row.line_id].delivered -= row.quantity
        OrderLine.objects.bulk_update(list(lines.values()), ["delivered"])
        order.delivered_total -= found.amount
        rest_cancelled = order.cancelled_on is not None
        if rest_cancelled:
            free_rest(order, on=on, actor=actor)
        order.state = (
            OrderState.CANCELLED
            if rest_cancelled and not any(line.delivered for line in lines.values())
            else OrderState(rules.state_after([line.filled for line in lines.values()], rest_cancelled=rest_cancelled))
        )
        order.save(update_fields=["delivered_total", "state"])
        record_order_event(order, "delivery_reversed", on, actor, delivery=found.number)
    return made


def mark_invoiced(*, delivery: Delivery) -> Order:
    """A delivery was billed: its lines and its order are filled by it. Called once for a delivery, by whoever bills.

    Raises DeliveryReversed.
    """
    if DeliveryReversal.objects.filter(delivery=delivery).exists():
        raise DeliveryReversed(number=delivery.number)
    return fill_invoiced(delivery, 1)


def mark_not_invoiced(*, delivery: Delivery) -> Order:
    """The invoice of a delivery was reversed: it waits for another one. Called by whoever reversed it."""
    return fill_invoiced(delivery, -1)


def fill_invoiced(delivery: Delivery, sign: int) -> Order:
    """What a delivery brought is invoiced (1), or waits for an invoice again (-1)."""
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=delivery.order_id)
    lines = {line.pk: line for line in order.lines.all()}
    for row in delivery.lines.all():
        lines[row.line_id].invoiced += sign * row.quantity
    OrderLine.objects.bulk_update(list(lines.values()), ["invoiced"])
    order.invoiced_total += sign * delivery.amount
    order.state = OrderState(
        rules.state_after([line.filled for line in lines.values()], rest_cancelled=order.cancelled_on is not None)
    )
    order.save(update_fields=["invoiced_total", "state"])
    return order
