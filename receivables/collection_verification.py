"""What collection keeps twice, derived again: the last step of a case, its pause, its formula, stops and letters.

What is overdue is not among it: every night works that out anew from the documents, so no error can build up.
"""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference

LABELS = {
    "case_stepped_on": _("Day of the last step of the case"),
    "case_step": _("Last step of the case in its cycle"),
    "case_pause": _("Pause of the case, by its open promise"),
    "case_expected": _("Expected recovery of the case, by its formula"),
    "case_overdue": _("Overdue of the case, by its formula"),
    "supply_stop": _("Supply stopped, by the open cases of the customer"),
    "letter_amount": _("Amount of the letter, by its lines"),
}
CASES = """
WITH steps AS (
    SELECT DISTINCT ON (case_id) case_id, cycle, policy_step_id, "on" FROM receivables_casestep
    ORDER BY case_id, "on" DESC
), formula AS (
    SELECT c.id, sum((line.value ->> 3)::numeric) AS opened, sum((line.value ->> 5)::numeric) AS expected
    FROM receivables_case c, jsonb_array_elements(c.formula) AS line(value) WHERE c.state = 'open' GROUP BY c.id
)
SELECT part.code, 'case #' || c.id, part.expected, part.found
FROM receivables_case c
LEFT JOIN steps ON steps.case_id = c.id
LEFT JOIN formula ON formula.id = c.id
LEFT JOIN receivables_paymentpromise promise ON promise.case_id = c.id AND promise.state = 'open'
CROSS JOIN LATERAL (VALUES
    ('case_stepped_on', coalesce(steps."on"::text, ''), coalesce(c.stepped_on::text, ''),
     steps."on" IS DISTINCT FROM c.stepped_on),
    ('case_step', CASE WHEN steps.cycle = c.cycle THEN steps.policy_step_id::text ELSE '' END,
     coalesce(c.step_id::text, ''),
     (CASE WHEN steps.cycle = c.cycle THEN steps.policy_step_id END) IS DISTINCT FROM c.step_id),
    ('case_pause', CASE WHEN promise.id IS NULL THEN '' ELSE 'promise' END, c.paused_by,
     c.state = 'open' AND (promise.id IS NOT NULL) <> (c.paused_by = 'promise') AND c.paused_by <> 'opt_out'),
    ('case_expected', coalesce(formula.expected, 0)::text, c.expected::text,
     c.state = 'open' AND coalesce(formula.expected, 0) <> c.expected),
    ('case_overdue', coalesce(formula.opened, 0)::text, c.overdue::text,
     c.state = 'open' AND coalesce(formula.opened, 0) <> c.overdue)
) AS part (code, expected, found, differs)
WHERE part.differs
ORDER BY c.id, part.code
"""
STOPS = """
SELECT 'supply_stop', customer.code, '', account.stopped_from
FROM credit_creditaccount account JOIN customers_customer customer ON customer.id = account.customer_id
WHERE account.stopped_from <> '' AND NOT EXISTS (
    SELECT 1 FROM receivables_case c WHERE c.customer_id = account.customer_id AND c.state = 'open' AND c.supply_stopped
)
ORDER BY customer.code
"""
LETTERS = """
SELECT 'letter_amount', 'letter #' || letter.id, coalesce(sum(line.open_base), 0), letter.base_amount
FROM receivables_letter letter LEFT JOIN receivables_letterline line ON line.letter_id = letter.id
GROUP BY letter.id HAVING coalesce(sum(line.open_base), 0) <> letter.base_amount ORDER BY letter.id
"""


def verify_collection() -> Iterator[Difference]:
    """Differences between cases, their steps, promises, stops and letters; nothing when all is well."""
    for sql in (CASES, STOPS, LETTERS):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
