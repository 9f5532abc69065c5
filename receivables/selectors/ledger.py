"""The ledger of a customer (台账): every movement with the balance it left, as at any date.

The balance is what the customer owes: invoices and debit notes less receipts and credit notes, reversals and bounced
instruments turned round. Allocations are shown as detail. They change no balance in the currency of the documents; in
base currency they change it by the exchange difference between the two documents they match.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from crm.core.money import ZERO


class LedgerKind(TextChoices):
    """What a line of the ledger tells."""

    INVOICE = "invoice", _("Invoice")
    DEBIT_NOTE = "debit_note", _("Debit note")
    CREDIT_NOTE = "credit_note", _("Credit note")
    RECEIPT = "receipt", _("Receipt")
    ALLOCATION = "allocation", _("Allocation")
    TAKEN_BACK = "taken_back", _("Taken back")
    REVERSAL = "reversal", _("Reversal")
    BOUNCE = "bounce", _("Bounced")


@dataclass(frozen=True)
class LedgerLine:
    """One movement. `effect` is what it does to the balance in the currency of the ledger; `amount` is signed, in the
    document's own currency. `document` (invoice or receipt) and `document_id` say whose page to open; for an allocation
    that is its source, and `invoice_id` with `invoice_number` what it settles."""

    on: dt.date
    kind: str
    document: str
    document_id: int
    number: str
    reference: str
    due_on: dt.date | None
    currency: str
    amount: Decimal
    effect: Decimal
    balance: Decimal
    invoice_id: int | None
    invoice_number: str
    recorded_at: dt.datetime

    @property
    def kind_label(self) -> str:
        return str(LedgerKind(self.kind).label)

    @property
    def is_detail(self) -> bool:
        """Whether the line only tells how documents were matched."""
        return self.kind in (LedgerKind.ALLOCATION, LedgerKind.TAKEN_BACK)


@dataclass(frozen=True)
class Ledger:
    """One page of a ledger: the balance before its first line, its lines, and where the whole ledger ends."""

    currency: str | None  # None: everything in base currency
    as_at: dt.date
    opening_balance: Decimal
    lines: list[LedgerLine]
    closing_balance: Decimal
    page: int
    pages: int
    count: int

    @property
    def page_closing_balance(self) -> Decimal:
        return self.lines[-1].balance if self.lines else self.opening_balance


# Every movement up to a date. `amount` and `base` are signed as the customer's debt; 5 = rank within a day.
MOVEMENTS = """
SELECT invoice."on" AS day, CASE WHEN invoice.kind = 'credit_note' THEN 2 ELSE 1 END AS rank, invoice.id AS seq,
       invoice.kind, 'invoice' AS document, invoice.id AS document_id, invoice.number, invoice.reference,
       invoice.due_on, invoice.currency, sign.of * invoice.amount AS amount, sign.of * invoice.amount AS effect,
       sign.of * invoice.base_amount AS base, NULL::bigint AS invoice_id, '' AS invoice_number, invoice.recorded_at
FROM receivables_invoice invoice
CROSS JOIN LATERAL (SELECT CASE WHEN invoice.kind = 'credit_note' THEN -1 ELSE 1 END AS of) sign
WHERE invoice.customer_id = %(customer_id)s AND invoice."on" <= %(as_at)s {invoice}
UNION ALL
SELECT receipt."on", 3, receipt.id, 'receipt', 'receipt', receipt.id, receipt.number, receipt.reference, NULL,
       receipt.currency, -receipt.amount, -receipt.amount, -receipt.base_amount, NULL, '', receipt.recorded_at
FROM receivables_receipt receipt
WHERE receipt.customer_id = %(customer_id)s AND receipt."on" <= %(as_at)s {receipt}
UNION ALL
SELECT allocation."on", 4, allocation.id, CASE WHEN allocation.amount < 0 THEN 'taken_back' ELSE 'allocation' END,
       CASE WHEN allocation.receipt_id IS NULL THEN 'invoice' ELSE 'receipt' END,
       coalesce(allocation.receipt_id, allocation.credit_note_id), coalesce(receipt.number, note.number), '',
       NULL, invoice.currency, -allocation.amount, 0, allocation.source_base - allocation.base_amount,
       invoice.id, invoice.number, allocation.recorded_at
FROM receivables_invoice invoice
JOIN receivables_allocation allocation ON allocation.invoice_id = invoice.id
LEFT JOIN receivables_receipt receipt ON receipt.id = allocation.receipt_id
LEFT JOIN receivables_invoice note ON note.id = allocation.credit_note_id
WHERE invoice.customer_id = %(customer_id)s AND allocation."on" <= %(as_at)s {invoice} {details}
UNION ALL
SELECT reversal."on", 5, reversal.id, 'reversal', 'invoice', invoice.id, invoice.number, reversal.reason, NULL,
       invoice.currency, -sign.of * invoice.amount, -sign.of * invoice.amount, -sign.of * invoice.base_amount,
       NULL, '', reversal.recorded_at
FROM receivables_invoice invoice
JOIN receivables_reversal reversal ON reversal.invoice_id = invoice.id
CROSS JOIN LATERAL (SELECT CASE WHEN invoice.kind = 'credit_note' THEN -1 ELSE 1 END AS of) sign
WHERE invoice.customer_id = %(customer_id)s AND invoice.reversed_on IS NOT NULL
      AND reversal."on" <= %(as_at)s {invoice}
UNION ALL
SELECT reversal."on", 5, reversal.id, CASE WHEN receipt.bounced_on IS NULL THEN 'reversal' ELSE 'bounce' END,
       'receipt', receipt.id, receipt.number, reversal.reason, NULL, receipt.currency, receipt.amount, receipt.amount,
       receipt.base_amount, NULL, '', reversal.recorded_at
FROM receivables_receipt receipt
JOIN receivables_reversal reversal ON reversal.receipt_id = receipt.id
WHERE receipt.customer_id = %(customer_id)s AND receipt.reversed_on IS NOT NULL
      AND reversal."on" <= %(as_at)s {receipt}
"""

TOTALS = (
    "SELECT count(*), coalesce(sum({effect}), 0), count(*) FILTER (WHERE day < %(from_on)s) FROM ({movements}) movement"
)
PAGE = """
SELECT day, kind, document, document_id, number, reference, due_on, currency, amount, {effect} AS effect,
       sum({effect}) OVER (ORDER BY day, rank, seq) AS balance, invoice_id, invoice_number, recorded_at
FROM ({movements}) movement
ORDER BY day, rank, seq
LIMIT %(limit)s OFFSET %(offset)s
"""


def customer_ledger(
    *,
    customer_id: int,
    as_at: dt.date,
    currency: str | None = None,
    legal_entity_id: int | None = None,
    from_on: dt.date | None = None,
    details: bool = True,
    page: int = 1,
    page_size: int = 100,
) -> Ledger:
    """The movements of a customer up to and including `as_at`, one page of them; the caller has checked visibility.

    `currency` None gives all currencies in base currency. With `from_on` the lines begin there, and what lies before is
    the opening balance. `details` False leaves out allocations that change no balance. Two statements.
    """
    effect = "base" if currency is None else "effect"
    narrowed = ""
    if currency is not None:
        narrowed += " AND {table}.currency = %(currency)s"
    if legal_entity_id is not None:
        narrowed += " AND {table}.legal_entity_id = %(legal_entity_id)s"
    hidden = "" if details else " AND false" if currency else " AND allocation.source_base <> allocation.base_amount"
    movements = MOVEMENTS.format(
        invoice=narrowed.format(table="invoice"), receipt=narrowed.format(table="receipt"), details=hidden
    )
    params: dict[str, Any] = {
        "customer_id": customer_id,
        "as_at": as_at,
        "currency": currency,
        "legal_entity_id": legal_entity_id,
        "from_on": from_on or dt.date.min,
    }
    with connection.cursor() as cursor:
        cursor.execute(TOTALS.format(effect=effect, movements=movements), params)
        total, closing, skipped = cursor.fetchone()
        count = total - skipped
        pages = max(-(-count // page_size), 1)
        page = min(max(page, 1), pages)
        # One line more than is shown, before the page: its balance is the page's opening balance.
        offset = skipped + (page - 1) * page_size
        before = 1 if offset else 0
        params |= {"offset": offset - before, "limit": page_size + before}
        cursor.execute(PAGE.format(effect=effect, movements=movements), params)
        lines = [LedgerLine(*row) for row in cursor.fetchall()]
    opening = lines.pop(0).balance if before and lines else ZERO
    return Ledger(
        currency=currency,
        as_at=as_at,
        opening_balance=opening,
        lines=lines,
        closing_balance=closing,
        page=page,
        pages=pages,
        count=count,
    )


def balance_as_at(customer_id: int, legal_entity_id: int, currency: str, as_at: dt.date) -> Decimal:
    """What a customer owes a legal entity in a currency at the end of a day; below nought where we owe."""
    return customer_ledger(
        customer_id=customer_id,
        legal_entity_id=legal_entity_id,
        currency=currency,
        as_at=as_at,
        details=False,
        page_size=1,
    ).closing_balance
