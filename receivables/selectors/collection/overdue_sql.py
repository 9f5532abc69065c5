"""The SQL of collection: what was overdue in the night of a day, for whom which policy counts, which step comes next.

The night of T knows the movements before T. What was open then is what is open now, plus what was allocated from T on,
plus what was reversed from T on (as receivables.selectors.ageing_sql looks back).
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from crm.core.versions import PolicyState
from receivables.models import CollectionPolicy
from receivables.selectors.ageing_sql import IN_MEMORY
from receivables.selectors.collection.conditions import MATCHED_BY

# Open items due before %(through)s, as at the night of %(on)s, of the customers from %(low)s to below %(high)s.
ITEMS = """
WITH later AS (
    SELECT a.invoice_id, sum(a.amount) AS amount, sum(a.base_amount) AS base
    FROM receivables_allocation a WHERE a."on" >= %(on)s GROUP BY a.invoice_id
), standing AS (
    SELECT {columns}, i.open_amount + coalesce(later.amount, 0) AS open_amount,
           i.open_base + coalesce(later.base, 0) AS open_base
    FROM receivables_invoice i LEFT JOIN later ON later.invoice_id = i.id
    WHERE i.open_amount > 0 AND i.kind <> 'credit_note'
      AND i.customer_id >= %(low)s AND i.customer_id < %(high)s AND i.due_on < %(through)s AND i."on" < %(on)s
    UNION ALL
    SELECT {columns}, CASE WHEN i.reversed_on >= %(on)s THEN i.amount ELSE 0 END + coalesce(later.amount, 0),
           CASE WHEN i.reversed_on >= %(on)s THEN i.base_amount ELSE 0 END + coalesce(later.base, 0)
    FROM (
        SELECT invoice_id AS id FROM later
        UNION SELECT id FROM receivables_invoice WHERE reversed_on >= %(on)s
    ) touched
    JOIN receivables_invoice i ON i.id = touched.id LEFT JOIN later ON later.invoice_id = i.id
    WHERE i.open_amount = 0 AND i.kind <> 'credit_note'
      AND i.customer_id >= %(low)s AND i.customer_id < %(high)s AND i.due_on < %(through)s AND i."on" < %(on)s
), disputed AS (
    SELECT invoice_id, sum(amount) AS amount FROM receivables_dispute
    WHERE "on" < %(on)s AND (resolved_on IS NULL OR resolved_on >= %(on)s)
      AND customer_id >= %(low)s AND customer_id < %(high)s
    GROUP BY invoice_id
), planned AS (
    SELECT covered.invoice_id FROM receivables_instalmentplan plan
    JOIN receivables_instalmentinvoice covered ON covered.plan_id = plan.id
    WHERE plan.state = 'running' AND plan.decided_on <= %(on)s
      AND plan.customer_id >= %(low)s AND plan.customer_id < %(high)s
)
SELECT i.id AS invoice_id, i.customer_id, i.legal_entity_id, i.due_on, i.currency, i.amount, i.term_days,
       CASE WHEN planned.invoice_id IS NULL THEN i.open_amount - part.disputed ELSE 0 END AS chased,
       CASE WHEN planned.invoice_id IS NULL THEN i.open_base - part.disputed_base ELSE 0 END AS chased_base,
       part.disputed_base,
       CASE WHEN planned.invoice_id IS NULL THEN 0 ELSE i.open_base - part.disputed_base END AS planned_base
FROM standing i
LEFT JOIN disputed ON disputed.invoice_id = i.id
LEFT JOIN planned ON planned.invoice_id = i.id
CROSS JOIN LATERAL (
    SELECT least(coalesce(disputed.amount, 0), i.open_amount) AS disputed,
           CASE WHEN disputed.amount IS NULL THEN 0
                WHEN disputed.amount >= i.open_amount THEN i.open_base
                ELSE round(i.open_base * disputed.amount / i.open_amount, 2) END AS disputed_base
) part
WHERE i.open_amount > 0
"""
ITEMS = ITEMS.replace(
    "{columns}",
    "i.id, i.customer_id, i.legal_entity_id, i.due_on, i.currency, i.amount,"
    ' coalesce(i.term_days, i.due_on - i."on") AS term_days',
)

# One row for each customer and legal entity with anything overdue; policy_id is null where no policy fits.
# A prediction counts that was made when the invoice was overdue: one made before says how likely it is to become so.
OVERDUE = """
WITH lines AS (
    SELECT item.customer_id, item.legal_entity_id, rate.days_from, rate.days_to, p.invoice_id IS NOT NULL AS predicted,
           sum(chased_base) AS chased, sum(disputed_base) AS disputed,
           sum(planned_base) AS planned, count(*) FILTER (WHERE chased > 0) AS items,
           round(sum(chased_base * coalesce(1 - p.late_probability::numeric, rate.rate, 0)), 2) AS expected,
           min(item.due_on) AS any_due_on,
           min((item.due_on - DATE '1900-01-01')::bigint * 100000 + least(greatest(item.term_days, 0), 99999))
               FILTER (WHERE chased > 0) AS oldest
    FROM {items} item
    CROSS JOIN (SELECT array_agg(days_from::int ORDER BY days_from) AS starts FROM receivables_collectionrate) bucket
    LEFT JOIN (
        SELECT days_from, days_to, rate, row_number() OVER (ORDER BY days_from) AS number
        FROM receivables_collectionrate
    ) rate ON rate.number = width_bucket(%(on)s - item.due_on, bucket.starts)
    LEFT JOIN receivables_paymentprediction p ON p.invoice_id = item.invoice_id AND p.made_on <= %(on)s
                                          AND p.made_on > item.due_on
    WHERE item.due_on < %(on)s
    GROUP BY 1, 2, 3, 4, 5
), sums AS (
    SELECT customer_id, legal_entity_id, sum(chased) AS overdue, sum(disputed) AS disputed, sum(planned) AS planned,
           sum(items) AS items, sum(expected) AS expected, min(any_due_on) AS any_due_on, min(oldest) AS oldest,
           coalesce(jsonb_agg(jsonb_build_array(
               days_from::text, days_to::text, CASE WHEN predicted THEN 'prediction' ELSE 'history' END, chased::text,
               round(expected / nullif(chased, 0), 4)::text, expected::text) ORDER BY days_from, predicted)
               FILTER (WHERE chased > 0), '[]') AS formula
    FROM lines GROUP BY customer_id, legal_entity_id
)
SELECT sums.customer_id, sums.legal_entity_id, sums.overdue, sums.disputed, sums.planned, sums.items, sums.expected,
       sums.any_due_on, sums.formula, DATE '1900-01-01' + (sums.oldest / 100000)::int AS oldest_due_on,
       coalesce(sums.oldest %% 100000, 0)::int AS term_days, policy.id AS policy_id, policy.tolerance,
       policy.promise_grace_days
FROM sums
JOIN customers_customer customer ON customer.id = sums.customer_id
LEFT JOIN receivables_collectionpolicy policy ON policy.id = {policy}
"""

# The step a case takes next, with the days overdue at which it is reached: the first of those not taken in its cycle.
# `c` has id (null without a case), cycle; `f` has policy_id, term_days.
NEXT_STEP = """
LATERAL (
    SELECT s.id, s.code, s.action, s.actor, s.gap_days, reach.days
    FROM receivables_policystep s
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.fraction IS NULL THEN s.days::int
                    ELSE greatest(s.days::int, ceil(f.term_days * (s.fraction - 1))::int) END AS days
    ) reach
    WHERE s.policy_id = f.policy_id AND s.days > 0 AND NOT EXISTS (
        SELECT 1 FROM receivables_casestep taken JOIN receivables_policystep rung ON rung.id = taken.policy_step_id
        WHERE taken.case_id = c.id AND taken.cycle = c.cycle AND rung.code = s.code
    )
    ORDER BY reach.days, s.position, s.id LIMIT 1
) next
"""
# Whether that step is taken in the night of %(on)s by the clock of %(run_on)s.
STEP_IS_DUE = """
(c.stepped_on IS NULL OR c.stepped_on < %(on)s)
AND NOT EXISTS (SELECT 1 FROM receivables_casestep t WHERE t.case_id = c.id AND t.run_on >= %(run_on)s)
AND (coalesce(c.raise_next, FALSE)
     OR (%(on)s - f.oldest_due_on >= next.days AND (c.stepped_on IS NULL OR %(on)s - c.stepped_on >= next.gap_days)))
"""


def policy_choice(policies: Iterable[CollectionPolicy]) -> tuple[str, dict[str, Any]]:
    """An expression for the policy of `customer`, and its named parameters: the first of the policies, in order of
    priority, whose conditions all hold.
    """
    whens: list[str] = []
    params: dict[str, Any] = {}
    for number, policy in enumerate(sorted(policies, key=lambda item: (item.priority, item.code, item.pk))):
        tests = []
        for place, (name, values) in enumerate(sorted(policy.conditions.items())):
            key = f"match_{number}_{place}"
            tests.append(f"{MATCHED_BY[name].sql} = ANY(%({key})s)")
            params[key] = list(values)
        whens.append(f"WHEN {' AND '.join(tests) or 'TRUE'} THEN {int(policy.pk)}")
    return (f"CASE {' '.join(whens)} END" if whens else "NULL"), params


def active_policies() -> list[CollectionPolicy]:
    return list(CollectionPolicy.objects.filter(state=PolicyState.ACTIVE))


def fill_tables(policies: Iterable[CollectionPolicy], params: dict[str, Any]) -> None:
    """Work out what is open and overdue into tables of this transaction: `collection_item`, `collection_overdue`.

    `params`: on, through (first due date that is left out), low, high.
    """
    choice, matched = policy_choice(policies)
    with connection.cursor() as cursor:
        cursor.execute(IN_MEMORY)
        cursor.execute("DROP TABLE IF EXISTS pg_temp.collection_item, pg_temp.collection_overdue")
        cursor.execute(f"CREATE TEMP TABLE collection_item ON COMMIT DROP AS {ITEMS}", params)
        cursor.execute("ANALYZE pg_temp.collection_item")
        overdue = OVERDUE.format(items="collection_item", policy=choice)
        cursor.execute(f"CREATE TEMP TABLE collection_overdue ON COMMIT DROP AS {overdue}", {**params, **matched})
        cursor.execute("CREATE INDEX ON pg_temp.collection_overdue (customer_id, legal_entity_id)")
        cursor.execute("ANALYZE pg_temp.collection_overdue")
