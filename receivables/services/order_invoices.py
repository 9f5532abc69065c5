"""Billing deliveries: what was reserved for an order becomes a receivable, in one transaction."""

import datetime as dt
from typing import Any

from contracts import order_rules
from contracts.models import Delivery, Order
from contracts.services.deliveries import mark_invoiced
from contracts.services.orders import SOURCE
from credit.models import Payment, Settlement
from credit.services import consume, lock_account
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, round_money
from receivables.errors import DocumentUnknown
from receivables.models import DeliveryInvoice, Invoice, InvoiceLine
from receivables.order_errors import InvoicedBeforeDelivery
from receivables.services.access import actor_id_of
from receivables.services.invoices import post_invoice


def invoice_delivery(*, actor: Any, delivery_id: int, on: dt.date, number: str = "") -> Invoice:
    """Bill a delivery: an invoice due by the contract's (else the account's) term and settlement; its number, if none
    is given, is that of the delivery. The reservation is consumed by it. Asked again, the first invoice is answered.

    The actor None is the system itself. Raises NotAllowed, DocumentUnknown, InvoicedBeforeDelivery, and what
    post_invoice raises (NumberTaken, PeriodClosed).
    """
    if actor is not None and not actor.has_perm("receivables.post_invoice"):
        raise NotAllowed
    deliveries = Delivery.objects.all() if actor is None else Delivery.objects.visible_to(actor)
    customer_id = deliveries.filter(pk=delivery_id).values_list("order__customer_id", flat=True).first()
    if customer_id is None:
        raise DocumentUnknown(id=delivery_id)
    with atomic_or_busy():
        lock_account(customer_id=customer_id)
        delivery: Delivery = Delivery.objects.get(pk=delivery_id)
        order: Order = (
            Order.objects.select_for_update(no_key=True, of=("self",))
            .select_related("contract")
            .get(pk=delivery.order_id)
        )
        earlier = DeliveryInvoice.objects.filter(delivery=delivery).select_related("invoice").first()
        if earlier is not None:
            known: Invoice = earlier.invoice
            return known
        if on < delivery.on:
            raise InvoicedBeforeDelivery(number=delivery.number, delivered=delivery.on)
        rows = list(delivery.lines.select_related("line").order_by("pk"))
        costs = [round_money(row.line.cost * row.quantity) if row.line.cost is not None else None for row in rows]
        known_costs = [cost for cost in costs if cost is not None]
        if order.payment == Payment.CREDIT and delivery.base_amount:
            consume(
                source_kind=SOURCE,
                source_id=order.pk,
                amount=delivery.base_amount,
                on=on,
                actor_id=actor_id_of(actor),
            )
        invoice = post_invoice(
            actor=actor,
            legal_entity_id=order.legal_entity_id,
            customer_id=order.customer_id,
            number=number.strip() or delivery.number,
            on=on,
            currency=order.currency,
            amount=delivery.amount,
            reference=order.number,
            cost=sum(known_costs, ZERO) if len(known_costs) == len(costs) else None,
            **terms_of(order),
        )
        DeliveryInvoice.objects.create(delivery=delivery, invoice=invoice)
        done, lines = ZERO, []
        for position, (row, cost) in enumerate(zip(rows, costs, strict=True), 1):
            lines.append(
                InvoiceLine(
                    invoice=invoice,
                    position=position,
                    product_id=row.line.product_id,
                    quantity=row.quantity,
                    price=row.line.price,
                    amount=row.amount,
                    base_amount=order_rules.part_base(invoice.amount, invoice.base_amount, done, row.amount),
                    cost=cost,
                )
            )
            done += row.amount
        InvoiceLine.objects.bulk_create(lines)
        mark_invoiced(delivery=delivery, on=on, actor=actor)
    return invoice


def terms_of(order: Order) -> dict[str, Any]:
    """Term and settlement of an order's invoices: at once where it is prepaid, as the contract says, else as agreed."""
    if order.payment == Payment.PREPAID:
        return {"term_days": 0, "settlement": Settlement.CASH}
    if order.contract is not None:
        return {"term_days": order.contract.term_days, "settlement": order.contract.settlement}
    return {}
