"""How customers pay, worked out for all of them at once and told to credit (docs/models.md).

What counts at a date is what was booked before it: documents and allocations with `on` earlier, without those taken
back or reversed by then.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from crm.core.dates import months_before
from receivables.models import PaymentPromise

WINDOWS = (3, 6, 12)
PIECE = 25_000  # customers of one piece of the night's work

# What fell due in the window and how it was settled, an invoice a row. `net` is what was left to pay after credits.
INVOICES = """
due AS (
    SELECT i.id, i.customer_id, i.due_on, i.base_amount
    FROM receivables_invoice i
    WHERE i.kind <> 'credit_note' AND i.due_on >= %({start})s AND i.due_on < %({end})s AND i."on" < %({end})s
      AND (i.reversed_on IS NULL OR i.reversed_on >= %({end})s)
      AND i.customer_id BETWEEN %(first)s AND %(last)s
), {name}settled AS (
    SELECT d.id,
           coalesce(sum(a.base_amount) FILTER (WHERE a.receipt_id IS NOT NULL), 0) AS paid,
           coalesce(sum(a.base_amount) FILTER (WHERE a.receipt_id IS NULL), 0) AS credited,
           coalesce(sum(a.base_amount) FILTER (WHERE a.receipt_id IS NOT NULL AND a."on" <= d.due_on), 0) AS in_time,
           coalesce(sum(a.base_amount * (a."on" - d.due_on)) FILTER (WHERE a.receipt_id IS NOT NULL), 0) AS weight,
           max(a."on") AS last_on
    FROM {name}due d JOIN receivables_allocation a ON a.invoice_id = d.id
    WHERE a."on" < %({end})s AND a.takes_back_id IS NULL
      AND NOT EXISTS (
          SELECT 1 FROM receivables_allocation b WHERE b.takes_back_id = a.id AND b."on" < %({end})s
      )
    GROUP BY d.id
), {name}standing AS (
    SELECT d.customer_id, d.base_amount - coalesce(s.credited, 0) AS net, coalesce(s.paid, 0) AS paid,
           coalesce(s.in_time, 0) AS in_time,
           coalesce(s.weight, 0)
             + (d.base_amount - coalesce(s.credited, 0) - coalesce(s.paid, 0)) * (%({end})s - d.due_on) AS weight,
           CASE WHEN d.base_amount = coalesce(s.credited, 0) + coalesce(s.paid, 0)
                THEN s.last_on ELSE %({end})s END - d.due_on AS days
    FROM {name}due d LEFT JOIN {name}settled s USING (id)
    WHERE d.base_amount > coalesce(s.credited, 0)
), {name}paying AS (
    SELECT customer_id, count(*) AS invoices, sum(net) AS net, sum(paid) AS paid, sum(in_time) AS in_time,
           sum(weight) / sum(net) AS weighted, avg(days) AS average
    FROM {name}standing GROUP BY customer_id
)
"""


def invoices_sql(name: str, start: str, end: str) -> str:
    return (name + INVOICES.lstrip()).format(name=name, start=start, end=end)


BEHAVIOUR = f"""
WITH {invoices_sql("", "start", "end").strip()},
{invoices_sql("former_", "former_start", "start").strip()},
money AS (
    SELECT r.customer_id, r.instrument, r."on" >= %(start)s AS now,
           r.instrument IS DISTINCT FROM lag(r.instrument) OVER w AND lag(r.id) OVER w IS NOT NULL AS changed
    FROM receivables_receipt r
    WHERE r."on" >= %(former_start)s AND r."on" < %(end)s AND (r.reversed_on IS NULL OR r.reversed_on >= %(end)s)
      AND r.customer_id BETWEEN %(first)s AND %(last)s
    WINDOW w AS (PARTITION BY r.customer_id ORDER BY r."on", r.id)
), habits AS (
    SELECT customer_id, count(*) FILTER (WHERE now) AS receipts, count(*) FILTER (WHERE now AND changed) AS changes,
           mode() WITHIN GROUP (ORDER BY instrument) FILTER (WHERE now) AS instrument,
           mode() WITHIN GROUP (ORDER BY instrument) FILTER (WHERE NOT now) AS instrument_before
    FROM money GROUP BY customer_id
), promises AS (
    SELECT customer_id, count(*) AS made, count(*) FILTER (WHERE state = 'kept') AS kept
    FROM {PaymentPromise._meta.db_table}
    WHERE judged_on >= %(start)s AND judged_on < %(end)s AND state IN ('kept', 'partly', 'broken')
      AND customer_id BETWEEN %(first)s AND %(last)s
    GROUP BY customer_id
)
INSERT INTO credit_paymentbehaviour (
    account_id, window_months, "on", invoices_due, amount_due, amount_paid, collection_rate, average_days_late,
    weighted_days_late, trend, overdue_share, promises_made, promises_kept, receipts, instrument, instrument_before,
    instrument_changes
)
SELECT a.id, %(months)s, %(end)s, coalesce(p.invoices, 0), coalesce(p.net, 0), coalesce(p.paid, 0), p.paid / p.net,
       p.average, p.weighted, p.weighted - f.weighted, 1 - p.in_time / p.net, coalesce(promises.made, 0),
       coalesce(promises.kept, 0), coalesce(h.receipts, 0), coalesce(h.instrument, ''),
       coalesce(h.instrument_before, ''), coalesce(h.changes, 0)
FROM credit_creditaccount a
LEFT JOIN paying p USING (customer_id)
LEFT JOIN former_paying f USING (customer_id)
LEFT JOIN habits h USING (customer_id)
LEFT JOIN promises USING (customer_id)
WHERE a.customer_id BETWEEN %(first)s AND %(last)s
  AND (p.invoices > 0 OR h.receipts > 0 OR promises.made > 0)
ON CONFLICT (account_id, window_months) DO NOTHING
"""
CLEAR = """
DELETE FROM credit_paymentbehaviour b USING credit_creditaccount a
WHERE b.account_id = a.id AND a.customer_id BETWEEN %(first)s AND %(last)s AND b."on" <= %(end)s
"""
PIECES = """
SELECT min(customer_id), max(customer_id)
FROM (
    SELECT customer_id, (row_number() OVER (ORDER BY customer_id) - 1) / %s AS piece FROM credit_creditaccount
) numbered
GROUP BY piece ORDER BY piece
"""
EVERYBODY = {"first": 0, "last": 2**62}


def work_out_behaviour(*, on: dt.date, piece: dict[str, Any] | None = None) -> int:
    """Write how the customers (of one piece) pay as known on the morning of `on`; answers the rows written.

    Figures of a later morning stay. The caller holds the transaction, so that the figures and whatever says they are
    there commit together.
    """
    written = 0
    with connection.cursor() as cursor:
        # Of tables that were just filled the server knows little, and then joins row by row what should be hashed.
        cursor.execute("SET LOCAL enable_nestloop = off")
        bounds = piece or EVERYBODY
        cursor.execute(CLEAR, {**bounds, "end": on})
        for months in WINDOWS:
            start = months_before(on, months)
            cursor.execute(
                BEHAVIOUR,
                {**bounds, "months": months, "end": on, "start": start, "former_start": months_before(start, months)},
            )
            written += cursor.rowcount
        cursor.execute("SET LOCAL enable_nestloop = on")
    return written


def pieces(on: dt.date) -> Sequence[dict[str, Any]]:
    """Ranges of customers for several workers to share; one where there are few."""
    with connection.cursor() as cursor:
        cursor.execute(PIECES, [PIECE])
        return [{"first": first, "last": last} for first, last in cursor.fetchall()]
