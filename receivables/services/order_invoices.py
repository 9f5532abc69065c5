"""Billing deliveries: what was reserved for an order becomes a receivable, in one transaction; and the way back.

The invoice of an order paid in advance is settled at once with the money its reservation held
(docs/adr/0019-paid-in-advance.md).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.models import Delivery, DeliveryLine, Order
from contracts.rules import orders as order_rules
from contracts.services.deliveries import mark_invoiced, mark_not_invoiced
from contracts.services.orders import SOURCE
from credit.models import Payment, Settlement
from credit.services import consume, give_back, lock_account
from crm.core.errors import DomainError, NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, round_money
from receivables.errors.documents import DocumentUnknown
from receivables.errors.order_invoices import InvoicedBeforeDelivery
from receivables.models import Allocation, DeliveryInvoice, Invoice, InvoiceKind, InvoiceLine, Receipt
from receivables.services.access import actor_id_of
from receivables.services.allocations import allocate
from receivables.services.documents import lock_invoices, lock_receipts
from receivables.services.invoices import post_invoice
from receivables.services.journal import counts_as_money
from receivables.services.rows import Line


def invoice_delivery(*, actor: Any, delivery_id: int, on: dt.date, number: str = "") -> Invoice:
    """Bill a delivery: an invoice due by the contract's (else the account's) term and settlement; its number, if none
    is given, is that of the delivery (with a suffix where an earlier one was reversed). The reservation is consumed by
    it; what was paid in advance settles it. Asked again, the invoice that stands is answered.

    The actor None is the system itself. Raises NotAllowed, DocumentUnknown, InvoicedBeforeDelivery, and what
    post_invoice raises (NumberTaken, PeriodClosed), DeliveryReversed.
    """
    if actor is not None and not actor.has_perm("receivables.post_invoice"):
        raise NotAllowed
    deliveries = Delivery.objects.all() if actor is None else Delivery.objects.visible_to(actor)
    customer_id = deliveries.filter(pk=delivery_id).values_list("order__customer_id", flat=True).first()
    if customer_id is None:
        raise DocumentUnknown(id=delivery_id)
    with atomic_or_busy():
        lock_account(customer_id=customer_id)
        delivery, order = lock_delivery(delivery_id)
        earlier = list(DeliveryInvoice.objects.filter(delivery=delivery).select_related("invoice"))
        for link in earlier:
            if link.reversed_on is None:
                known: Invoice = link.invoice
                return known
        if on < delivery.on:
            raise InvoicedBeforeDelivery(number=delivery.number, delivered=delivery.on)
        rows = list(delivery.lines.select_related("line").order_by("pk"))
        if delivery.base_amount:
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
            number=number.strip() or number_of(delivery, len(earlier)),
            on=on,
            currency=order.currency,
            amount=delivery.amount,
            reference=order.number,
            cost=cost_of(rows),
            **terms_of(order),
        )
        DeliveryInvoice.objects.create(delivery=delivery, invoice=invoice)
        InvoiceLine.objects.bulk_create(lines_of(invoice, rows))
        mark_invoiced(delivery=delivery)
        if order.payment == Payment.PREPAID:
            settle_from_prepayment(actor=actor, invoice=invoice, order_number=order.number)
    return invoice


class BilledTogether(NamedTuple):
    """Invoices that stand now, and the deliveries (by number) that still wait, each with the reason."""

    invoices: list[Invoice]
    refused: list[tuple[str, DomainError]]


def invoice_deliveries(*, actor: Any, delivery_ids: Collection[int], on: dt.date) -> BilledTogether:
    """Bill deliveries the actor sees, each by an invoice of its own, dated that day and numbered as the delivery is.

    Each in a transaction of its own, not all or nothing: invoices do not hang on each other, so a closed period or a
    busy account keeps its own delivery waiting and no other; nobody's account stays locked while the rest are posted;
    and no number is lost by a refusal, since it is that of the delivery. Asked again, what is billed stays billed.

    Raises NotAllowed.
    """
    if actor is not None and not actor.has_perm("receivables.post_invoice"):
        raise NotAllowed
    deliveries = Delivery.objects.all() if actor is None else Delivery.objects.visible_to(actor)
    numbers = deliveries.filter(pk__in=delivery_ids).order_by("on", "pk").values_list("pk", "number")
    done = BilledTogether([], [])
    for pk, number in list(numbers):
        try:
            done.invoices.append(invoice_delivery(actor=actor, delivery_id=pk, on=on))
        except DomainError as error:
            done.refused.append((number, error))
    return done


def billed(delivery_ids: Collection[int]) -> set[int]:
    """Those of the deliveries whose invoice stands; under the lock of its order none is billed meanwhile."""
    standing = DeliveryInvoice.objects.filter(delivery__in=delivery_ids, reversed_on=None)
    return set(standing.values_list("delivery_id", flat=True))


def lock_delivery(delivery_id: int) -> tuple[Delivery, Order]:
    """A delivery, which never changes, and its order, locked. Called under the lock of the account."""
    delivery: Delivery = Delivery.objects.get(pk=delivery_id)
    orders = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("contract")
    return delivery, orders.get(pk=delivery.order_id)


def number_of(delivery: Delivery, earlier: int) -> str:
    """The number of its invoice: its own, with a suffix where so many were reversed before."""
    return f"{delivery.number}-{earlier + 1}" if earlier else delivery.number


def cost_of_row(row: DeliveryLine) -> Decimal | None:
    """What the goods of a row cost, in base currency; None where that is not known."""
    return None if row.line.cost is None else round_money(row.line.cost * row.quantity)


def cost_of(rows: Iterable[DeliveryLine]) -> Decimal | None:
    """What the goods of a delivery cost, in base currency; None where that of one of them is not known."""
    costs = [cost_of_row(row) for row in rows]
    known = [cost for cost in costs if cost is not None]
    return sum(known, ZERO) if len(known) == len(costs) else None


def lines_of(invoice: Invoice, rows: Iterable[DeliveryLine]) -> list[InvoiceLine]:
    """The lines of an invoice as its goods left; their base amounts add up to that of the invoice."""
    done, lines = ZERO, []
    for position, row in enumerate(rows, 1):
        lines.append(
            InvoiceLine(
                invoice=invoice,
                position=position,
                product_id=row.line.product_id,
                quantity=row.quantity,
                price=row.line.price,
                amount=row.amount,
                base_amount=order_rules.part_base(invoice.amount, invoice.base_amount, done, row.amount),
                cost=cost_of_row(row),
            )
        )
        done += row.amount
    return lines


def settle_from_prepayment(*, actor: Any, invoice: Invoice, order_number: str) -> None:
    """Settle an invoice with the unallocated money of its customer, in its currency and at its legal entity.

    What names the order comes first, then the oldest; each from the day both are there.
    """
    may_allocate = actor is not None and actor.has_perm("receivables.post_receipt")
    rest = invoice.amount
    for money in money_in_advance(invoice, order_number):
        if rest <= 0:
            break
        amount = min(rest, money.amount)
        allocate(
            actor=actor if may_allocate else None,
            lines=[Line(invoice.pk, amount)],
            on=max(money.on, invoice.on),
            method=Allocation.Method.PREPAYMENT,
            receipt_id=money.receipt_id,
            credit_note_id=money.credit_note_id,
        )
        rest -= amount


class Money(NamedTuple):
    """What is open on a receipt or a credit note, from a day on."""

    receipt_id: int | None
    credit_note_id: int | None
    amount: Decimal
    on: dt.date


def money_in_advance(invoice: Invoice, order_number: str) -> Iterator[Money]:
    """Receipts that are money, those that name the order first, then credit notes: each with something open."""
    there = {
        "customer_id": invoice.customer_id,
        "legal_entity_id": invoice.legal_entity_id,
        "currency": invoice.currency,
        "reversed_on": None,
        "open_amount__gt": 0,
    }
    notes = (
        Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE, **there).order_by("on", "pk").values_list("pk", flat=True)
    )
    receipts = Receipt.objects.filter(**there).order_by("on", "pk").values_list("pk", flat=True)
    credit_notes, received = lock_invoices(sorted(notes)), lock_receipts(sorted(receipts))
    for receipt in sorted(
        filter(counts_as_money, map(received.__getitem__, receipts)),
        key=lambda receipt: order_number not in receipt.reference,
    ):
        since = max(receipt.earliest_on, receipt.cleared_on or receipt.on)
        yield Money(receipt.pk, None, receipt.open_amount, since)
    for note in map(credit_notes.__getitem__, notes):
        yield Money(None, note.pk, note.open_amount, note.earliest_on)


def lock_order_of(invoice_id: int) -> None:
    """Lock the order whose delivery an invoice billed, before the invoice: orders come before invoices everywhere.

    Nothing is locked where it bills no delivery. Called under the lock of the account.
    """
    billed = DeliveryInvoice.objects.filter(invoice=invoice_id).values("delivery__order")
    list(Order.objects.filter(pk__in=billed).select_for_update(no_key=True).values_list("pk"))


def reopen_delivery(*, invoice: Invoice, on: dt.date, actor_id: int | None) -> None:
    """The invoice of a delivery was reversed: what it consumed is held again, and the delivery waits for another.

    Nothing happens where it is no invoice of a delivery. Called under the locks of the account and of `lock_order_of`.
    """
    link = DeliveryInvoice.objects.filter(invoice=invoice).select_related("delivery").first()
    if link is None:
        return
    link.reversed_on = on
    link.save(update_fields=["reversed_on"])
    if link.delivery.base_amount:
        give_back(
            source_kind=SOURCE,
            source_id=link.delivery.order_id,
            amount=link.delivery.base_amount,
            on=on,
            actor_id=actor_id,
        )
    mark_not_invoiced(delivery=link.delivery)


def terms_of(order: Order) -> dict[str, Any]:
    """Term and settlement of an order's invoices: at once where it is prepaid, as the contract says, else as agreed."""
    if order.payment == Payment.PREPAID:
        return {"term_days": 0, "settlement": Settlement.CASH}
    if order.contract is not None:
        return {"term_days": order.contract.term_days, "settlement": order.contract.settlement}
    return {}
