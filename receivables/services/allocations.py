"""Allocate receipts and credit notes to invoices, and take allocations back."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from credit.services import lock_accounts
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.periods import Posting, facts_for
from receivables.errors.documents import AlreadyTakenBack, DocumentUnknown
from receivables.models import Allocation, Invoice, Receipt
from receivables.rules import documents as rules
from receivables.services.access import actor_id_of, require
from receivables.services.documents import Head, head_of, lock_invoices, lock_receipts
from receivables.services.entering import check_lines
from receivables.services.journal import Journal, Source
from receivables.services.rows import Line


def lock_customer(
    head: Head, on: dt.date, *, actor_id: int | None, recorded_at: dt.datetime | None = None
) -> tuple[Journal, int]:
    """A journal for movements of one customer on one day: legal entity and account locked, the period open.

    Also answers the decimal places of the currency.
    """
    posting = Posting(head.legal_entity_id, head.currency, on)
    facts = facts_for([posting])[posting]
    facts.check_open(on)
    accounts = lock_accounts(customer_ids=[head.customer_id])
    return Journal(accounts=accounts, actor_id=actor_id, recorded_at=recorded_at), facts.places


def allocate(
    *,
    actor: Any,
    lines: Sequence[Line],
    on: dt.date,
    receipt_id: int | None = None,
    credit_note_id: int | None = None,
    method: str = Allocation.Method.MANUAL,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> list[Allocation]:
    """Settle invoices with what is open on a receipt or a credit note (exactly one of the two)."""
    require(actor, "receivables.post_receipt")
    if (receipt_id is None) == (credit_note_id is None):
        raise ValueError("an allocation has one source: a receipt or a credit note")
    actor_id = actor_id_of(actor)
    with atomic_or_busy():
        asked = {"receipt": receipt_id, "credit_note": credit_note_id, "lines": lines, "on": on, "method": method}
        claimed = claim("allocate", idempotency_key, fingerprint_of(**asked))
        if claimed.earlier is not None:
            return list(Allocation.objects.filter(pk__in=claimed.earlier).order_by("pk"))
        head = head_of(Receipt, receipt_id, actor) if receipt_id else head_of(Invoice, credit_note_id or 0, actor)
        journal, places = lock_customer(head, on, actor_id=actor_id, recorded_at=recorded_at)
        wanted = {line.invoice_id for line in lines}
        invoices = lock_invoices(sorted(wanted | ({credit_note_id} if credit_note_id else set())))
        source: Source = lock_receipts([receipt_id])[receipt_id] if receipt_id else invoices[credit_note_id or 0]
        check_lines(lines, invoices)
        allocations = []
        for line in lines:
            rules.check_amount(line.amount, head.currency, places)
            invoice = invoices[line.invoice_id]
            allocations.append(journal.allocate(source, invoice, line.amount, on, line.method or method))
        if allocations:
            data = allocation_data(source, [(item, invoices[item.invoice_id]) for item in allocations])
            journal.tell(head.customer_id, "allocated", on, data)
        journal.write()
        claimed.finish(*[allocation.pk for allocation in allocations])
    return allocations


def take_back(
    *,
    actor: Any,
    allocation_id: int,
    on: dt.date,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Allocation:
    """Undo one allocation as of a date; answers the new row that mirrors it."""
    require(actor, "receivables.post_receipt")
    actor_id = actor_id_of(actor)
    with atomic_or_busy():
        claimed = claim("take_back", idempotency_key, fingerprint_of(allocation=allocation_id, on=on))
        if claimed.earlier:
            return Allocation.objects.get(pk=claimed.earlier[0])
        invoice_id = Allocation.objects.filter(pk=allocation_id).values_list("invoice_id", flat=True).first()
        if invoice_id is None:
            raise DocumentUnknown(id=allocation_id)
        head = head_of(Invoice, invoice_id, actor)
        journal, _places = lock_customer(head, on, actor_id=actor_id, recorded_at=recorded_at)
        allocation = Allocation.objects.get(pk=allocation_id)
        taken = Allocation.objects.filter(takes_back_id=allocation_id).exists()
        if taken or allocation.takes_back_id is not None:
            raise AlreadyTakenBack
        [undone] = take_back_all(journal, [allocation], on, Allocation.Method.MANUAL)
        data = allocation_data(undone.source, [(allocation, undone.invoice)])
        journal.tell(head.customer_id, "taken_back", on, data)
        journal.write()
        claimed.finish(undone.mirror.pk)
    return undone.mirror


class TakenBack(NamedTuple):
    mirror: Allocation
    source: Source
    invoice: Invoice


def take_back_all(
    journal: Journal,
    allocations: Sequence[Allocation],
    on: dt.date,
    method: str,
    held: Iterable[Source] = (),
) -> list[TakenBack]:
    """Take allocations back in the journal. `held` are documents the caller has locked already; the account is too."""
    invoices = {item.pk: item for item in held if isinstance(item, Invoice)}
    receipts = {item.pk: item for item in held if isinstance(item, Receipt)}
    wanted = {pk for item in allocations for pk in (item.invoice_id, item.credit_note_id) if pk}
    invoices.update(lock_invoices(sorted(wanted - invoices.keys())))
    receipts.update(
        lock_receipts(sorted({item.receipt_id for item in allocations if item.receipt_id} - receipts.keys()))
    )
    undone = []
    for item in allocations:
        source: Source = receipts[item.receipt_id] if item.receipt_id else invoices[item.credit_note_id or 0]
        invoice = invoices[item.invoice_id]
        undone.append(TakenBack(journal.take_back(item, source, invoice, on, method), source, invoice))
    return undone


def allocation_data(source: Source, lines: Sequence[tuple[Allocation, Invoice]]) -> dict[str, Any]:
    """What a timeline event says about allocations of one source."""
    amount = sum((allocation.amount for allocation, _invoice in lines), start=lines[0][0].amount * 0)
    return {
        "receipt" if isinstance(source, Receipt) else "credit_note": source.pk,
        "number": source.number,
        "currency": source.currency,
        "amount": f"{amount:.2f}",
        "invoices": [[invoice.pk, invoice.number] for _allocation, invoice in lines[:20]],
        "count": len(lines),
    }
