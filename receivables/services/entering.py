"""How rows become documents in a journal: the same for one form and for a file of 100,000 rows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from credit.models import CreditAccount
from credit.services import lock_accounts
from crm.core.money import to_base
from crm.core.periods import Facts, Posting, facts_for
from crm.core.prepared import execute
from crm.core.setbased import array, maker_of, new_ids
from customers.models import Customer
from customers.services import EventRow
from receivables.errors.documents import CustomerUnknown, InvoiceTwice, NumberMissing, WrongKind
from receivables.models import Allocation, Invoice, InvoiceKind, Receipt
from receivables.rules import documents as rules
from receivables.services.documents import lock_invoices
from receivables.services.journal import Journal
from receivables.services.rows import InvoiceRow, Line, PaidInvoiceRow, ReceiptRow

Row = InvoiceRow | ReceiptRow
unsaved_invoice, unsaved_receipt = maker_of(Invoice), maker_of(Receipt)
RECEIPT_KEYS = """
SELECT nextval('receivables_receipt_id_seq'),
       CASE WHEN number = '' THEN 'R' || lpad(nextval('receivables_receipt_number_seq')::text, 8, '0') ELSE number END
FROM unnest(%s::varchar[]) WITH ORDINALITY AS given (number, position)
ORDER BY position
"""


def posting_of(row: Row) -> Posting:
    return Posting(row.legal_entity_id, row.currency, row.on)


def check_row(row: Row, facts: Facts) -> Decimal:
    """The rate of the row, once its period is open and its amount makes sense."""
    facts.check_open(row.on)
    rules.check_amount(row.amount, row.currency, facts.places)
    return row.rate if row.rate is not None else facts.rate


def owners_of(customer_ids: Iterable[int]) -> dict[int, int | None]:
    """Who looks after each customer; raises CustomerUnknown."""
    wanted = set(customer_ids)
    owners = dict(Customer.objects.filter(pk__in=wanted).values_list("pk", "owner_id"))
    for missing in wanted - owners.keys():
        raise CustomerUnknown(id=missing)
    return owners


def new_invoice(
    row: InvoiceRow, pk: int, facts: Facts, account: CreditAccount, owner_id: int | None, journal: Journal
) -> Invoice:
    """The invoice a row asks for."""
    rate = check_row(row, facts)
    number = row.number.strip()
    if not number:
        raise NumberMissing
    term_days = row.term_days
    if row.due_on is None and term_days is None:
        term_days = account.term_days
    due_on = row.due_on
    if due_on is None:
        due_on = rules.due_on(row.on, term_days or 0, row.settlement or account.settlement)
    base_amount = to_base(row.amount, rate)
    return unsaved_invoice(
        {
            "id": pk,
            "legal_entity_id": row.legal_entity_id,
            "customer_id": row.customer_id,
            "kind": row.kind,
            "number": number,
            "on": row.on,
            "due_on": due_on,
            "term_days": term_days,
            "on_estimated": row.on_estimated,
            "currency": row.currency,
            "rate": rate,
            "amount": row.amount,
            "base_amount": base_amount,
            "open_amount": row.amount,
            "open_base": base_amount,
            "reference": row.reference,
            "note": row.note,
            "cost": row.cost,
            "responsible_id": row.responsible_id or owner_id,
            "corrects_id": row.corrects_id,
            "created_by_id": journal.actor_id,
            "recorded_at": journal.recorded_at,
        }
    )


def new_receipt(row: ReceiptRow, pk: int, number: str, facts: Facts, journal: Journal) -> Receipt:
    """The receipt a row asks for."""
    rate = check_row(row, facts)
    base_amount = to_base(row.amount, rate)
    return unsaved_receipt(
        {
            "id": pk,
            "legal_entity_id": row.legal_entity_id,
            "customer_id": row.customer_id,
            "number": number,
            "on": row.on,
            "currency": row.currency,
            "rate": rate,
            "amount": row.amount,
            "base_amount": base_amount,
            "open_amount": row.amount,
            "open_base": base_amount,
            "instrument": row.instrument,
            "reference": row.reference,
            "note": row.note,
            "created_by_id": journal.actor_id,
            "recorded_at": journal.recorded_at,
        }
    )


class ReceiptKey(NamedTuple):
    pk: int
    number: str


def invoice_keys(rows: Sequence[InvoiceRow]) -> list[int]:
    """Keys for new invoices."""
    return new_ids(Invoice, len(rows))


def receipt_keys(rows: Sequence[ReceiptRow]) -> list[ReceiptKey]:
    """Keys and numbers for new receipts; an empty number is taken from the sequence of receipts."""
    with connection.cursor() as cursor:
        execute(cursor, RECEIPT_KEYS, [array(row.number.strip() for row in rows)])
        return [ReceiptKey(*row) for row in cursor.fetchall()]


@contextmanager
def journal_for(
    rows: Sequence[Row], *, actor_id: int | None, recorded_at: dt.datetime | None, more: Iterable[Posting] = ()
) -> Iterator[tuple[Journal, dict[Posting, Facts]]]:
    """Within a transaction: locks for these rows in their order (legal entities, then accounts), and a journal that is
    written at the end."""
    facts = facts_for([*map(posting_of, rows), *more])
    accounts = lock_accounts(customer_ids={row.customer_id for row in rows})
    journal = Journal(accounts=accounts, actor_id=actor_id, recorded_at=recorded_at)
    yield journal, facts
    journal.write()


def enter_invoices(
    journal: Journal, rows: Sequence[InvoiceRow], keys: Sequence[int], facts: dict[Posting, Facts]
) -> list[Invoice]:
    """Post invoices; a credit note settles the invoice it corrects at once, as far as that is open."""
    owners = owners_of({row.customer_id for row in rows})
    invoices = []
    for row, pk in zip(rows, keys, strict=True):
        account = journal.accounts[row.customer_id]
        invoice = new_invoice(row, pk, facts[posting_of(row)], account, owners[row.customer_id], journal)
        journal.post_invoice(invoice)
        invoices.append(invoice)
    corrected = lock_invoices({row.corrects_id for row in rows if row.corrects_id})
    for note in invoices:
        if note.corrects_id is None:
            continue
        if note.kind != InvoiceKind.CREDIT_NOTE:
            raise WrongKind(number=note.number)
        target = corrected[note.corrects_id]
        rules.check_same_party(note, target)
        part = min(note.open_amount, target.open_amount)
        if part:
            on = max(note.on, target.earliest_on)
            journal.allocate(note, target, part, on, Allocation.Method.REFERENCE)
    return invoices


def enter_receipts(
    journal: Journal,
    rows: Sequence[ReceiptRow],
    keys: Sequence[ReceiptKey],
    facts: dict[Posting, Facts],
    method: str,
    known: dict[int, Invoice] | None = None,
) -> list[Receipt]:
    """Post receipts and settle invoices with them: dated as the receipt, or later where the invoice is later.

    `known` are invoices that this very journal posts; the others are locked here.
    """
    invoices = dict(known or {})
    wanted = {line.invoice_id for row in rows for line in row.lines} - invoices.keys()
    invoices.update(lock_invoices(sorted(wanted)))
    receipts = []
    for row, (pk, number) in zip(rows, keys, strict=True):
        receipt = new_receipt(row, pk, number, facts[posting_of(row)], journal)
        journal.post_receipt(receipt)
        check_lines(row.lines, invoices)
        for line in row.lines:
            invoice = invoices[line.invoice_id]
            on = max(row.on, invoice.earliest_on)
            journal.allocate(receipt, invoice, line.amount, on, line.method or method)
        receipts.append(receipt)
    return receipts


def check_lines(lines: Sequence[Line], invoices: dict[int, Invoice]) -> None:
    """Raise InvoiceTwice when one invoice stands in two lines."""
    seen: set[int] = set()
    for line in lines:
        if line.invoice_id in seen:
            raise InvoiceTwice(number=invoices[line.invoice_id].number)
        seen.add(line.invoice_id)


def payment_of(row: PaidInvoiceRow, invoice: Invoice) -> ReceiptRow:
    """The receipt that paid an invoice in full."""
    return ReceiptRow(
        legal_entity_id=row.legal_entity_id,
        customer_id=row.customer_id,
        on=row.paid_on,
        currency=row.currency,
        amount=row.amount,
        instrument=row.instrument,
        reference=invoice.number,
        lines=[Line(invoice.pk, row.amount)],
    )


def document_data(document: Invoice | Receipt) -> dict[str, Any]:
    """What a timeline event says about a document."""
    data = {
        "id": document.pk,
        "number": document.number,
        "currency": document.currency,
        "amount": f"{document.amount:.2f}",
    }
    if isinstance(document, Invoice):
        return {**data, "kind": str(document.kind), "due_on": document.due_on.isoformat()}
    return {**data, "kind": "receipt", "instrument": str(document.instrument)}


def bulk_events(kind: str, documents: Iterable[Invoice | Receipt], actor_id: int | None) -> list[EventRow]:
    """One event for each customer and run: how many documents, and how much in each currency."""
    by_customer: dict[int, list[Invoice | Receipt]] = defaultdict(list)
    for document in documents:
        by_customer[document.customer_id].append(document)
    events = []
    for customer_id, items in by_customer.items():
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for item in items:
            totals[item.currency] += item.amount
        data = {"count": len(items), "amounts": {code: f"{total:.2f}" for code, total in sorted(totals.items())}}
        events.append(EventRow(customer_id, kind, max(item.on for item in items), data, actor_id))
    return events
