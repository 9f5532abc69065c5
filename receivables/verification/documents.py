"""What is open and what credit was told, derived again from the append-only allocations and reversals."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference
from receivables.rules.documents import CLEARING_INSTRUMENTS

LABELS = {
    "invoice_open_amount": _("Open amount of the invoice"),
    "invoice_open_base": _("Open base amount of the invoice"),
    "invoice_reversed_on": _("Reversal date of the invoice"),
    "receipt_open_amount": _("Open amount of the receipt"),
    "receipt_open_base": _("Open base amount of the receipt"),
    "receipt_reversed_on": _("Reversal date of the receipt"),
    "receivable": _("Receivable of the customer, by its invoices"),
    "unallocated": _("Unallocated of the customer, by its receipts and credit notes"),
    "uncleared": _("Uncleared of the customer, by its receipts"),
    "due_date": _("Open by due date, by the invoices"),
    "allocation_mismatch": _("Allocation between documents of one customer, legal entity and currency"),
    "allocation_early": _("Allocation not before its documents"),
    "take_back_mirror": _("Taken back exactly what was allocated"),
}

INVOICES = """
WITH settled AS (
    SELECT invoice_id AS id, sum(amount) AS amount, sum(base_amount) AS base
    FROM receivables_allocation GROUP BY invoice_id
), given AS (
    SELECT credit_note_id AS id, sum(amount) AS amount, sum(source_base) AS base
    FROM receivables_allocation WHERE credit_note_id IS NOT NULL GROUP BY credit_note_id
), derived AS (
    SELECT invoice.id, invoice.number, invoice.open_amount, invoice.open_base, invoice.reversed_on,
           reversal."on" AS day,
           CASE WHEN reversal.id IS NOT NULL THEN 0
                ELSE invoice.amount - coalesce(settled.amount, 0) - coalesce(given.amount, 0) END AS amount,
           CASE WHEN reversal.id IS NOT NULL THEN 0
                ELSE invoice.base_amount - coalesce(settled.base, 0) - coalesce(given.base, 0) END AS base
    FROM receivables_invoice invoice
    LEFT JOIN settled ON settled.id = invoice.id
    LEFT JOIN given ON given.id = invoice.id
    LEFT JOIN receivables_reversal reversal ON reversal.invoice_id = invoice.id
)
"""
RECEIPTS = """
WITH given AS (
    SELECT receipt_id AS id, sum(amount) AS amount, sum(source_base) AS base
    FROM receivables_allocation WHERE receipt_id IS NOT NULL GROUP BY receipt_id
), derived AS (
    SELECT receipt.id, receipt.number, receipt.open_amount, receipt.open_base, receipt.reversed_on,
           reversal."on" AS day,
           CASE WHEN reversal.id IS NOT NULL THEN 0 ELSE receipt.amount - coalesce(given.amount, 0) END AS amount,
           CASE WHEN reversal.id IS NOT NULL THEN 0 ELSE receipt.base_amount - coalesce(given.base, 0) END AS base
    FROM receivables_receipt receipt
    LEFT JOIN given ON given.id = receipt.id
    LEFT JOIN receivables_reversal reversal ON reversal.receipt_id = receipt.id
)
"""
DOCUMENT_DIFFERENCES = """
SELECT '{kind}_' || part.code, number || ' #' || id, part.expected, part.found
FROM derived
CROSS JOIN LATERAL (VALUES
    ('open_amount', amount::text, open_amount::text, amount <> open_amount),
    ('open_base', base::text, open_base::text, base <> open_base),
    ('reversed_on', coalesce(day::text, ''), coalesce(reversed_on::text, ''), day IS DISTINCT FROM reversed_on)
) AS part (code, expected, found, differs)
WHERE (amount <> open_amount OR base <> open_base OR day IS DISTINCT FROM reversed_on) AND part.differs
ORDER BY id
"""

ACCOUNTS = """
WITH invoices AS (
    SELECT customer_id,
           sum(open_base) FILTER (WHERE kind <> 'credit_note') AS receivable,
           sum(open_base) FILTER (WHERE kind = 'credit_note') AS unallocated
    FROM receivables_invoice GROUP BY customer_id
), receipts AS (
    SELECT customer_id,
           sum(open_base) FILTER (WHERE NOT waits) AS unallocated,
           sum(base_amount - open_base) FILTER (WHERE waits AND reversed_on IS NULL) AS uncleared
    FROM (
        SELECT *, instrument = ANY(%s::varchar[]) AND cleared_on IS NULL AS waits FROM receivables_receipt
    ) receipt GROUP BY customer_id
)
SELECT part.code, customer.code, part.expected, part.found
FROM customers_customer customer
LEFT JOIN invoices ON invoices.customer_id = customer.id
LEFT JOIN receipts ON receipts.customer_id = customer.id
LEFT JOIN credit_creditaccount account ON account.customer_id = customer.id
CROSS JOIN LATERAL (VALUES
    ('receivable', coalesce(invoices.receivable, 0), coalesce(account.receivable, 0)),
    ('unallocated', coalesce(invoices.unallocated, 0) + coalesce(receipts.unallocated, 0),
     coalesce(account.unallocated, 0)),
    ('uncleared', coalesce(receipts.uncleared, 0), coalesce(account.uncleared, 0))
) AS part (code, expected, found)
WHERE part.expected <> part.found
ORDER BY customer.code, part.code
"""

DUE_DATES = """
WITH invoices AS (
    SELECT customer_id, due_on, sum(open_base) AS total
    FROM receivables_invoice WHERE kind <> 'credit_note' AND open_amount > 0 GROUP BY customer_id, due_on
), stored AS (
    SELECT account.customer_id, item.due_on, item.open_amount
    FROM credit_openbyduedate item JOIN credit_creditaccount account ON account.id = item.account_id
    WHERE item.open_amount <> 0
)
SELECT 'due_date', customer.code || ' ' || due_on, coalesce(invoices.total, 0), coalesce(stored.open_amount, 0)
FROM invoices FULL JOIN stored USING (customer_id, due_on)
JOIN customers_customer customer ON customer.id = customer_id
WHERE coalesce(invoices.total, 0) <> coalesce(stored.open_amount, 0)
ORDER BY 2
"""

ALLOCATIONS = """
SELECT part.code, 'allocation #' || allocation.id, part.expected, part.found
FROM receivables_allocation allocation
JOIN receivables_invoice invoice ON invoice.id = allocation.invoice_id
LEFT JOIN receivables_receipt receipt ON receipt.id = allocation.receipt_id
LEFT JOIN receivables_invoice note ON note.id = allocation.credit_note_id
LEFT JOIN receivables_allocation original ON original.id = allocation.takes_back_id
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', invoice.customer_id, invoice.legal_entity_id, invoice.currency) AS party,
           concat_ws(' ', coalesce(receipt.customer_id, note.customer_id),
                     coalesce(receipt.legal_entity_id, note.legal_entity_id),
                     coalesce(receipt.currency, note.currency)) AS source_party,
           greatest(invoice."on", receipt."on", note."on", original."on") AS earliest,
           concat_ws(' ', -original.amount, -original.base_amount, -original.source_base, original.invoice_id,
                     original.receipt_id, original.credit_note_id) AS mirror,
           concat_ws(' ', allocation.amount, allocation.base_amount, allocation.source_base, allocation.invoice_id,
                     allocation.receipt_id, allocation.credit_note_id) AS figures
) told
CROSS JOIN LATERAL (VALUES
    ('allocation_mismatch', told.party, told.source_party, told.party <> told.source_party),
    ('allocation_early', told.earliest::text, allocation."on"::text, allocation."on" < told.earliest),
    ('take_back_mirror', told.mirror, told.figures, original.id IS NOT NULL AND told.mirror <> told.figures)
) AS part (code, expected, found, differs)
WHERE part.differs
ORDER BY allocation.id
"""


def verify_receivables() -> Iterator[Difference]:
    """Differences between documents, allocations and credit; nothing when all is well."""
    waiting = [sorted(CLEARING_INSTRUMENTS)]
    statements = (
        (INVOICES + DOCUMENT_DIFFERENCES.format(kind="invoice"), None),
        (RECEIPTS + DOCUMENT_DIFFERENCES.format(kind="receipt"), None),
        (ACCOUNTS, waiting),
        (DUE_DATES, None),
        (ALLOCATIONS, None),
    )
    for sql, params in statements:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
