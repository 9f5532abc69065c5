"""Holds looked at again: when a receipt, a higher limit, a lift or another status may let a held document go.

Nothing is told by those who post receipts, so that posting one is not slower by it: a chore compares the accounts of
what is held with the figures its last check saw, every few seconds. So it does with the figures of a group, where a
group limit counts: what a sister company paid may let an order go.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from credit.models import CreditCheck, Hold
from credit.rules.checks import PREPAID
from credit.selectors.groups import MEMBER_EXPOSURE
from credit.services.checks import LATE, CheckResult, check_and_reserve, drop_hold, preview_check
from credit.services.entries import lock_account
from credit.services.groups import lock_for_check
from crm.core.dates import business_today
from crm.core.errors import Busy
from crm.core.locks import atomic_or_busy
from crm.core.registry import ReservationSource, Waiting, registry

log = logging.getLogger(__name__)

# Customers with a hold whose account is not what its last check saw, or for whom a lift came that would pass one of the
# rules that hold it; with the root of their groups where the group is not what was seen. A check of an earlier day says
# other days overdue: each hold is checked anew once a day.
CHANGED = f"""
SELECT account.customer_id, max(account.groups[1]) FILTER (WHERE of_group.changed)
FROM credit_hold hold
JOIN credit_creditcheck seen ON seen.id = hold.last_check_id
JOIN credit_creditaccount account ON account.id = hold.account_id
JOIN customers_customer customer ON customer.id = account.customer_id
JOIN credit_creditcheckpolicy policy ON policy.state = 'active'
{LATE}
CROSS JOIN LATERAL (
    SELECT seen.group_id IS NOT NULL AND (
        NOT seen.group_id = ANY(coalesce(account.groups, '{{}}')) OR NOT EXISTS (
            SELECT FROM credit_groupaccount head
            JOIN credit_creditaccount member ON member.groups @> ARRAY[head.account_id]
            WHERE head.account_id = seen.group_id GROUP BY head."limit"
            HAVING head."limit" = seen.group_limit AND sum({MEMBER_EXPOSURE}) = seen.group_exposure
        )
    ) AS changed
) of_group
WHERE of_group.changed
   OR (account.reserved, account.receivable, account.unallocated, account.uncleared, account.prepaid, account.status,
       account.settlement, account.instruments, account.term_days, customer.state, policy.version)
      IS DISTINCT FROM
      (seen.reserved, seen.receivable, seen.unallocated, seen.uncleared, seen.prepaid, seen.status, seen.settlement,
       seen.instruments, seen.term_days, seen.customer_state, seen.policy_version)
   OR (CASE WHEN account.temporary_until < %s THEN account.regular_limit ELSE account."limit" END)
      IS DISTINCT FROM seen."limit"
   OR account.next_review_on IS DISTINCT FROM seen.next_review_on
   OR (late.due_on, late.open_amount) IS DISTINCT FROM (seen.oldest_due_on, seen.oldest_amount)
   OR seen."on" < %s
   OR (SELECT lift.codes FROM credit_lift lift
       WHERE lift.source_kind = hold.source_kind AND lift.source_id = hold.source_id AND lift.account_id = account.id
       AND lift.amount >= seen.amount AND lift."on" <= %s AND lift.until >= %s AND lift.ended_on IS NULL
       ORDER BY lift.id DESC LIMIT 1)
      && ARRAY(SELECT (reason->>'code')::varchar FROM jsonb_array_elements(seen.reasons) reason
               WHERE reason->>'severity' = 'hold')
GROUP BY account.customer_id
ORDER BY account.customer_id
"""

# What a check sees and keeps under the same name.
SAME = (
    "limit", "reserved", "receivable", "unallocated", "uncleared", "prepaid", "exposure", "oldest_due_on",
    "oldest_amount", "status", "term_days", "settlement", "next_review_on", "customer_state",
)  # fmt: skip


def recheck_holds(*, customer_id: int, on: dt.date) -> int:
    """Look again at everything held for a customer, the oldest first; answers how many were released.

    A larger document that stays held does not keep back a smaller one that came after it. A hold is checked anew, and
    leaves a check behind, where the answer, a reason or a figure would be another one: what is shown of it is how it
    stands. Each in a transaction of its own with what its app does about it. Raises Busy.
    """
    return _recheck_held([customer_id], on)


def _recheck_held(customer_ids: Sequence[int], on: dt.date) -> int:
    """Those of one customer in the order its app gives them; those of several in the order in which they were held."""
    released = 0
    for source in registry.reservation_sources.values():
        held = dict(
            Hold.objects.filter(account__customer__in=customer_ids, source_kind=source.key).values_list(
                "source_id", "pk"
            )
        )
        waiting = [
            (customer_id, document)
            for customer_id in customer_ids
            for document in source.waiting(customer_id)
            if document.source_id in held
        ]
        for source_id in set(held).difference(document.source_id for _customer, document in waiting):
            drop_hold(source_kind=source.key, source_id=source_id)
        if len(customer_ids) > 1:
            waiting.sort(key=lambda each: held[each[1].source_id])
        released += sum(_recheck(customer_id, source, document, on) for customer_id, document in waiting)
    return released


def _recheck(customer_id: int, source: ReservationSource, document: Waiting, on: dt.date) -> bool:
    holds = Hold.objects.filter(source_kind=source.key, source_id=document.source_id).select_related("last_check")
    check_fields: dict[str, Any] = {
        "customer_id": customer_id,
        "source_kind": source.key,
        "source_id": document.source_id,
        "amount": document.amount,
        "on": on,
        "payment": document.payment,
        "settlement": document.settlement,
        "term_days": document.term_days,
        "instruments": document.instruments,
    }
    hold = holds.first()
    if hold is None or _says_the_same(preview_check(**check_fields), hold.last_check, document, on):
        return False  # nobody waits for a lock where nothing changes
    with atomic_or_busy():
        if document.payment == PREPAID:
            lock_account(customer_id=customer_id)
        else:
            lock_for_check(customer_id=customer_id)
        if not holds.exists():
            return False  # somebody else was here meanwhile
        result = check_and_reserve(**check_fields)
        tell = source.on_released if result.is_released else source.on_held
        tell(document.source_id, result, on)
    return result.is_released


def _says_the_same(looked: CheckResult, check: CreditCheck, document: Waiting, on: dt.date) -> bool:
    """Whether it stays held, and all its last check saw and said of it would be seen and said again."""
    figures = looked.figures
    if looked.is_released or figures is None:
        return False
    if (check.on, check.amount, check.policy_version) != (on, document.amount, looked.policy_version):
        return False
    if [finding.as_json() for finding in looked.reasons] != check.reasons:
        return False
    group = (figures.group_head, figures.group_limit, figures.group_exposure)
    if document.payment != PREPAID and group != (check.group_id, check.group_limit, check.group_exposure):
        return False
    return list(figures.instruments) == check.instruments and all(
        getattr(figures, name) == getattr(check, name) for name in SAME
    )


def changed_customers(on: dt.date) -> list[tuple[int, int | None]]:
    """The customers to look at, with the root of their groups where it is the group that changed."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, [on] * 5)
        found: list[tuple[int, int | None]] = cursor.fetchall()
    return found


def recheck_changed() -> int:
    """Look again at the holds of every customer whose account is not what was seen. May be called at any time.

    Those of a group whose figures moved are looked at together. A customer or group somebody else works on is left for
    the next time; one whose documents fail does not keep back the others.
    """
    today, released = business_today(), 0
    together: dict[tuple[str, int], list[int]] = {}
    for customer_id, root in changed_customers(today):
        together.setdefault(("customer", customer_id) if root is None else ("group", root), []).append(customer_id)
    for customers in together.values():
        try:
            released += _recheck_held(customers, today)
        except Busy:
            continue
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception:
            log.exception("holds of customers %s could not be looked at", customers)
    return released
