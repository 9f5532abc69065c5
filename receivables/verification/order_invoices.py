"""What billing deliveries keeps twice, derived again: what was invoiced of an order, lines, what was consumed."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference

LABELS = {
    "order_invoiced": _("Invoiced of the order, by the invoices of its deliveries"),
    "order_consumed": _("Consumed of the reservation, by the deliveries billed"),
    "invoice_lines": _("Amount of the invoice, by its lines"),
    "delivery_invoice_reversed": _("Reversal of the invoice of a delivery, by the invoice"),
}
ORDERS = """
WITH billed AS (
    SELECT delivery.order_id, SUM(delivery.amount) AS amount, SUM(delivery.base_amount) AS base_amount
    FROM receivables_deliveryinvoice link JOIN contracts_delivery delivery ON delivery.id = link.delivery_id
    WHERE link.reversed_on IS NULL GROUP BY delivery.order_id
)
SELECT part.code, orders.number, part.expected, part.found
FROM contracts_order orders
LEFT JOIN billed ON billed.order_id = orders.id
LEFT JOIN LATERAL (
    SELECT SUM(consumed) AS consumed FROM credit_reservation WHERE source_kind = 'order' AND source_id = orders.id
) reservation ON true
CROSS JOIN LATERAL (VALUES
    ('order_invoiced', COALESCE(billed.amount, 0)::text, orders.invoiced_total::text,
     COALESCE(billed.amount, 0) <> orders.invoiced_total),
    ('order_consumed', COALESCE(billed.base_amount, 0)::text, COALESCE(reservation.consumed, 0)::text,
     COALESCE(billed.base_amount, 0) <> COALESCE(reservation.consumed, 0))
) AS part (code, expected, found, differs)
WHERE part.differs
ORDER BY orders.id, part.code
"""
LINES = """
SELECT 'invoice_lines', invoice.number, SUM(line.amount)::text, invoice.amount::text
FROM receivables_invoiceline line JOIN receivables_invoice invoice ON invoice.id = line.invoice_id
GROUP BY invoice.id HAVING SUM(line.amount) <> invoice.amount OR SUM(line.base_amount) <> invoice.base_amount
ORDER BY invoice.id
"""

REVERSED = """
SELECT 'delivery_invoice_reversed', invoice.number, COALESCE(invoice.reversed_on::text, ''),
       COALESCE(link.reversed_on::text, '')
FROM receivables_deliveryinvoice link JOIN receivables_invoice invoice ON invoice.id = link.invoice_id
WHERE invoice.reversed_on IS DISTINCT FROM link.reversed_on
ORDER BY invoice.id
"""


def verify_order_invoices() -> Iterator[Difference]:
    """Every difference between what was billed and the deliveries behind it."""
    for sql in (ORDERS, LINES, REVERSED):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
