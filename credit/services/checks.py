"""The credit check at the release of an order: the figures under the account's lock, the decision, all it leaves.

Two statements in one transaction. The first reads the figures and locks the account; the second writes the check with
what it saw and, where the order is released, the reservation, its entry and the running sum. A statement that waits for
the lock gets the account as the other left it, but customer, overdue amounts and groups as they were before the wait:
where somebody changed the account meanwhile (`is_fresh` false), all is read once more under the lock. Every change of
what is open or reserved changes the account's row, so that no reservation and no due date is missed
(docs/adr/0018-credit-check.md).

An account under a group limit is not answered by the first look: the groups are locked and it is looked at once more,
two statements more in all (docs/adr/0023-group-limits.md).
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.db import connection

from credit.errors import AlreadyReserved, NoCheckPolicy
from credit.models import Balance, CreditAccount, CreditCheck, CreditCheckPolicy, Hold
from credit.rules import checks as rules
from credit.rules import requests as request_rules
from credit.rules.checks import Figures, Finding, Order, Policy
from credit.selectors.groups import MEMBER_EXPOSURE
from credit.services.entries import lock_account
from credit.services.groups import lock_groups_above
from crm.core.errors import AmountNotPositive, Busy
from crm.core.locks import atomic_or_busy
from crm.core.money import base_currency
from crm.core.prepared import execute
from crm.core.versions import PolicyState
from customers.models import Customer

# The policy in force as one text, which is read once for each text there is.
POLICY = ", ".join(
    f"policy.{name}" for name in ("version", "overdue_days", "overdue_tolerance", "limit_tolerance", *rules.RULES)
)
# The oldest due date before the day on which anything is open, with what is overdue: on those beyond the days that
# pass, all together. The sum is made only where there is such a date; one look at an index says that there is none.
LATE = """LEFT JOIN LATERAL (
    SELECT oldest.due_on, CASE WHEN oldest.due_on < oldest.day - policy.overdue_days THEN (
        SELECT sum(part.open_amount) FROM credit_openbyduedate part
        WHERE part.account_id = account.id AND part.open_amount > 0 AND part.due_on < oldest.day - policy.overdue_days
    ) ELSE oldest.open_amount END AS open_amount
    FROM (
        SELECT part.due_on, part.open_amount, asked.day
        FROM (SELECT %s::date AS day) asked
        JOIN credit_openbyduedate part ON part.account_id = account.id AND part.open_amount > 0
                                      AND part.due_on < asked.day
        ORDER BY part.due_on LIMIT 1
    ) oldest
) late ON true"""
SEE = f"""
SELECT account.id, account.xmin = before.xmin, account.limit, account.regular_limit, account.temporary_until,
       account.term_days, account.settlement, account.instruments::text, account.status, account.next_review_on,
       account.counts_unallocated, account.reserved, account.receivable, account.unallocated, account.uncleared,
       account.prepaid, (SELECT state FROM customers_customer WHERE id = account.customer_id),
       late.due_on, late.open_amount,
       (SELECT amount FROM credit_reservation WHERE source_kind = %s::varchar AND source_id = %s::bigint
        AND amount > consumed + cancelled),
       (SELECT id || ',' || array_to_string(codes, ',') FROM credit_lift
        WHERE source_kind = %s::varchar AND source_id = %s::bigint AND account_id = account.id
        AND amount >= %s::numeric AND "on" <= %s::date AND until >= %s::date AND ended_on IS NULL
        ORDER BY id DESC LIMIT 1),
       concat_ws(',', {POLICY}), account.groups, {{group}}
FROM credit_creditaccount account
JOIN credit_creditaccount before ON before.id = account.id
JOIN credit_creditcheckpolicy policy ON policy.state = 'active'
{LATE}
{{joined}}
WHERE account.customer_id = %s::bigint
"""
# How far a look goes: an account under no group limit, any account without its groups, any account with the one of
# its groups that has the least headroom.
ALONE, ANY, GROUPED = "alone", "any", "grouped"
NO_GROUP = "NULL::bigint, NULL::numeric, NULL::numeric"
GROUP = f"""
LEFT JOIN LATERAL (
    SELECT head.account_id, head."limit", sum({MEMBER_EXPOSURE}) AS exposure
    FROM unnest(account.groups) AS part (head_id)
    JOIN credit_groupaccount head ON head.account_id = part.head_id
    JOIN credit_creditaccount member ON member.groups @> ARRAY[part.head_id]
    GROUP BY head.account_id, head."limit"
    ORDER BY head."limit" - sum({MEMBER_EXPOSURE}), head.account_id LIMIT 1
) AS tightest ON true
"""
LOCK = "FOR NO KEY UPDATE OF account"
GIVEN = """
WITH given AS (
    SELECT %s::bigint AS account_id, %s::varchar AS source_kind, %s::bigint AS source_id, %s::date AS day,
           %s::numeric AS amount, %s::bigint AS actor_id
), checked AS (
    INSERT INTO credit_creditcheck (
        account_id, source_kind, source_id, "on", amount, created_by_id, recorded_at, payment, decision, reasons,
        policy_version, lift_id, "limit", reserved, receivable, unallocated, uncleared, prepaid, exposure,
        oldest_due_on, oldest_amount, status, term_days, settlement, next_review_on, customer_state, asked_settlement,
        asked_term_days, group_id, group_limit, group_exposure, instruments, asked_instruments)
    SELECT account_id, source_kind, source_id, day, amount, actor_id, clock_timestamp(), %s::varchar, %s::varchar,
           %s::jsonb, %s::smallint, %s::bigint, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric,
           %s::numeric, %s::numeric, %s::date, %s::numeric, %s::varchar, %s::smallint, %s::varchar, %s::date,
           %s::varchar, %s::varchar, %s::smallint, %s::bigint, %s::numeric, %s::numeric, %s::varchar[], %s::varchar[]
    FROM given RETURNING id
)"""
RELEASE = """, reservation AS (
    INSERT INTO credit_reservation (
        account_id, source_kind, source_id, balance, "on", amount, consumed, cancelled, recorded_at)
    SELECT account_id, source_kind, source_id, '{balance}', day, amount, 0, 0, clock_timestamp() FROM given
), entry AS (
    INSERT INTO credit_creditentry (account_id, balance, verb, "on", due_on, currency, amount, base_amount,
                                    source_kind, source_id, created_by_id, recorded_at)
    SELECT account_id, '{balance}', 'reserve', day, NULL, %s::varchar, amount, amount, source_kind, source_id, actor_id,
           clock_timestamp() FROM given
), account AS (
    UPDATE credit_creditaccount SET {balance} = credit_creditaccount.{balance} + given.amount
    FROM given WHERE credit_creditaccount.id = given.account_id
)"""
END_HOLD = """, hold AS (
    DELETE FROM credit_hold USING given
    WHERE credit_hold.source_kind = given.source_kind AND credit_hold.source_id = given.source_id
)"""
BEGIN_HOLD = """, hold AS (
    INSERT INTO credit_hold (account_id, source_kind, source_id, last_check_id, since)
    SELECT account_id, source_kind, source_id, checked.id, day FROM given, checked
    ON CONFLICT (source_kind, source_id)
    DO UPDATE SET last_check_id = excluded.last_check_id, account_id = excluded.account_id
)"""
ANSWER = " SELECT id FROM checked"
WRITE = {
    (rules.RELEASED, rules.CREDIT): GIVEN + RELEASE.format(balance=Balance.RESERVED.value) + END_HOLD + ANSWER,
    (rules.RELEASED, rules.PREPAID): GIVEN + RELEASE.format(balance=Balance.PREPAID.value) + END_HOLD + ANSWER,
    (rules.HELD, rules.CREDIT): GIVEN + BEGIN_HOLD + ANSWER,
    (rules.HELD, rules.PREPAID): GIVEN + BEGIN_HOLD + ANSWER,
}


@dataclass(frozen=True)
class CheckResult:
    """What a check decided and why. `check_id` None: only looked at, nothing was written."""

    decision: str  # released, held
    reasons: tuple[Finding, ...]
    check_id: int | None = None
    figures: Figures | None = None  # what was seen, where it was only looked at
    policy_version: int | None = None

    @property
    def is_released(self) -> bool:
        return self.decision == rules.RELEASED


@dataclass(frozen=True)
class Seen:
    """An account as a check sees it. `reserved` is what the document itself holds already."""

    account_id: int
    is_fresh: bool
    figures: Figures
    reserved: Decimal | None
    lift_id: int | None
    lifted: tuple[str, ...]
    policy: Policy
    groups: list[int] | None  # the group accounts it stands under, root first


def check_and_reserve(
    *,
    customer_id: int,
    source_kind: str,
    source_id: int,
    amount: Decimal,
    on: dt.date,
    actor_id: int | None = None,
    payment: str = rules.CREDIT,
    settlement: str = "",
    term_days: int | None = None,
    instruments: Sequence[str] = (),
) -> CheckResult:
    """Decide about a document such as an order, and reserve its amount (base currency) when it is released.

    On credit headroom is reserved, in advance money that was received.

    `settlement`, `term_days` and `instruments` are those the document agreed, where it has its own. Checked again while
    it is reserved with the same amount, the first answer stands. Raises AmountNotPositive, AlreadyReserved (with
    another amount), NoCheckPolicy, Busy. Within a transaction of the caller, what it raises ends that one too.
    """
    order = order_of(
        amount=amount,
        on=on,
        payment=payment,
        settlement=settlement,
        term_days=term_days,
        instruments=instruments,
    )
    with atomic_or_busy(savepoint=False):
        seen = _lock(customer_id, source_kind, source_id, order)
        if seen.reserved is not None:
            return _answered(seen, source_kind, source_id, amount)
        decision, reasons = rules.check(seen.figures, order, seen.policy, lifted=seen.lifted)
        check_id = _write(seen, source_kind, source_id, order, decision, reasons, actor_id)
    return CheckResult(decision, reasons, check_id)


def preview_check(
    *,
    customer_id: int,
    source_kind: str = "",
    source_id: int = 0,
    amount: Decimal,
    on: dt.date,
    payment: str = rules.CREDIT,
    settlement: str = "",
    term_days: int | None = None,
    instruments: Sequence[str] = (),
) -> CheckResult:
    """What a check would say now, without a lock and without a trace: for drafts and for looking whether to re-check.

    A customer without an account is looked at as with a new one. Raises AmountNotPositive, NoCheckPolicy.
    """
    order = order_of(
        amount=amount,
        on=on,
        payment=payment,
        settlement=settlement,
        term_days=term_days,
        instruments=instruments,
    )
    seen = _see(customer_id, source_kind, source_id, order, "", GROUPED)
    if seen is None:
        return CheckResult(*rules.check(without_account(customer_id), order, active_policy().for_rules))
    if seen.reserved is not None:
        return CheckResult(rules.RELEASED, ())
    decision, reasons = rules.check(seen.figures, order, seen.policy, lifted=seen.lifted)
    return CheckResult(decision, reasons, figures=seen.figures, policy_version=seen.policy.version)


def active_policy() -> CreditCheckPolicy:
    """The check policy in force. Raises NoCheckPolicy."""
    found: CreditCheckPolicy | None = CreditCheckPolicy.objects.filter(state=PolicyState.ACTIVE).first()
    if found is None:
        raise NoCheckPolicy
    return found


def without_account(customer_id: int) -> Figures:
    """What a check sees of a customer whose account is not made yet; who stands under a group limit has one."""
    new = CreditAccount()
    return Figures(
        customer_state=Customer.objects.values_list("state", flat=True).get(pk=customer_id),
        status=new.status,
        limit=new.limit,
        term_days=new.term_days,
        settlement=new.settlement,
        instruments=tuple(new.instruments),
        counts_unallocated=new.counts_unallocated,
    )


def drop_hold(*, source_kind: str, source_id: int) -> None:
    """A held document is given up: nobody waits for its release any more. Its checks stay."""
    Hold.objects.filter(source_kind=source_kind, source_id=source_id).delete()


def order_of(
    *,
    amount: Decimal,
    on: dt.date,
    payment: str,
    settlement: str,
    term_days: int | None,
    instruments: Sequence[str],
) -> Order:
    if amount <= 0:
        raise AmountNotPositive(amount=amount)
    if payment not in (rules.CREDIT, rules.PREPAID):
        raise ValueError(f"{payment} is no way to pay for an order")
    return Order(amount, on, payment, settlement, term_days, tuple(instruments))


def _lock(customer_id: int, source_kind: str, source_id: int, order: Order) -> Seen:
    """The account, locked, with figures of after the lock.

    An order on credit of an account under group limits waits for those first, root first, so that the figures of its
    groups stand as well. An order paid in advance has nothing to do with them.
    """
    reach, groups = (ANY if order.payment == rules.PREPAID else ALONE), None
    seen = _see(customer_id, source_kind, source_id, order, LOCK, reach)
    if seen is None:
        if reach == ALONE:
            reach, groups = GROUPED, lock_groups_above(customer_id=customer_id) or None
        if groups is None:
            lock_account(customer_id=customer_id)
        seen = _see(customer_id, source_kind, source_id, order, LOCK, reach)
    if seen is not None and not seen.is_fresh:
        seen = _see(customer_id, source_kind, source_id, order, LOCK, reach)
    if seen is None:
        raise NoCheckPolicy
    if reach == GROUPED and seen.groups != groups:
        raise Busy  # it came under another group while this waited
    return seen


def _see(customer_id: int, source_kind: str, source_id: int, order: Order, lock: str, reach: str) -> Seen | None:
    on = order.on
    params = [source_kind, source_id, source_kind, source_id, order.amount, on, on, on, customer_id]
    with connection.cursor() as cursor:
        execute(cursor, _see_sql(lock, reach), params)
        row = cursor.fetchone()
    return seen_of_row(row, on) if row else None


@cache
def _see_sql(lock: str, reach: str) -> str:
    if reach == GROUPED:
        return SEE.format(group='tightest.account_id, tightest."limit", tightest.exposure', joined=GROUP) + lock
    alone = "AND account.groups IS NULL\n" if reach == ALONE else ""
    return SEE.format(group=NO_GROUP, joined="") + alone + lock


def seen_of_row(row: Sequence[Any], on: dt.date) -> Seen:
    (
        account_id, is_fresh, limit, regular_limit, temporary_until, term_days, settlement, instruments, status,
        next_review_on, counts_unallocated, reserved, receivable, unallocated, uncleared, prepaid, state, due_on,
        open_amount, own, lift, policy, groups, group_head, group_limit, group_exposure,
    ) = row  # fmt: skip
    terms = request_rules.Terms(limit, term_days, settlement, status, regular_limit, temporary_until)
    figures = Figures(
        customer_state=state,
        status=status,
        limit=request_rules.limit_on(terms, on),
        term_days=term_days,
        settlement=settlement,
        instruments=codes_of(instruments),
        next_review_on=next_review_on,
        reserved=reserved,
        receivable=receivable,
        unallocated=unallocated,
        uncleared=uncleared,
        prepaid=prepaid,
        counts_unallocated=counts_unallocated,
        oldest_due_on=due_on,
        oldest_amount=open_amount,
        group_head=group_head,
        group_limit=group_limit,
        group_exposure=group_exposure,
    )
    lift_id, *lifted = (lift or "").split(",")
    return Seen(
        account_id,
        is_fresh,
        figures,
        own,
        int(lift_id) if lift_id else None,
        tuple(lifted),
        policy_of(policy),
        groups,
    )


@lru_cache(maxsize=64)
def codes_of(text: str) -> tuple[str, ...]:
    """The codes of an array as PostgreSQL writes it; codes need no quotation marks."""
    return tuple(text[1:-1].split(","))


def as_array(codes: Sequence[str]) -> str:
    return f"{{{','.join(codes)}}}"


@lru_cache(maxsize=8)
def policy_of(text: str) -> Policy:
    version, overdue_days, overdue_tolerance, limit_tolerance, *strengths = text.split(",")
    return Policy(
        version=int(version),
        strengths=dict(zip(rules.RULES, strengths, strict=True)),
        overdue_days=int(overdue_days),
        overdue_tolerance=Decimal(overdue_tolerance),
        limit_tolerance=Decimal(limit_tolerance),
    )


def _answered(seen: Seen, source_kind: str, source_id: int, amount: Decimal) -> CheckResult:
    """The answer that released the document whose reservation stands."""
    if seen.reserved != amount:
        raise AlreadyReserved(source_kind=source_kind, source_id=source_id)
    released = CreditCheck.objects.filter(source_kind=source_kind, source_id=source_id, decision=rules.RELEASED).first()
    if released is None:
        return CheckResult(rules.RELEASED, ())
    return CheckResult(rules.RELEASED, tuple(released.findings), released.pk)


def _write(
    seen: Seen,
    source_kind: str,
    source_id: int,
    order: Order,
    decision: str,
    reasons: Sequence[Finding],
    actor_id: int | None,
) -> int:
    figures = seen.figures
    used = seen.lift_id if any(finding.severity == rules.LIFTED for finding in reasons) else None
    params = [
        seen.account_id, source_kind, source_id, order.on, order.amount, actor_id,
        order.payment, decision, json.dumps([finding.as_json() for finding in reasons]), seen.policy.version, used,
        figures.limit, figures.reserved, figures.receivable, figures.unallocated, figures.uncleared, figures.prepaid,
        figures.exposure, figures.oldest_due_on, figures.oldest_amount, figures.status, figures.term_days,
        figures.settlement, figures.next_review_on, figures.customer_state, order.settlement, order.term_days,
        figures.group_head, figures.group_limit, figures.group_exposure, as_array(figures.instruments),
        as_array(order.instruments),
    ]  # fmt: skip
    if decision == rules.RELEASED:
        params.append(base_currency())
    with connection.cursor() as cursor:
        execute(cursor, WRITE[decision, order.payment], params)
        check_id: int = cursor.fetchone()[0]
    return check_id
