"""How much of what becomes overdue is collected in each bucket of days: learned anew every night from two years."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from receivables.models import CollectionRate
from receivables.rules.collection import USUAL_RATES
from receivables.selectors.ageing_sql import IN_MEMORY

HISTORY = dt.timedelta(days=730)
# An invoice enters a bucket with what was open on the bucket's first day; only buckets it has left count.
LEARN = """
WITH bounds AS (
    SELECT * FROM unnest(%(days_from)s::int[], %(days_to)s::int[]) WITH ORDINALITY AS b (days_from, days_to, number)
), billed AS (
    SELECT due_on, sum(base_amount) AS amount FROM receivables_invoice
    WHERE kind <> 'credit_note' AND reversed_on IS NULL AND due_on >= %(first)s AND due_on < %(on)s AND "on" < %(on)s
    GROUP BY due_on
), settled AS (
    SELECT i.due_on, width_bucket(a."on" - i.due_on, %(days_from)s::int[]) AS number, sum(a.base_amount) AS settled,
           coalesce(sum(a.base_amount) FILTER (WHERE a.receipt_id IS NOT NULL), 0) AS collected
    FROM receivables_invoice i JOIN receivables_allocation a ON a.invoice_id = i.id
    WHERE i.kind <> 'credit_note' AND i.reversed_on IS NULL AND i.due_on >= %(first)s AND i.due_on < %(on)s
      AND i."on" < %(on)s AND a."on" < %(on)s
    GROUP BY 1, 2
), grid AS (
    SELECT b.number, b.days_from, b.days_to, billed.due_on, coalesce(settled.collected, 0) AS collected,
           billed.amount - coalesce(sum(settled.settled) OVER (
               PARTITION BY billed.due_on ORDER BY b.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ), 0) AS entered
    FROM (SELECT * FROM bounds UNION ALL SELECT NULL, NULL, 0) b (days_from, days_to, number)
    CROSS JOIN billed
    LEFT JOIN settled ON settled.number = b.number AND settled.due_on = billed.due_on
), sums AS (
    SELECT number, sum(greatest(entered, 0)) AS entered, sum(greatest(collected, 0)) AS collected FROM grid
    WHERE number > 0 AND due_on + coalesce(days_to, days_from + 180) < %(on)s GROUP BY number
)
SELECT b.days_from, b.days_to, coalesce(sums.entered, 0), coalesce(sums.collected, 0)
FROM bounds b LEFT JOIN sums ON sums.number = b.number ORDER BY b.number
"""


def refresh_collection_rates(*, on: dt.date) -> list[CollectionRate]:
    """Work the rates out as at the night of `on`; where nothing entered a bucket yet the usual rate stands."""
    starts = sorted(USUAL_RATES)
    ends = [start - 1 for start in starts[1:]]
    params: dict[str, Any] = {"days_from": starts, "days_to": [*ends, None], "first": on - HISTORY, "on": on}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(IN_MEMORY)
            cursor.execute(LEARN, params)
            found = cursor.fetchall()
        rates = [
            CollectionRate(
                days_from=days_from,
                days_to=days_to,
                entered=entered,
                collected=collected,
                rate=_share(collected, entered) if entered else USUAL_RATES[days_from],
                on=on,
            )
            for days_from, days_to, entered, collected in found
        ]
        CollectionRate.objects.bulk_create(
            rates,
            update_conflicts=True,
            unique_fields=["days_from"],
            update_fields=["days_to", "entered", "collected", "rate", "on"],
        )
    return rates


def _share(collected: Decimal, entered: Decimal) -> Decimal:
    return min(collected / entered, Decimal(1)).quantize(Decimal("0.000001"))
