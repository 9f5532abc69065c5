"""How much of what becomes overdue is collected in each bucket of days: learned anew every night from two years."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from receivables.collection_rules import USUAL_RATES
from receivables.models import CollectionRate

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
), entered AS (
    SELECT b.number, sum(greatest(billed.amount - coalesce(gone.settled, 0), 0)) AS entered,
           sum(greatest(coalesce(gone.collected, 0), 0)) AS collected
    FROM bounds b
    JOIN billed ON billed.due_on + coalesce(b.days_to, b.days_from + 180) < %(on)s
    CROSS JOIN LATERAL (
        SELECT sum(settled) FILTER (WHERE s.number < b.number) AS settled,
               sum(collected) FILTER (WHERE s.number = b.number) AS collected
        FROM settled s WHERE s.due_on = billed.due_on
    ) gone
    GROUP BY b.number
)
SELECT b.days_from, b.days_to, coalesce(entered.entered, 0), coalesce(entered.collected, 0)
FROM bounds b LEFT JOIN entered ON entered.number = b.number ORDER BY b.number
"""


def refresh_collection_rates(*, on: dt.date) -> list[CollectionRate]:
    """Work the rates out as at the night of `on`; where nothing entered a bucket yet the usual rate stands."""
    starts = sorted(USUAL_RATES)
    ends = [start - 1 for start in starts[1:]]
    params: dict[str, Any] = {"days_from": starts, "days_to": [*ends, None], "first": on - HISTORY, "on": on}
    with transaction.atomic():
        with connection.cursor() as cursor:
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
