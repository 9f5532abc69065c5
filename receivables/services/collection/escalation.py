"""The night of collection: cases open, close, take at most one step, and supply stops or resumes.

`escalate(on=T)` knows the movements before T. It may be run again for T, or begun again after a crash: a case that
was looked at for T is left alone, and the database keeps a step unique in its cycle, on a night and on a day of the
clock. So missed nights advance a case by one step, not by many, however they are caught up.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

from credit.models import Trigger
from credit.services import downgrade_provisionally, lock_accounts, resume_supply, stop_supply
from crm.core.locks import atomic_or_busy
from crm.core.money import base_currency
from customers.services import record_events
from customers.services.events import EventRow
from receivables.models import Case, PolicyStep
from receivables.rules.documents import CLEARING_INSTRUMENTS
from receivables.selectors.collection.overdue_sql import NEXT_STEP, STEP_IS_DUE, active_policies, fill_tables

EVERYBODY = (0, 2**62)

LOCK_CASES = """
SELECT id FROM receivables_case
WHERE state = 'open' AND customer_id >= %(low)s AND customer_id < %(high)s ORDER BY id FOR NO KEY UPDATE
"""

# A promise is judged when its grace is over, by the money that came from the day it was given to the promised day:
# value dates, whenever it was matched, or not yet. A cheque is money when it has cleared; until then it counts with
# what it settles.
JUDGE_PROMISES = """
WITH due AS (
    SELECT p.id, p.case_id, p.customer_id, p.amount, p.currency, p."on", p.promised_on, c.legal_entity_id,
           c.closed_on IS NOT NULL AND c.closed_on <= p.promised_on + 1 AS paid_up
    FROM receivables_paymentpromise p
    JOIN receivables_case c ON c.id = p.case_id
    JOIN receivables_collectionpolicy policy ON policy.id = c.policy_id
    WHERE p.state = 'open' AND p.customer_id >= %(low)s AND p.customer_id < %(high)s
      AND p.promised_on + policy.promise_grace_days::int < %(on)s
), came AS (
    SELECT due.id, sum(CASE WHEN r.instrument <> ALL(%(clearing)s) OR r.cleared_on < %(on)s THEN r.amount
                            ELSE matched.amount END) AS received
    FROM due
    JOIN receivables_receipt r ON r.customer_id = due.customer_id AND r.legal_entity_id = due.legal_entity_id
                              AND r.currency = due.currency AND r."on" BETWEEN due."on" AND due.promised_on
                              AND (r.reversed_on IS NULL OR r.reversed_on >= %(on)s)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(a.amount), 0) AS amount FROM receivables_allocation a
        WHERE a.receipt_id = r.id AND a."on" < %(on)s
    ) matched
    GROUP BY due.id
), judged AS (
    UPDATE receivables_paymentpromise p
    SET received = coalesce(came.received, 0), judged_on = %(on)s,
        state = CASE WHEN due.paid_up OR coalesce(came.received, 0) >= due.amount THEN 'kept'
                     WHEN came.received > 0 THEN 'partly' ELSE 'broken' END
    FROM due LEFT JOIN came ON came.id = due.id
    WHERE p.id = due.id AND p.state = 'open'
    RETURNING p.case_id, p.customer_id, p.state, p.amount, p.received, p.currency, p.promised_on
), raised AS (
    UPDATE receivables_case c SET raise_next = TRUE FROM judged
    WHERE c.id = judged.case_id AND c.state = 'open' AND judged.state = 'broken'
)
SELECT customer_id, state, amount, received, currency, promised_on, case_id FROM judged ORDER BY case_id
"""

# A plan is judged when a row's grace is over, by the money dated up to the row's day that settles its invoices since it
# was proposed, or that came since then and is not matched yet, against the rows up to it. With nothing left open it is
# completed, whatever settled it; short of a row it is broken.
JUDGE_PLANS = """
WITH running AS (
    SELECT p.id, p.customer_id, p.legal_entity_id, p.currency, p."on", policy.promise_grace_days::int AS grace
    FROM receivables_instalmentplan p
    JOIN receivables_case c ON c.id = p.case_id
    JOIN receivables_collectionpolicy policy ON policy.id = c.policy_id
    WHERE p.state = 'running' AND p.decided_on <= %(on)s AND p.customer_id >= %(low)s AND p.customer_id < %(high)s
), covered AS (
    SELECT running.id AS plan_id, line.received_before, i.open_amount
           + CASE WHEN i.reversed_on >= %(on)s THEN i.amount ELSE 0 END
           + coalesce((SELECT sum(a.amount) FROM receivables_allocation a
                       WHERE a.invoice_id = i.id AND a."on" >= %(on)s), 0) AS left_open
    FROM running
    JOIN receivables_instalmentinvoice line ON line.plan_id = running.id
    JOIN receivables_invoice i ON i.id = line.invoice_id
), stands AS (
    SELECT plan_id, sum(received_before) AS before, sum(left_open) AS left_open FROM covered GROUP BY plan_id
), agreed AS (
    SELECT r.id, r.plan_id, r.number, r.due_on, r.state, r.due_on + running.grace < %(on)s AS is_due,
           sum(r.amount) OVER (PARTITION BY r.plan_id ORDER BY r.number) AS planned
    FROM running JOIN receivables_instalment r ON r.plan_id = running.id
), money AS (
    SELECT line.plan_id, r."on", a.amount
    FROM running
    JOIN receivables_instalmentinvoice line ON line.plan_id = running.id
    JOIN receivables_allocation a ON a.invoice_id = line.invoice_id AND a."on" < %(on)s
    JOIN receivables_receipt r ON r.id = a.receipt_id
    UNION ALL
    SELECT running.id, r."on", r.amount - coalesce((SELECT sum(a.amount) FROM receivables_allocation a
                                                    WHERE a.receipt_id = r.id AND a."on" < %(on)s), 0)
    FROM running
    JOIN receivables_receipt r ON r.customer_id = running.customer_id AND r.legal_entity_id = running.legal_entity_id
                              AND r.currency = running.currency AND r."on" >= running."on" AND r."on" < %(on)s
                              AND (r.reversed_on IS NULL OR r.reversed_on >= %(on)s)
                              AND (r.instrument <> ALL(%(clearing)s) OR r.cleared_on < %(on)s)
), came AS (
    SELECT agreed.id, coalesce(sum(money.amount), 0) AS total
    FROM agreed LEFT JOIN money ON money.plan_id = agreed.plan_id AND money."on" <= agreed.due_on
    WHERE agreed.state = 'open'
    GROUP BY agreed.id
), looked AS (
    SELECT agreed.id, agreed.plan_id, agreed.number, agreed.due_on, agreed.planned, agreed.is_due,
           greatest(came.total - stands.before, 0) AS received, stands.left_open = 0 AS settled,
           min(CASE WHEN agreed.is_due AND stands.left_open > 0 AND came.total - stands.before < agreed.planned
                    THEN agreed.number END) OVER (PARTITION BY agreed.plan_id) AS missed
    FROM agreed JOIN came ON came.id = agreed.id JOIN stands ON stands.plan_id = agreed.plan_id
), judged AS (
    UPDATE receivables_instalment r
    SET state = CASE WHEN looked.settled OR looked.missed IS NULL OR looked.number < looked.missed THEN 'kept'
                     WHEN looked.number = looked.missed THEN 'missed' ELSE 'void' END,
        received = CASE WHEN looked.number > looked.missed THEN NULL ELSE looked.received END,
        judged_on = CASE WHEN looked.number > looked.missed THEN NULL ELSE %(on)s::date END
    FROM looked
    WHERE r.id = looked.id AND r.state = 'open' AND (looked.is_due OR looked.settled OR looked.missed IS NOT NULL)
), ended AS (
    UPDATE receivables_instalmentplan p
    SET state = CASE WHEN found.missed IS NULL THEN 'completed' ELSE 'broken' END, ended_on = %(on)s
    FROM (
        SELECT plan_id, min(missed) AS missed FROM looked GROUP BY plan_id
        HAVING bool_and(is_due OR settled) OR min(missed) IS NOT NULL
    ) found
    WHERE p.id = found.plan_id AND p.state = 'running'
    RETURNING p.id, p.customer_id, p.legal_entity_id, p.state, p.amount, p.currency, found.missed
), raised AS (
    UPDATE receivables_case c SET raise_next = TRUE FROM ended
    WHERE c.customer_id = ended.customer_id AND c.legal_entity_id = ended.legal_entity_id AND c.state = 'open'
      AND ended.state = 'broken'
)
SELECT ended.customer_id, ended.state, ended.id, ended.amount, ended.currency, looked.due_on, looked.planned,
       looked.received
FROM ended LEFT JOIN looked ON looked.plan_id = ended.id AND looked.number = ended.missed
ORDER BY ended.id
"""

CLOSE_CASES = """
WITH gone AS (
    SELECT c.id FROM receivables_case c
    JOIN receivables_collectionpolicy policy ON policy.id = c.policy_id
    LEFT JOIN collection_overdue f ON f.customer_id = c.customer_id AND f.legal_entity_id = c.legal_entity_id
    WHERE c.state = 'open' AND c.looked_on < %(on)s AND c.customer_id >= %(low)s AND c.customer_id < %(high)s
      AND coalesce(f.overdue + f.disputed + f.planned, 0) <= coalesce(f.tolerance, policy.tolerance)
), dropped AS (
    UPDATE receivables_casestep s SET state = 'dropped', done_on = %(on)s
    FROM gone WHERE s.case_id = gone.id AND s.state = 'todo'
)
UPDATE receivables_case c
SET state = 'closed', closed_on = %(on)s, looked_on = %(on)s, overdue = 0, disputed = 0, planned = 0, items = 0,
    expected = 0, formula = '[]', oldest_due_on = NULL, paused_by = '', paused_until = NULL, raise_next = FALSE,
    next_on = NULL
FROM gone WHERE c.id = gone.id
RETURNING c.id, c.customer_id
"""

OPEN_CASES = """
INSERT INTO receivables_case (
    customer_id, legal_entity_id, state, opened_on, policy_id, cycle, raise_next, supply_stopped, paused_by, looked_on,
    overdue, disputed, planned, items, term_days, expected, formula
)
SELECT f.customer_id, f.legal_entity_id, 'open', %(on)s, f.policy_id, 1, FALSE, FALSE, '', %(before)s,
       0, 0, 0, 0, 0, 0, '[]'
FROM collection_overdue f
WHERE f.policy_id IS NOT NULL AND f.overdue > f.tolerance AND NOT EXISTS (
    SELECT 1 FROM receivables_case c
    WHERE c.customer_id = f.customer_id AND c.legal_entity_id = f.legal_entity_id
      AND (c.state = 'open' OR c.looked_on >= %(on)s)
)
ORDER BY f.customer_id, f.legal_entity_id
ON CONFLICT (customer_id, legal_entity_id) WHERE state = 'open' DO NOTHING
RETURNING id, customer_id
"""

# The figures of every open case; a new cycle begins when nothing that the last step was about is open any more.
REFRESH_CASES = """
WITH promised AS (
    SELECT case_id, promised_on FROM receivables_paymentpromise WHERE state = 'open' AND "on" <= %(on)s
      AND customer_id >= %(low)s AND customer_id < %(high)s
), planned AS (
    SELECT plan.customer_id, plan.legal_entity_id, min(r.due_on) AS due_on
    FROM receivables_instalmentplan plan JOIN receivables_instalment r ON r.plan_id = plan.id AND r.state = 'open'
    WHERE plan.state = 'running' AND plan.decided_on <= %(on)s
      AND plan.customer_id >= %(low)s AND plan.customer_id < %(high)s
    GROUP BY 1, 2
), opted_out AS (
    SELECT customer_id, max(until) AS until FROM receivables_dunningoptout
    WHERE "on" <= %(on)s AND until >= %(on)s AND (ended_on IS NULL OR ended_on > %(on)s)
      AND customer_id >= %(low)s AND customer_id < %(high)s
    GROUP BY customer_id
), seen AS (
    SELECT c.id, f.*, f.any_due_on >= c.stepped_on AND c.step_id IS NOT NULL AS renewed, c.supply_stopped AS stopped,
           CASE WHEN opted_out.until IS NOT NULL THEN 'opt_out'
                WHEN promised.case_id IS NOT NULL THEN 'promise'
                WHEN f.overdue > f.tolerance THEN ''
                WHEN f.planned > 0 THEN 'plan' ELSE 'dispute' END AS pause,
           CASE WHEN opted_out.until IS NOT NULL THEN opted_out.until
                WHEN promised.case_id IS NOT NULL THEN promised.promised_on + f.promise_grace_days::int
                WHEN f.overdue <= f.tolerance AND f.planned > 0 THEN planned.due_on + f.promise_grace_days::int
           END AS pause_until
    FROM receivables_case c
    JOIN collection_overdue f ON f.customer_id = c.customer_id AND f.legal_entity_id = c.legal_entity_id
    LEFT JOIN promised ON promised.case_id = c.id
    LEFT JOIN planned ON planned.customer_id = c.customer_id AND planned.legal_entity_id = c.legal_entity_id
    LEFT JOIN opted_out ON opted_out.customer_id = c.customer_id
    WHERE c.state = 'open' AND c.looked_on < %(on)s AND f.policy_id IS NOT NULL
), dropped AS (
    UPDATE receivables_casestep s SET state = 'dropped', done_on = %(on)s
    FROM seen WHERE seen.renewed AND s.case_id = seen.id AND s.state = 'todo'
), refreshed AS (
    UPDATE receivables_case c
    SET looked_on = %(on)s, policy_id = seen.policy_id, overdue = seen.overdue, disputed = seen.disputed,
        planned = seen.planned, items = seen.items, oldest_due_on = seen.oldest_due_on, term_days = seen.term_days,
        expected = seen.expected, formula = seen.formula, paused_by = seen.pause, paused_until = seen.pause_until,
        cycle = CASE WHEN seen.renewed THEN c.cycle + 1 ELSE c.cycle END,
        step_id = CASE WHEN seen.renewed THEN NULL ELSE c.step_id END,
        raise_next = CASE WHEN seen.renewed THEN FALSE ELSE c.raise_next END,
        next_on = CASE WHEN c.next_on < %(on)s AND c.paused_by = 'promise' THEN NULL ELSE c.next_on END
    FROM seen WHERE c.id = seen.id
    RETURNING c.id
)
SELECT seen.id, seen.customer_id, coalesce(seen.renewed AND seen.stopped, FALSE) FROM seen ORDER BY seen.id
"""

# A table of its own, so that the server knows how many there are: the cases may have been opened a moment ago.
STEPPING_CASES = """
CREATE TEMP TABLE collection_case ON COMMIT DROP AS
SELECT c.id, c.cycle, c.stepped_on, c.raise_next, c.policy_id, c.term_days, c.oldest_due_on, c.overdue
FROM receivables_case c JOIN receivables_collectionpolicy policy ON policy.id = c.policy_id
WHERE c.state = 'open' AND c.looked_on = %(on)s AND c.paused_by = '' AND c.overdue > policy.tolerance
  AND c.customer_id >= %(low)s AND c.customer_id < %(high)s
"""
TAKE_STEPS = f"""
WITH due AS (
    SELECT c.id AS case_id, next.id AS step_id, next.action, c.cycle, c.overdue, %(on)s - c.oldest_due_on AS days,
           c.raise_next AND %(on)s - c.oldest_due_on < next.days AS raised,
           next.action = 'stop_supply' OR (next.action = 'cause' AND EXISTS (
               SELECT 1 FROM receivables_overduecause cause WHERE cause.case_id = c.id AND cause.cycle = c.cycle
           )) AS done
    FROM collection_case c
    CROSS JOIN LATERAL (SELECT c.policy_id, c.term_days, c.oldest_due_on) f
    CROSS JOIN {NEXT_STEP}
    WHERE {STEP_IS_DUE}
), taken AS (
    INSERT INTO receivables_casestep (case_id, policy_step_id, cycle, "on", run_on, state, done_on, amount, days,
                                      raised, note)
    SELECT case_id, step_id, cycle, %(on)s, %(run_on)s, CASE WHEN done THEN 'done' ELSE 'todo' END,
           CASE WHEN done THEN %(on)s::date END, overdue, days, raised, ''
    FROM due ORDER BY case_id
    ON CONFLICT DO NOTHING
    RETURNING case_id, policy_step_id, amount, days
), moved AS (
    UPDATE receivables_case c SET step_id = taken.policy_step_id, stepped_on = %(on)s, raise_next = FALSE
    FROM taken WHERE c.id = taken.case_id
    RETURNING c.id, c.customer_id
)
SELECT taken.case_id, moved.customer_id, taken.policy_step_id, taken.amount, taken.days
FROM taken JOIN moved ON moved.id = taken.case_id ORDER BY taken.case_id
"""


@dataclass(frozen=True)
class Escalated:
    """What a night did, for the log."""

    opened: int = 0
    closed: int = 0
    looked_at: int = 0
    steps: int = 0
    promises_judged: int = 0
    promises_broken: int = 0
    plans_completed: int = 0
    plans_broken: int = 0
    supply_stopped: int = 0
    supply_resumed: int = 0

    def figures(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class Night:
    """A night's parameters: its day, the customers looked at, and the day of the clock it is done on."""

    on: dt.date
    low: int
    high: int
    run_on: dt.date
    through: dt.date

    @property
    def params(self) -> dict[str, Any]:
        return {
            "on": self.on,
            "before": self.on - dt.timedelta(days=1),
            "low": self.low,
            "high": self.high,
            "run_on": self.run_on,
            "through": self.through,
            "zone": settings.BUSINESS_TIME_ZONE,
            "clearing": sorted(CLEARING_INSTRUMENTS),
        }


def escalate(
    *, on: dt.date, customers: tuple[int, int] | None = None, recorded_at: dt.datetime | None = None
) -> Escalated:
    """Take every case of these customers (from, to below) one step at most; all of it or nothing."""
    with night(on=on, customers=customers, recorded_at=recorded_at) as found:
        return escalate_night(found)


@contextmanager
def night(
    *, on: dt.date, customers: tuple[int, int] | None = None, recorded_at: dt.datetime | None = None
) -> Iterator[Night]:
    """The night's transaction: cases are locked, then what was open is worked out."""
    low, high = customers or EVERYBODY
    clock = (recorded_at or timezone.now()).astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).date()
    policies = active_policies()
    ahead = -min(
        (days for days in PolicyStep.objects.filter(policy__in=policies).values_list("days", flat=True) if days < 0),
        default=0,
    )
    found = Night(on=on, low=low, high=high, run_on=clock, through=on + dt.timedelta(days=ahead + 1))
    with atomic_or_busy():
        lock_cases(found)
        fill_tables(policies, found.params)
        yield found


def lock_cases(found: Night) -> None:
    """Hold the open cases of the night, so that nobody records a promise or dispute meanwhile."""
    rows(LOCK_CASES, found)


def rows(sql: str, found: Night) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, found.params)
        answer: Sequence[Any] = cursor.fetchall()
    return answer


def escalate_night(found: Night) -> Escalated:
    """The night's work, in the transaction of `night`."""
    judged = rows(JUDGE_PROMISES, found)
    plans = rows(JUDGE_PLANS, found)
    broken_plans = [row for row in plans if row[1] == "broken"]
    if broken_plans:  # what they covered is chased again
        fill_tables(active_policies(), found.params)
    closed = rows(CLOSE_CASES, found)
    opened = rows(OPEN_CASES, found)
    looked_at = rows(REFRESH_CASES, found)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.collection_case")
        cursor.execute(STEPPING_CASES, found.params)
        cursor.execute("ANALYZE pg_temp.collection_case")
    taken = rows(TAKE_STEPS, found)
    steps = PolicyStep.objects.in_bulk({row[2] for row in taken})
    tell_of_plans(found, plans)
    tell(found, judged=judged, closed=closed, opened=opened, taken=taken, steps=steps)
    resuming = customers_to_resume([row[0] for row in closed] + [row[0] for row in looked_at if row[2]])
    stopping = [row for row in taken if steps[row[2]].action == PolicyStep.Action.STOP_SUPPLY]
    broken = {row[0] for row in judged if row[1] == "broken"}
    broke_plan = {row[0] for row in broken_plans}
    # All at once and by key: what comes after waits for no account any more, least of all with the number in hand.
    if touched := resuming | {row[1] for row in stopping} | broken | broke_plan:
        lock_accounts(customer_ids=touched)
    resumed = resume_supply(customer_ids=resuming, on=found.on)
    stopped = stop(found, stopping)
    downgrade_provisionally(customer_ids=broken, trigger=Trigger.PROMISE, on=found.on)
    downgrade_provisionally(customer_ids=broke_plan, trigger=Trigger.PLAN, on=found.on)
    return Escalated(
        opened=len(opened),
        closed=len(closed),
        looked_at=len(looked_at),
        steps=len(taken),
        promises_judged=len(judged),
        promises_broken=sum(row[1] == "broken" for row in judged),
        plans_completed=len(plans) - len(broken_plans),
        plans_broken=len(broken_plans),
        supply_stopped=len(stopped),
        supply_resumed=len(resumed),
    )


def stop(found: Night, taken: Sequence[Any]) -> frozenset[int]:
    """Stop supply to the customers whose step says so; what a person set by hand stays."""
    if not taken:
        return frozenset()
    reasons = {
        customer_id: {"days": days, "amount": str(amount), "currency": base_currency()}
        for _case_id, customer_id, _step_id, amount, days in taken
    }
    stopped = stop_supply(reasons=reasons, on=found.on)
    Case.objects.filter(pk__in=[row[0] for row in taken]).update(supply_stopped=True)
    return stopped


def customers_to_resume(case_ids: Sequence[int]) -> set[int]:
    """Customers to supply again, whose cause is gone: paid, and no other legal entity's case keeps them stopped."""
    ended = Case.objects.filter(pk__in=case_ids, supply_stopped=True)
    customers = set(ended.values_list("customer_id", flat=True))
    if not customers:
        return set()
    ended.update(supply_stopped=False)
    still = Case.objects.filter(customer_id__in=customers, state=Case.State.OPEN, supply_stopped=True)
    return customers - set(still.values_list("customer_id", flat=True))


def tell_of_plans(found: Night, ended: Sequence[Any]) -> None:
    """Plans that were completed or broken go to the customers' timelines, with the row that was missed."""
    events = []
    for customer_id, state, plan_id, amount, currency, due_on, planned, received in ended:
        data = {"plan": plan_id, "state": state, "amount": str(amount), "currency": currency}
        if due_on is not None:
            data |= {"due_on": str(due_on), "planned": str(planned), "received": str(received)}
        events.append(EventRow(customer_id, "plan_ended", found.on, data))
    if events:
        record_events(events)


def tell(
    found: Night,
    *,
    judged: Sequence[Any],
    closed: Sequence[Any],
    opened: Sequence[Any],
    taken: Sequence[Any],
    steps: dict[int, PolicyStep],
) -> None:
    """What happened goes to the customers' timelines."""
    events = [EventRow(row[1], "case_opened", found.on, {"case": row[0]}) for row in opened]
    events += [
        EventRow(
            row[0],
            "promise_judged",
            found.on,
            {
                "case": row[6],
                "state": row[1],
                "amount": str(row[2]),
                "received": str(row[3]),
                "currency": row[4],
                "promised_on": str(row[5]),
            },
        )
        for row in judged
    ]
    for case_id, customer_id, step_id, amount, days in taken:
        step = steps[step_id]
        figures = {
            "case": case_id,
            "step_zh": step.name_zh,
            "step_en": step.name_en,
            "amount": str(Decimal(amount)),
            "currency": base_currency(),
            "days": days,
        }
        events.append(EventRow(customer_id, "case_step", found.on, figures))
    events += [EventRow(row[1], "case_closed", found.on, {"case": row[0]}) for row in closed]
    record_events(events)
