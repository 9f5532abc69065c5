"""Numbers without gaps, for the few documents that the domain demands them of; everything else uses sequences.

The row of a series is locked until the transaction ends, so it is taken last, just before commit: whoever comes next
waits only for that. A transaction that is rolled back gives its number back.
"""

from django.db import connection

NEXT = """
INSERT INTO core_numberseries (key, last) VALUES (%s, 1)
ON CONFLICT (key) DO UPDATE SET last = core_numberseries.last + 1
RETURNING last
"""


def next_number(key: str) -> int:
    """The next number of a series, from 1; begins the series where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [key])
        number: int = cursor.fetchone()[0]
    return number
