"""What orders keep twice, derived again: totals, what was delivered, and what is reserved for them."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Mod
from django.utils.translation import gettext_lazy as _

from contracts.models import OrderPaper
from crm.core.dates import business_today
from crm.core.uploads import as_stored
from crm.core.verification import Difference

LABELS = {
    "order_total": _("Total of the order, by its lines"),
    "order_delivered": _("Delivered of the order, by its deliveries"),
    "order_line_delivered": _("Delivered of the line, by its deliveries"),
    "order_reserved": _("Reserved for the order, by its base total"),
    "order_hold": _("Hold of the order, by its state"),
    "order_confirmed": _("Written confirmation of an order by telephone that was released"),
    "order_reviewed": _("Review of an order for what is made to order that was released"),
    "order_contract": _("Customer's own contract, accepted, of an order that was released without one of ours"),
    "order_paper": _("File of the order (bytes, SHA-256) as it is stored"),
}
ORDERS = """
SELECT part.code, orders.number, part.expected, part.found
FROM contracts_order orders
LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM contracts_orderline GROUP BY order_id) lines
    ON lines.order_id = orders.id
LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM contracts_delivery delivery
    WHERE NOT EXISTS (SELECT FROM contracts_deliveryreversal WHERE delivery_id = delivery.id)
    GROUP BY order_id) left_house
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
     (orders.state = 'held') <> (hold.id IS NOT NULL)),
    ('order_confirmed', 'confirmation', '', orders.released_on IS NOT NULL AND orders.channel = 'phone'
     AND NOT EXISTS (SELECT FROM contracts_orderpaper WHERE order_id = orders.id AND edition = orders.version
                     AND kind = 'confirmation')),
    ('order_reviewed', 'approved', '', orders.released_on IS NOT NULL AND orders.is_custom
     AND NOT EXISTS (SELECT FROM contracts_orderreview WHERE order_id = orders.id AND edition = orders.version
                     AND verdict = 'approved')),
    ('order_contract', 'accepted', '', orders.released_on IS NOT NULL AND orders.payment = 'credit'
     AND orders.contract_id IS NULL
     AND NOT EXISTS (SELECT FROM contracts_orderpaper paper WHERE id = orders.purchase_contract_id AND kind = 'purchase'
                     AND order_id = orders.id AND edition = orders.version AND 'accepted' = (
                         SELECT verdict FROM contracts_paperreview WHERE paper_id = paper.id ORDER BY id DESC LIMIT 1)))
) AS part (code, expected, found, differs)
WHERE part.differs
ORDER BY orders.id, part.code
"""
LINES = """
SELECT 'order_line_delivered', orders.number || ' / ' || line.position, COALESCE(parts.quantity, 0)::text,
       line.delivered::text
FROM contracts_orderline line
JOIN contracts_order orders ON orders.id = line.order_id
LEFT JOIN (SELECT line_id, SUM(quantity) AS quantity FROM contracts_deliveryline row
    WHERE NOT EXISTS (SELECT FROM contracts_deliveryreversal reversal WHERE reversal.delivery_id = row.delivery_id)
    GROUP BY line_id) parts
    ON parts.line_id = line.id
WHERE COALESCE(parts.quantity, 0) <> line.delivered
ORDER BY line.id
"""


PAPERS_IN_DAYS = 30  # each night reads a part of them, and in so many days all


def verify_orders() -> Iterator[Difference]:
    """Every difference between orders and what they are derived from; of their papers those of the day are read."""
    for sql in (ORDERS, LINES):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
    papers = OrderPaper.objects.annotate(turn=Mod(F("pk"), PAPERS_IN_DAYS))
    yield from verify_papers(papers.filter(turn=business_today().toordinal() % PAPERS_IN_DAYS))


def verify_papers(papers: QuerySet[OrderPaper]) -> Iterator[Difference]:
    """The papers whose file is lost or is not the one that was uploaded; each is read from end to end."""
    for paper in papers.select_related("order").order_by("pk").iterator():
        size, checksum = as_stored(paper.file) or (0, "")
        if (size, checksum) != (paper.size, paper.checksum):
            kept = f"{paper.size} {paper.checksum}"
            key = f"{paper.order.number} / {paper.name}"
            yield Difference("order_paper", LABELS["order_paper"], key, kept, f"{size} {checksum}".strip())
