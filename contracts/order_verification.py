"""What orders keep twice, derived again: totals, what was delivered, and what is reserved for them."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference

LABELS = {
    "order_total": _("Total of the order, by its lines"),
    "order_delivered": _("Delivered of the order, by its deliveries"),
    "order_line_delivered": _("Delivered of the line, by its deliveries"),
    "order_reserved": _("Reserved for the order, by its base total"),
    "order_hold": _("Hold of the order, by its state"),
}
ORDERS = """
SELECT part.code, orders.number, part.expected, part.found
FROM contracts_order orders
LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM contracts_orderline GROUP BY order_id) lines
    ON lines.order_id = orders.id
LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM contracts_delivery GROUP BY order_id) left_house
    ON left_house.order_id = orders.id
LEFT JOIN LATERAL (
    SELECT amount FROM credit_reservation WHERE source_kind = 'order' AND source_id = orders.id ORDER BY id DESC LIMIT 1
) reservation ON true
LEFT JOIN credit_hold hold ON hold.source_kind = 'order' AND hold.source_id = orders.id
CROSS JOIN LATERAL (VALUES
    ('order_total', COALESCE(lines.amount, 0)::text, orders.total::text, COALESCE(lines.amount, 0) <> orders.total),
    ('order_delivered', COALESCE(left_house.amount, 0)::text, orders.delivered_total::text,
     COALESCE(left_house.amount, 0) <> orders.delivered_total),
    ('order_reserved', orders.base_total::text, COALESCE(reservation.amount, 0)::text,
     orders.released_on IS NOT NULL
     AND reservation.amount IS DISTINCT FROM orders.base_total),
    ('order_hold', orders.state, CASE WHEN hold.id IS NULL THEN '' ELSE 'held' END,
     (orders.state = 'held') <> (hold.id IS NOT NULL))
) AS part (code, expected, found, differs)
WHERE part.differs
ORDER BY orders.id, part.code
"""
LINES = """
SELECT 'order_line_delivered', orders.number || ' / ' || line.position, COALESCE(parts.quantity, 0)::text,
       line.delivered::text
FROM contracts_orderline line
JOIN contracts_order orders ON orders.id = line.order_id
LEFT JOIN (SELECT line_id, SUM(quantity) AS quantity FROM contracts_deliveryline GROUP BY line_id) parts
    ON parts.line_id = line.id
WHERE COALESCE(parts.quantity, 0) <> line.delivered
ORDER BY line.id
"""


def verify_orders() -> Iterator[Difference]:
    """Every difference between orders and what they are derived from."""
    for sql in (ORDERS, LINES):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
