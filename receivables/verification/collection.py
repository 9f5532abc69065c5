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
    "case_planned": _("In an instalment plan of the case, by its running plan"),
    "plan_amount": _("Amount of the instalment plan, by its rows and its invoices"),
    "plan_state": _("State of the instalment plan, by its approval and its rows"),
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
# A case at rest for a plan, or with a planned part, has a running plan.
PLANNED = """
SELECT 'case_planned', 'case #' || c.id, '0.00', c.planned::text FROM receivables_case c
WHERE (c.planned > 0 OR c.paused_by = 'plan') AND c.state = 'open' AND NOT EXISTS (
    SELECT 1 FROM receivables_instalmentplan plan
    WHERE plan.customer_id = c.customer_id AND plan.legal_entity_id = c.legal_entity_id AND plan.state = 'running'
)
ORDER BY c.id
"""
PLANS = """
SELECT part.code, 'plan #' || plan.id, part.expected, part.found
FROM receivables_instalmentplan plan
JOIN approvals_request asked ON asked.id = plan.approval_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS amount, coalesce(bool_or(state = 'missed'), FALSE) AS missed,
           coalesce(bool_or(state = 'open'), FALSE) AS waits, coalesce(bool_or(state = 'void'), FALSE) AS void
    FROM receivables_instalment r WHERE r.plan_id = plan.id
) agreed
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS amount FROM receivables_instalmentinvoice line WHERE line.plan_id = plan.id
) covered
CROSS JOIN LATERAL (
    SELECT CASE WHEN asked.state IN ('submitted', 'returned') THEN 'proposed'
                WHEN asked.state <> 'approved' THEN 'refused'
                WHEN agreed.missed THEN 'broken' WHEN agreed.waits THEN 'running' ELSE 'completed' END AS state
) follows
CROSS JOIN LATERAL (VALUES
    ('plan_amount', agreed.amount::text, plan.amount::text, agreed.amount <> plan.amount),
    ('plan_amount', covered.amount::text, plan.amount::text, covered.amount <> plan.amount),
    ('plan_state', follows.state, plan.state,
     follows.state <> plan.state OR (agreed.waits AND (agreed.missed OR agreed.void)))
) AS part (code, expected, found, differs)
WHERE part.differs
ORDER BY plan.id, part.code
"""
LETTERS = """
SELECT 'letter_amount', 'letter #' || letter.id, coalesce(sum(line.open_base), 0), letter.base_amount
FROM receivables_letter letter LEFT JOIN receivables_letterline line ON line.letter_id = letter.id
GROUP BY letter.id HAVING coalesce(sum(line.open_base), 0) <> letter.base_amount ORDER BY letter.id
"""


def verify_collection() -> Iterator[Difference]:
    """Differences between cases, their steps, promises, plans, stops and letters; nothing when all is well."""
    for sql in (CASES, PLANNED, PLANS, STOPS, LETTERS):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
