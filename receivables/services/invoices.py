"""Post invoices, debit notes and credit notes; hand them to another responsible person."""

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import pghistory

from crm.core.errors import ReasonMissing
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.periods import Posting
from receivables.errors.documents import DocumentUnknown, NothingPicked, TooManyPicked
from receivables.models import Allocation, Invoice, InvoiceKind
from receivables.rules.documents import check_year
from receivables.selectors.books import oldest_day
from receivables.services.access import actor_id_of, require
from receivables.services.entering import (
    bulk_events,
    document_data,
    enter_invoices,
    enter_receipts,
    invoice_keys,
    journal_for,
    payment_of,
    receipt_keys,
)
from receivables.services.rows import BulkResult, InvoiceRow, PaidInvoiceRow

MOST_AT_ONCE = 500  # invoices that are handed over by one request


def post_invoice(
    *,
    actor: Any,
    legal_entity_id: int,
    customer_id: int,
    number: str,
    on: dt.date,
    currency: str,
    amount: Decimal,
    kind: str = InvoiceKind.INVOICE,
    due_on: dt.date | None = None,
    term_days: int | None = None,
    settlement: str | None = None,
    reference: str = "",
    note: str = "",
    cost: Decimal | None = None,
    responsible_id: int | None = None,
    corrects_id: int | None = None,
    rate: Decimal | None = None,
    on_estimated: bool = False,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Invoice:
    """Post one document; see InvoiceRow for what may be left out. A credit note settles what it corrects at once.

    Raises BeforeBooks where the year looks mistyped.
    """
    require(actor, "receivables.post_invoice", [customer_id])
    row = InvoiceRow(
        legal_entity_id=legal_entity_id,
        customer_id=customer_id,
        number=number,
        on=on,
        currency=currency,
        amount=amount,
        kind=kind,
        due_on=due_on,
        term_days=term_days,
        settlement=settlement,
        reference=reference,
        note=note,
        cost=cost,
        responsible_id=responsible_id,
        corrects_id=corrects_id,
        rate=rate,
        on_estimated=on_estimated,
    )
    actor_id = actor_id_of(actor)
    with atomic_or_busy():
        keys = invoice_keys([row])
        claimed = claim("post_invoice", idempotency_key, fingerprint_of(row=row), keys)
        if claimed.earlier:
            return Invoice.objects.get(pk=claimed.earlier[0])
        check_year(on, oldest_day())
        with journal_for([row], actor_id=actor_id, recorded_at=recorded_at) as (journal, facts):
            [invoice] = enter_invoices(journal, [row], keys, facts)
            journal.tell(customer_id, "invoice_posted", on, document_data(invoice))
    return invoice


def post_invoices(*, actor: Any, rows: Sequence[InvoiceRow], recorded_at: dt.datetime | None = None) -> BulkResult:
    """Post many documents at once, all or none, by the same rules as one."""
    require(actor, "receivables.post_invoice", {row.customer_id for row in rows})
    actor_id = actor_id_of(actor)
    with atomic_or_busy(), journal_for(rows, actor_id=actor_id, recorded_at=recorded_at) as (journal, facts):
        invoices = enter_invoices(journal, rows, invoice_keys(rows), facts)
        journal.events += bulk_events("invoices_imported", invoices, actor_id)
        allocations = journal.allocations
    return BulkResult(
        invoice_ids=[invoice.pk for invoice in invoices], allocation_ids=[allocation.pk for allocation in allocations]
    )


def post_paid_invoices(
    *, actor: Any, rows: Sequence[PaidInvoiceRow], recorded_at: dt.datetime | None = None
) -> BulkResult:
    """Post invoices that were paid in full, each with its receipt on the day it was paid, all or none."""
    customer_ids = {row.customer_id for row in rows}
    require(actor, "receivables.post_invoice", customer_ids)
    require(actor, "receivables.post_receipt")
    actor_id = actor_id_of(actor)
    paid = {Posting(row.legal_entity_id, row.currency, row.paid_on) for row in rows}
    with atomic_or_busy(), journal_for(rows, actor_id=actor_id, recorded_at=recorded_at, more=paid) as (journal, facts):
        invoices = enter_invoices(journal, rows, invoice_keys(rows), facts)
        payments = [payment_of(row, invoice) for row, invoice in zip(rows, invoices, strict=True)]
        known = {invoice.pk: invoice for invoice in invoices}
        receipts = enter_receipts(journal, payments, receipt_keys(payments), facts, Allocation.Method.IMPORT, known)
        journal.events += bulk_events("invoices_imported", invoices, actor_id)
        journal.events += bulk_events("receipts_imported", receipts, actor_id)
        allocations = journal.allocations
    return BulkResult(
        invoice_ids=[invoice.pk for invoice in invoices],
        receipt_ids=[receipt.pk for receipt in receipts],
        allocation_ids=[allocation.pk for allocation in allocations],
    )


def assign_responsible(*, actor: Any, invoice_ids: Collection[int], responsible_id: int, reason: str) -> int:
    """Hand invoices to another responsible person, all or none; answers how many had somebody else before.

    The history keeps who had each and why it changed. Raises NothingPicked, TooManyPicked, DocumentUnknown.
    """
    require(actor, "receivables.assign_responsible")
    if not reason.strip():
        raise ReasonMissing
    wanted = set(invoice_ids)
    if not wanted:
        raise NothingPicked
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyPicked(count=MOST_AT_ONCE)
    with atomic_or_busy(), pghistory.context(reason=reason.strip(), user=actor_id_of(actor)):
        records = Invoice.objects.all() if actor is None else Invoice.objects.visible_to(actor)
        rows = records.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True, of=("self",))
        held = dict(rows.values_list("pk", "responsible_id"))
        if unknown := wanted - held.keys():
            raise DocumentUnknown(id=min(unknown))
        others = [pk for pk, holder in held.items() if holder != responsible_id]
        return Invoice.objects.filter(pk__in=others).update(responsible_id=responsible_id)
