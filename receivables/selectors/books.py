"""Since when there are books: the business date of the oldest invoice or receipt that stands."""

import datetime as dt

from django.db import connection

# Each half is one look at the end of an index.
OLDEST = """
SELECT least(
    (SELECT "on" FROM receivables_invoice WHERE reversed_on IS NULL ORDER BY "on", id LIMIT 1),
    (SELECT "on" FROM receivables_receipt WHERE reversed_on IS NULL ORDER BY "on", id LIMIT 1)
)
"""


def oldest_day() -> dt.date | None:
    """The day of the oldest document; None while there is none."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        found: dt.date | None = cursor.fetchone()[0]
        return found
