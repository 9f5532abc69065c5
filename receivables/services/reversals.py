"""Undo what was posted: reversal of documents, cheques that bounce; and cheques that clear."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db.models import Max, Q

from credit.models import Trigger
from credit.services import downgrade_provisionally, lock_accounts, make_cash_only
from crm.core.errors import ReasonMissing
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.periods import Posting, facts_for
from receivables.errors.documents import AlreadyReversed, NotUncleared
from receivables.models import Allocation, Invoice, Receipt
from receivables.rules import documents as rules
from receivables.services.access import actor_id_of, require
from receivables.services.allocations import lock_customer, take_back_all
from receivables.services.documents import head_of, heads_of, lock_invoices, lock_receipts
from receivables.services.entering import document_data
from receivables.services.journal import Journal, Source, counts_as_money
from receivables.services.order_invoices import lock_order_of, reopen_delivery


def reverse_invoice(
    *,
    actor: Any,
    invoice_id: int,
    on: dt.date,
    reason: str,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Invoice:
    """Undo an invoice, debit note or credit note; what it settled or was settled by is taken back first.

    A delivery it billed waits for another invoice, and what is reserved for its order is reserved again.
    """
    require(actor, "receivables.reverse_invoice")
    check_reason(reason)
    with moving(
        "reverse_invoice", Invoice, invoice_id, on, actor, recorded_at, idempotency_key, reason=reason
    ) as journal:
        if journal:
            lock_order_of(invoice_id)
            both_sides = Q(invoice_id=invoice_id) | Q(credit_note_id=invoice_id)
            invoice = lock_invoices(with_counterparts(both_sides, invoice_id))
            undo(journal, invoice[invoice_id], list(invoice.values()), on, reason, Allocation.Method.REVERSAL)
            tell_undone(journal, "reversed", invoice[invoice_id], on, reason)
            journal.write()
            reopen_delivery(invoice=invoice[invoice_id], on=on, actor_id=journal.actor_id)
    return Invoice.objects.get(pk=invoice_id)


def reverse_receipt(
    *,
    actor: Any,
    receipt_id: int,
    on: dt.date,
    reason: str,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Receipt:
    """Undo a receipt; the invoices it settled are open again from that day."""
    require(actor, "receivables.reverse_receipt")
    check_reason(reason)
    with moving(
        "reverse_receipt", Receipt, receipt_id, on, actor, recorded_at, idempotency_key, reason=reason
    ) as journal:
        if journal:
            receipt, held = lock_receipt_with_invoices(receipt_id)
            undo(journal, receipt, held, on, reason, Allocation.Method.REVERSAL)
            tell_undone(journal, "reversed", receipt, on, reason)
            journal.write()
    return Receipt.objects.get(pk=receipt_id)


def bounce_receipt(
    *,
    actor: Any,
    receipt_id: int,
    on: dt.date,
    reason: str,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Receipt:
    """A cheque or bill that had not cleared came back unpaid: the invoices it settled are open again from that day."""
    require(actor, "receivables.reverse_receipt")
    check_reason(reason)
    with moving(
        "bounce_receipt", Receipt, receipt_id, on, actor, recorded_at, idempotency_key, reason=reason
    ) as journal:
        if journal:
            receipt, held = lock_receipt_with_invoices(receipt_id)
            check_uncleared(receipt)
            undo(journal, receipt, held, on, reason, Allocation.Method.BOUNCE)
            receipt.bounced_on = on
            tell_undone(journal, "bounced", receipt, on, reason)
            journal.write()
            make_cash_only(
                customer_id=receipt.customer_id, reason=f"{receipt.number}: {reason}", on=on, actor_id=journal.actor_id
            )
            downgrade_provisionally(
                customer_ids=[receipt.customer_id], trigger=Trigger.BOUNCED, on=on, actor_id=journal.actor_id
            )
    return Receipt.objects.get(pk=receipt_id)


def clear_receipt(
    *,
    actor: Any,
    receipt_id: int,
    on: dt.date,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Receipt:
    """A cheque or bill became money on that day."""
    require(actor, "receivables.post_receipt")
    with moving("clear_receipt", Receipt, receipt_id, on, actor, recorded_at, idempotency_key) as journal:
        if journal:
            clear_locked(journal, lock_receipts([receipt_id]), {receipt_id: on})
            journal.write()
    return Receipt.objects.get(pk=receipt_id)


@contextmanager
def moving(
    act: str,
    model: type[Invoice] | type[Receipt],
    pk: int,
    on: dt.date,
    actor: Any,
    recorded_at: dt.datetime | None,
    idempotency_key: str,
    **asked: Any,
) -> Iterator[Journal | None]:
    """One transaction about one posted document, its customer's account locked: the journal to write its movements in.

    None when an earlier request with this key has done it already.
    """
    with atomic_or_busy():
        claimed = claim(act, idempotency_key, fingerprint_of(id=pk, on=on, **asked), [pk])
        if claimed.earlier:
            yield None
            return
        head = head_of(model, pk, actor)
        journal, _places = lock_customer(head, on, actor_id=actor_id_of(actor), recorded_at=recorded_at)
        yield journal


def clear_receipts(*, actor: Any, days: Mapping[int, dt.date], recorded_at: dt.datetime | None = None) -> None:
    """Cheques and bills became money, each (by its key) on its day: all or none, by the same rules as one."""
    if not days:
        return
    with atomic_or_busy():
        heads = heads_of(Receipt, days)
        require(actor, "receivables.post_receipt", {head.customer_id for head in heads.values()})
        postings = [Posting(head.legal_entity_id, head.currency, days[pk]) for pk, head in heads.items()]
        facts = facts_for(postings)
        for posting in postings:
            facts[posting].check_open(posting.on)
        accounts = lock_accounts(customer_ids={head.customer_id for head in heads.values()})
        journal = Journal(accounts=accounts, actor_id=actor_id_of(actor), recorded_at=recorded_at)
        clear_locked(journal, lock_receipts(days.keys()), days)
        journal.write()


def clear_locked(journal: Journal, receipts: Mapping[int, Receipt], days: Mapping[int, dt.date]) -> None:
    """Clear receipts that are locked with their accounts, in the order of `days`."""
    latest = dict(Allocation.objects.filter(receipt_id__in=receipts).values_list("receipt_id").annotate(on=Max("on")))
    for pk, on in days.items():
        receipt = receipts[pk]
        check_uncleared(receipt)
        rules.check_not_before(receipt.number, on, max(receipt.earliest_on, latest.get(pk, receipt.earliest_on)))
        journal.clear(receipt, on)
        journal.tell(receipt.customer_id, "cleared", on, document_data(receipt))


def undo(journal: Journal, document: Source, held: list[Source], on: dt.date, reason: str, method: str) -> None:
    """Take back every allocation of a locked document and reverse it, on one day that follows all its movements."""
    if document.reversed_on is not None:
        raise AlreadyReversed(number=document.number, on=document.reversed_on)
    check_after_movements(document, on)
    standing = Allocation.objects.filter(allocations_of(document), takes_back=None, taken_back_by=None)
    take_back_all(journal, list(standing.order_by("pk")), on, method, held)
    journal.reverse(document, on, reason.strip())


def allocations_of(document: Source) -> Q:
    if isinstance(document, Receipt):
        return Q(receipt_id=document.pk)
    return Q(invoice_id=document.pk) | Q(credit_note_id=document.pk)


def check_after_movements(document: Source, on: dt.date) -> None:
    """Raise DateBeforeDocument when something moved the document after that day."""
    latest = Allocation.objects.filter(allocations_of(document)).aggregate(on=Max("on"))["on"]
    rules.check_not_before(document.number, on, max(document.earliest_on, latest or document.earliest_on))


def check_uncleared(receipt: Receipt) -> None:
    if receipt.reversed_on is not None or counts_as_money(receipt):
        raise NotUncleared(number=receipt.number)


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing


def with_counterparts(allocations: Q, *own: int) -> list[int]:
    """Keys of the invoices and credit notes on both sides of these standing allocations, in order."""
    standing = Allocation.objects.filter(allocations, takes_back=None, taken_back_by=None)
    found = set(own)
    for pair in standing.values_list("invoice_id", "credit_note_id"):
        found.update(pk for pk in pair if pk)
    return sorted(found)


def lock_receipt_with_invoices(receipt_id: int) -> tuple[Receipt, list[Source]]:
    """A receipt and the invoices it settles, locked in the order of the house: invoices, then the receipt."""
    invoices = lock_invoices(with_counterparts(Q(receipt_id=receipt_id)))
    receipt = lock_receipts([receipt_id])[receipt_id]
    return receipt, [*invoices.values(), receipt]


def tell_undone(journal: Journal, kind: str, document: Source, on: dt.date, reason: str) -> None:
    journal.tell(document.customer_id, kind, on, {**document_data(document), "reason": reason.strip()})
