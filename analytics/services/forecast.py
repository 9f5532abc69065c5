"""Eight weeks of money: what open invoices will bring, what new business usually brings, a band, and what then came."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from statistics import quantiles
from typing import TYPE_CHECKING

from django.db import connection

from analytics.models import CashForecast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray

LOOKED_BACK = 26  # mornings of the past, a week apart, that show what new business brings and how weeks vary
FEWEST_CHECKED = 8  # forecasts of a week ahead that must be over before their own errors make the band
CHECKED_AGAIN = 90  # days for which what came is worked out anew: receipts are posted and reversed late
WIDEST = 0.9
USUAL_BAND = 1.645  # spreads on either side: nine in ten of a normal distribution

# Money received and not reversed, by week before the morning: in all, and of it what settled invoices by the week they
# were posted in. Week 0 is the last seven days.
RECEIVED = """
SELECT (%(on)s - 1 - r."on") / 7 AS week, sum(r.base_amount)
FROM receivables_receipt r
WHERE r."on" < %(on)s AND r."on" >= %(on)s - 7 * %(weeks)s AND (r.reversed_on IS NULL OR r.reversed_on >= %(on)s)
GROUP BY 1
"""
SETTLED = """
SELECT (%(on)s - 1 - a."on") / 7 AS week, (%(on)s - 1 - i."on") / 7 AS posted, sum(a.base_amount)
FROM receivables_allocation a JOIN receivables_invoice i ON i.id = a.invoice_id
WHERE a.receipt_id IS NOT NULL AND a."on" < %(on)s AND a."on" >= %(on)s - 7 * %(weeks)s
GROUP BY 1, 2
"""
# What came, as the list of receipts of the week tells it: by value date, reversed ones unless they were so after it.
CHECK = """
WITH due AS MATERIALIZED (
    SELECT id, "on", starts_on, ends_on FROM analytics_cashforecast
    WHERE ends_on < %(on)s AND (actual IS NULL OR ends_on >= %(since)s)
), span AS (
    SELECT min(starts_on) AS first, max(ends_on) AS last FROM due
), received AS MATERIALIZED (
    SELECT r."on", r.reversed_on, sum(r.base_amount) AS amount FROM receivables_receipt r, span
    WHERE r."on" BETWEEN span.first AND span.last GROUP BY 1, 2
), settled AS MATERIALIZED (
    SELECT a."on", i."on" AS posted, sum(a.base_amount) AS amount
    FROM receivables_allocation a JOIN receivables_invoice i ON i.id = a.invoice_id, span
    WHERE a.receipt_id IS NOT NULL AND a."on" BETWEEN span.first AND span.last GROUP BY 1, 2
)
UPDATE analytics_cashforecast f
SET actual = coalesce((
        SELECT sum(r.amount) FROM received r
        WHERE r."on" BETWEEN due.starts_on AND due.ends_on AND (r.reversed_on IS NULL OR r.reversed_on > due.ends_on)
    ), 0),
    actual_open = coalesce((
        SELECT sum(s.amount) FROM settled s
        WHERE s."on" BETWEEN due.starts_on AND due.ends_on AND s.posted < due."on"
    ), 0)
FROM due WHERE f.id = due.id
"""


def write_forecast(*, on: dt.date, from_open: Sequence[float]) -> int:
    """Write the weeks from `on` and fill in what came in weeks that are over. The caller holds the transaction."""
    weeks = len(from_open)
    with connection.cursor() as cursor:
        cursor.execute(CHECK, {"on": on, "since": on - dt.timedelta(days=CHECKED_AGAIN)})
    new, vary = past_weeks(on=on, weeks=weeks)
    CashForecast.objects.filter(on=on).delete()
    rows = []
    for place in range(weeks):
        still_open, to_come = float(from_open[place]), new[place]
        expected = still_open + to_come
        low, high = band(place + 1, vary[place])
        starts_on = on + dt.timedelta(days=7 * place)
        rows.append(
            CashForecast(
                on=on,
                week=place + 1,
                starts_on=starts_on,
                ends_on=starts_on + dt.timedelta(days=6),
                from_open=amount(still_open),
                from_new=amount(to_come),
                expected=amount(still_open) + amount(to_come),
                low=amount(expected * low),
                high=amount(expected * high),
            )
        )
    CashForecast.objects.bulk_create(rows)
    return len(rows)


def amount(value: float) -> Decimal:
    return Decimal(str(round(value, 2))).quantize(Decimal("0.01"))


def past_weeks(*, on: dt.date, weeks: int) -> tuple[list[float], list[float]]:
    """By weeks ahead: what came that was not billed yet on the morning, on average over past mornings, and how much the
    total varied from one morning to the next, as a share of its mean.
    """
    import numpy as np

    total = LOOKED_BACK + weeks
    received, settled = np.zeros(total), np.zeros((total, total))
    with connection.cursor() as cursor:
        cursor.execute(RECEIVED, {"on": on, "weeks": total})
        for week, value in cursor.fetchall():
            received[int(week)] += float(value)
        cursor.execute(SETTLED, {"on": on, "weeks": total})
        for week, posted, value in cursor.fetchall():
            settled[int(week), min(max(int(posted), 0), total - 1)] += float(value)
    # Mornings that lie at least `weeks` weeks back and after the books began.
    began = int(np.max(np.flatnonzero(received), initial=-1)) + 1
    mornings = [back for back in range(weeks, total) if back <= began]
    new, vary = [], []
    for ahead in range(1, weeks + 1):
        came = np.array([received[back - ahead] for back in mornings])
        # Posted before the morning `back` weeks ago: in a week further back.
        of_open = np.array([settled[back - ahead, back:].sum() for back in mornings])
        if not len(came) or came.mean() <= 0:
            new.append(0.0)
            vary.append(WIDEST / USUAL_BAND)
            continue
        new.append(float(np.maximum(came - of_open, 0).mean()))
        vary.append(float(came.std() / came.mean()))
    return new, vary


def band(week: int, vary: float) -> tuple[float, float]:
    """Shares of the expected amount between which nine weeks in ten lie: by the errors of earlier forecasts so many
    weeks ahead that share no day, or, while there are too few, by how much weeks vary.
    """
    checked = CashForecast.objects.independent(week=week).filter(expected__gt=0)
    shares = [float(row.actual / row.expected) for row in checked[:52] if row.actual is not None]
    if len(shares) >= FEWEST_CHECKED:
        cuts = quantiles(shares, n=20, method="inclusive")
        return min(cuts[0], 1.0), max(cuts[-1], 1.0)
    half = min(USUAL_BAND * vary, WIDEST)
    return 1 - half, 1 + half
