"""Deliveries of released orders, in one or several parts, and what of them was invoiced."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from contracts import order_rules as rules
from contracts.models import Delivery, DeliveryLine, Order, OrderLine, OrderState
from contracts.order_errors import (
    DeliveredBeforeRelease,
    NothingDelivered,
    NotReleased,
    OrderUnknown,
    QuantityNotPositive,
    SupplyStopped,
    TooMuchDelivered,
)
from contracts.services.orders import tell
from contracts.services.pricing import plain_quantity
from credit.services import lock_account
from crm.core.errors import NotAllowed
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO
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
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    if not wanted:
        raise NothingDelivered
    if any(quantity < 0 for quantity in wanted.values()):
        raise QuantityNotPositive
    customer_id = Order.objects.filter(pk=order_id).order_by().values_list("customer", flat=True).first()
    if customer_id is None:
        raise OrderUnknown
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        locked = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("customer", "last_check")
        order = locked.get(pk=order_id)
        [pk] = new_ids(Delivery, 1)
        print_ = fingerprint_of(order=order_id, quantities=sorted(wanted.items()), on=on)
        claimed = claim("deliver", idempotency_key, print_, [pk])
        if claimed.earlier:
            earlier: Delivery = Delivery.objects.get(pk=claimed.earlier[0])
            return earlier
        if order.state != OrderState.RELEASED or order.released_on is None or order.base_total is None:
            raise NotReleased(number=order.number)
        if supply_stopped(order, status=account.status):
            raise SupplyStopped(number=order.number)
        if on < order.released_on:
            raise DeliveredBeforeRelease(number=order.number, released=order.released_on)
        lines = {line.pk: line for line in order.lines.select_for_update(of=("self",)).select_related("product")}
        if wanted.keys() - lines.keys():
            raise OrderUnknown
        rows = [row_of(lines[key], quantity) for key, quantity in sorted(wanted.items())]
        amount = sum((row.amount for row in rows), ZERO)
        delivery: Delivery = Delivery.objects.create(
            pk=pk,
            number=f"DN{pk:07d}",
            order=order,
            on=on,
            amount=amount,
            base_amount=rules.part_base(order.total, order.base_total, order.delivered_total, amount),
            carrier=carrier.strip(),
            note=note.strip(),
            delivered_by=actor,
        )
        for row in rows:
            row.delivery = delivery
        DeliveryLine.objects.bulk_create(rows)
        OrderLine.objects.bulk_update([row.line for row in rows], ["delivered"])
        order.delivered_total += amount
        order.state = OrderState(rules.state_after([line.filled for line in lines.values()], rest_cancelled=False))
        order.save(update_fields=["delivered_total", "state"])
        tell(order, "order_delivered", on, actor, delivery=delivery.number)
    return delivery


def supply_stopped(order: Order, *, status: str) -> bool:
    """Whether the goods of a released order have to stay, by the status its customer's account has now."""
    return rules.supply_stopped(
        payment=order.payment,
        status=status,
        checked_status=order.last_check.status if order.last_check else "",
        customer_state=order.customer.state,
    )


def row_of(line: OrderLine, quantity: Decimal) -> DeliveryLine:
    """A part of a line that leaves now; the line is filled by it. Raises TooMuchDelivered."""
    if quantity > line.filled.to_deliver:
        raise TooMuchDelivered(product=str(line.product), rest=plain_quantity(line.filled.to_deliver))
    row = DeliveryLine(line=line, quantity=quantity, amount=rules.part_amount(line.price, line.delivered, quantity))
    line.delivered += quantity
    return row


def mark_invoiced(*, delivery: Delivery) -> Order:
    """A delivery was billed: its lines and its order are filled by it. Called once for a delivery, by whoever bills."""
    return _fill(delivery, 1)


def mark_not_invoiced(*, delivery: Delivery) -> Order:
    """The invoice of a delivery was reversed: it waits for another one. Called by whoever reversed it."""
    return _fill(delivery, -1)


def _fill(delivery: Delivery, sign: int) -> Order:
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
