"""What customers bring, ranked in one statement.

Where the cost of at least half of the company's revenue is known, contribution is margin: a customer's own, carried
over to its whole revenue, if half of its revenue has a cost; else estimated at the company's rate. Otherwise it is
revenue. Key customers bring the first 60 %; of the others those grow whose half-year is a fifth above the one before.
"""

import datetime as dt

from django.db import connection

KEY_SHARE = 0.6
GROWTH = 0.2
KNOWN = 0.5

CONTRIBUTION = """
WITH company AS (
    SELECT coalesce(sum(costed_12m), 0) >= %(known)s * sum(greatest(revenue_12m, 0)) AND sum(costed_12m) > 0 AS costed,
           sum(margin_12m) / nullif(sum(costed_12m), 0) AS rate
    FROM analytics_customerfeatures WHERE "on" = %(on)s
), valued AS (
    SELECT f.customer_id, f.revenue_12m, f.margin_12m, f.tenure_days, f.revenue_6m, f.revenue_6m_before,
           f.margin_12m / nullif(f.costed_12m, 0) AS own_rate,
           CASE WHEN NOT c.costed THEN 'revenue'
                WHEN f.costed_12m > 0 AND f.costed_12m >= %(known)s * f.revenue_12m THEN 'margin'
                ELSE 'estimated' END AS basis,
           c.rate
    FROM analytics_customerfeatures f CROSS JOIN company c WHERE f."on" = %(on)s
), worth AS (
    SELECT *, round(CASE basis WHEN 'revenue' THEN revenue_12m
                               WHEN 'margin' THEN revenue_12m * own_rate
                               ELSE revenue_12m * rate END, 2) AS value
    FROM valued
), ranked AS (
    SELECT *, row_number() OVER w AS rank, sum(value) OVER () AS total, sum(value) OVER w AS cumulated
    FROM worth WINDOW w AS (ORDER BY value DESC, customer_id)
)
INSERT INTO analytics_contribution (
    customer_id, "on", basis, value, revenue_12m, margin_12m, margin_rate, rank, share, cumulative_share, value_class
)
SELECT customer_id, %(on)s, basis, value, revenue_12m, margin_12m,
       CASE basis WHEN 'margin' THEN own_rate WHEN 'estimated' THEN rate END, rank,
       CASE WHEN total > 0 THEN value / total ELSE 0 END, CASE WHEN total > 0 THEN cumulated / total ELSE 0 END,
       CASE WHEN value < 0 THEN 'loss'
            WHEN value > 0 AND total > 0 AND cumulated - value < %(key)s * total THEN 'key'
            WHEN value > 0 AND revenue_6m > 0 AND revenue_6m >= (1 + %(growth)s) * revenue_6m_before THEN 'growth'
            ELSE 'ordinary' END
FROM ranked
"""


def work_out_contribution(*, on: dt.date) -> int:
    """Rank the customers by what they brought in the 12 months before the morning. The caller holds the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_contribution")
        cursor.execute(CONTRIBUTION, {"on": on, "known": KNOWN, "key": KEY_SHARE, "growth": GROWTH})
        return int(cursor.rowcount)
