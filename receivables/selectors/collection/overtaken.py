"""Letters that something has overtaken since their night: paid, promised, disputed, planned, out of dunning."""

import datetime as dt
from collections.abc import Collection

from django.db import connection

# The first reason that holds of each letter. Money that is not allocated yet is no reason: the sender is warned of it.
OVERTAKEN = """
SELECT letter.id, coalesce(
    CASE WHEN c.state = 'closed' THEN 'closed' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM receivables_dunningoptout o
        WHERE o.customer_id = letter.customer_id AND o.until >= %(on)s AND o.ended_on IS NULL
    ) THEN 'opt_out' END,
    nullif(c.paused_by, ''),
    line.why
)
FROM receivables_letter letter
LEFT JOIN receivables_case c ON c.id = letter.case_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN bool_or(i.open_amount < asked.open_amount) THEN 'paid'
                WHEN bool_or(planned.is_so) THEN 'plan'
                WHEN bool_or(i.open_amount - disputed.amount < asked.open_amount) THEN 'dispute' END AS why
    FROM receivables_letterline asked
    JOIN receivables_invoice i ON i.id = asked.invoice_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(d.amount), 0) AS amount FROM receivables_dispute d
        WHERE d.invoice_id = i.id AND d.state = 'open'
    ) disputed
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT 1 FROM receivables_instalmentinvoice covered
            JOIN receivables_instalmentplan plan ON plan.id = covered.plan_id AND plan.state = 'running'
            WHERE covered.invoice_id = i.id
        ) AS is_so
    ) planned
    WHERE asked.letter_id = letter.id
) line
WHERE letter.id = ANY(%(letters)s)
"""


def overtaken(letter_ids: Collection[int], on: dt.date) -> dict[int, str]:
    """Which of these letters should not go out on a day any more, and why (one query).

    The codes: closed, opt_out, promise, plan, dispute, paid (less is open of an invoice than the letter asks for).
    """
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN, {"letters": list(letter_ids), "on": on})
        return {pk: why for pk, why in cursor.fetchall() if why}
