"""How every customer buys, in one statement: written each night, and read as at past mornings to learn from.

A purchase is a posted invoice less the credit notes that correct it; what was credited in full or reversed is none, and
what a customer buys on one day is one purchase. Debit notes (interest, costs) are no purchases. A credit note that
corrects no invoice lessens the revenue of its own day. What counts at a morning is what was booked before it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

from analytics.models import CustomerFeatures
from analytics.services.reading import read_frame
from receivables.services.behaviour import EVERYBODY, pieces

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["features_frame", "pieces", "purge_features", "stored_features", "write_features"]

STANDS = '{0}."on" < %(end)s AND ({0}.reversed_on IS NULL OR {0}.reversed_on >= %(end)s)'
RANGE = "{0}.customer_id BETWEEN %(first)s AND %(last)s"
# Days before the morning at which the windows begin.
YEAR, HALF, QUARTER = 365, 182, 91


def within(column: str, older: int, younger: int = 0) -> str:
    """The sum of a column over the days from `older` to `younger` days before the morning."""
    days = f'd."on" >= %(end)s::date - {older}'
    if younger:
        days += f' AND d."on" < %(end)s::date - {younger}'
    return f"coalesce(sum({column}) FILTER (WHERE {days}), 0)"


# (field of CustomerFeatures, SQL over the days `d` of one customer)
FIGURES: Sequence[tuple[str, str]] = (
    ("first_on", 'min(d."on") FILTER (WHERE d.bought > 0)'),
    ("last_on", 'max(d."on") FILTER (WHERE d.bought > 0)'),
    ("recency_days", '%(end)s::date - max(d."on") FILTER (WHERE d.bought > 0)'),
    ("tenure_days", '%(end)s::date - min(d."on") FILTER (WHERE d.bought > 0)'),
    ("days_bought", "sum(d.bought)"),
    ("days_bought_12m", within("d.bought", YEAR)),
    ("days_bought_3m", within("d.bought", QUARTER)),
    ("days_bought_3m_before", within("d.bought", 2 * QUARTER, QUARTER)),
    ("revenue", "sum(d.net)"),
    ("revenue_12m", within("d.net", YEAR)),
    ("revenue_12m_before", within("d.net", 2 * YEAR, YEAR)),
    ("revenue_6m", within("d.net", HALF)),
    ("revenue_6m_before", within("d.net", 2 * HALF, HALF)),
    ("revenue_3m", within("d.net", QUARTER)),
    ("revenue_3m_before", within("d.net", 2 * QUARTER, QUARTER)),
    ("costed_12m", within("d.costed", YEAR)),
    ("margin_12m", f'sum(d.margin) FILTER (WHERE d."on" >= %(end)s::date - {YEAR})'),
    ("gap_mean", "avg(d.gap)"),
    ("gap_median", "percentile_cont(.5) WITHIN GROUP (ORDER BY d.gap)"),
    ("gap_spread", "stddev_samp(d.gap)"),
    ("gap_last", '(array_agg(d.gap ORDER BY d."on" DESC) FILTER (WHERE d.bought > 0))[1]'),
    (
        "trend",
        'CASE WHEN %(end)s::date - min(d."on") >= {} THEN {} / nullif(greatest({}, 0), 0) - 1 END'.format(
            2 * HALF, within("d.net", HALF), within("d.net", 2 * HALF, HALF)
        ),
    ),
    (
        "credited_share",
        f"coalesce(least(greatest(1 - {within('d.net', YEAR)} / nullif({within('d.gross', YEAR)}, 0), 0), 1), 0)",
    ),
)
FIELDS = tuple(name for name, _sql in FIGURES)
FEATURES = f"""
WITH credited AS (
    SELECT n.corrects_id AS id, sum(n.base_amount) AS amount
    FROM receivables_invoice n
    WHERE n.kind = 'credit_note' AND n.corrects_id IS NOT NULL AND {STANDS.format("n")} AND {RANGE.format("n")}
    GROUP BY n.corrects_id
), money AS (
    SELECT i.customer_id, i."on", i.base_amount - coalesce(c.amount, 0) AS net, i.base_amount AS gross,
           round(i.cost * i.rate, 2) AS cost, true AS bought
    FROM receivables_invoice i LEFT JOIN credited c USING (id)
    WHERE i.kind = 'invoice' AND {STANDS.format("i")} AND {RANGE.format("i")}
      AND i.base_amount > coalesce(c.amount, 0)
    UNION ALL
    SELECT n.customer_id, n."on", -n.base_amount, 0, NULL, false
    FROM receivables_invoice n
    WHERE n.kind = 'credit_note' AND n.corrects_id IS NULL AND {STANDS.format("n")} AND {RANGE.format("n")}
), days AS (
    SELECT customer_id, "on", sum(net) AS net, sum(gross) AS gross, sum(net) FILTER (WHERE cost IS NOT NULL) AS costed,
           sum(net - cost) AS margin, max(bought::int) AS bought
    FROM money GROUP BY customer_id, "on"
), d AS (
    SELECT *, CASE WHEN bought > 0
                   THEN "on" - lag("on") OVER (PARTITION BY customer_id, bought ORDER BY "on") END AS gap
    FROM days
)
SELECT d.customer_id, {", ".join(f"{sql} AS {name}" for name, sql in FIGURES)}
FROM d GROUP BY d.customer_id HAVING max(d.bought) > 0
"""
WRITE = f"""
INSERT INTO analytics_customerfeatures ("on", customer_id, {", ".join(FIELDS)})
SELECT %(end)s::date, found.* FROM ({FEATURES}) found
"""
CLEAR = 'DELETE FROM analytics_customerfeatures WHERE "on" = %(end)s AND customer_id BETWEEN %(first)s AND %(last)s'
KEEP_DAYS = 8  # every morning of the last days; of the time before, the first of each month


def write_features(*, on: dt.date, piece: dict[str, Any] | None = None) -> int:
    """Write the figures of the customers (of one piece) as known on the morning of `on`; answers how many customers.

    The caller holds the transaction.
    """
    params = {**(piece or EVERYBODY), "end": on}
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, params)
        cursor.execute(WRITE, params)
        return int(cursor.rowcount)


def purge_features(*, on: dt.date) -> int:
    """Forget mornings nobody compares with any more; the first of each month stays."""
    old = CustomerFeatures.objects.filter(on__lt=on - dt.timedelta(days=KEEP_DAYS)).exclude(on__day=1)
    return int(old.delete()[0])


DATES = ("first_on", "last_on")


def features_frame(*, on: dt.date) -> "DataFrame":
    """The figures as they were known on the morning of a past or present date, one customer a row, as floats."""
    return as_floats(read_frame(FEATURES, {**EVERYBODY, "end": on}))


def stored_features(*, on: dt.date) -> "DataFrame":
    """The figures written for that morning, in the order of the customers."""
    columns = ", ".join(("customer_id", *FIELDS))
    sql = f'SELECT {columns} FROM analytics_customerfeatures WHERE "on" = %(on)s ORDER BY customer_id'
    return as_floats(read_frame(sql, {"on": on}))


def as_floats(frame: "DataFrame") -> "DataFrame":
    numbers = [name for name in FIELDS if name not in DATES]
    frame[numbers] = frame[numbers].astype("float64")
    return frame.sort_values("customer_id", ignore_index=True)
