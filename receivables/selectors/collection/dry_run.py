"""What a policy would do tomorrow, on today's ledger: found as the night finds it, and nothing written."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from crm.core.money import ZERO
from receivables.models import CollectionPolicy, PolicyStep
from receivables.selectors.collection.overdue_sql import NEXT_STEP, STEP_IS_DUE, active_policies, fill_tables

FIRST = 50
WOULD_STEP = f"""
WITH cases AS (
    SELECT c.id, c.customer_id, c.legal_entity_id, c.stepped_on, c.raise_next, c.paused_by, c.paused_until,
           CASE WHEN c.step_id IS NOT NULL AND f.any_due_on >= c.stepped_on THEN c.cycle + 1 ELSE c.cycle END AS cycle
    FROM receivables_case c
    JOIN collection_overdue f ON f.customer_id = c.customer_id AND f.legal_entity_id = c.legal_entity_id
    WHERE c.state = 'open'
)
SELECT f.customer_id, customer.code, customer.name, f.legal_entity_id, next.id, f.overdue,
       %(on)s - f.oldest_due_on AS days, c.id IS NULL AS opens
FROM collection_overdue f
JOIN customers_customer customer ON customer.id = f.customer_id
LEFT JOIN cases c ON c.customer_id = f.customer_id AND c.legal_entity_id = f.legal_entity_id
CROSS JOIN {NEXT_STEP}
WHERE f.policy_id = %(policy)s AND f.overdue > f.tolerance
  AND (coalesce(c.paused_by, '') IN ('', 'plan') OR c.paused_until < %(on)s) AND {STEP_IS_DUE}
ORDER BY f.overdue DESC, f.customer_id
"""


@dataclass(frozen=True)
class StepTotal:
    """How many cases would take a step, and what they owe in base currency."""

    step: PolicyStep
    cases: int
    amount: Decimal


@dataclass(frozen=True)
class WouldStep:
    """One case that would take a step."""

    code: str
    name: str
    step: PolicyStep
    amount: Decimal
    days: int
    opens: bool


@dataclass(frozen=True)
class DryRun:
    """What a policy would do in the night of `on`; `first` are the largest cases."""

    on: dt.date
    customers: int
    cases: int
    amount: Decimal
    fits: int
    steps: Sequence[StepTotal]
    first: Sequence[WouldStep]


def dry_run(policy: CollectionPolicy, on: dt.date) -> DryRun:
    """Let a policy stand in for the version in force and see what the night of `on` would do with it.

    `fits` is the number of customers with something overdue that the policy is for.
    """
    others = [item for item in active_policies() if item.code != policy.code]
    params: dict[str, Any] = {"on": on, "run_on": on, "through": on, "low": 0, "high": 2**62, "policy": policy.pk}
    with transaction.atomic(), connection.cursor() as cursor:
        fill_tables([policy, *others], params)
        cursor.execute(WOULD_STEP, params)
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT count(DISTINCT customer_id) FROM collection_overdue WHERE policy_id = %(policy)s AND overdue > 0",
            params,
        )
        fits = cursor.fetchone()[0]
        cursor.execute("DROP TABLE pg_temp.collection_item, pg_temp.collection_overdue")
    steps = {step.pk: step for step in policy.steps.all()}
    taken = {pk: [row for row in rows if row[4] == pk] for pk in steps}
    return DryRun(
        on=on,
        customers=len({row[0] for row in rows}),
        cases=len(rows),
        amount=sum((row[5] for row in rows), ZERO),
        fits=fits,
        steps=[
            StepTotal(steps[pk], len(found), sum((row[5] for row in found), ZERO))
            for pk, found in taken.items()
            if found
        ],
        first=[WouldStep(row[1], row[2], steps[row[4]], row[5], row[6], row[7]) for row in rows[:FIRST]],
    )
