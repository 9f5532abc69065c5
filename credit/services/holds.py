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

from credit.check_rules import PREPAID
from credit.group_selectors import MEMBER_EXPOSURE
from credit.models import Hold
from credit.services.checks import CheckResult, check_and_reserve, drop_hold, preview_check
from credit.services.entries import lock_account
from credit.services.groups import lock_for_check
from crm.core.dates import business_today
from crm.core.errors import Busy
from crm.core.locks import atomic_or_busy
from crm.core.registry import ReservationSource, Waiting, registry

log = logging.getLogger(__name__)

# Customers with a hold whose account is not what its last check saw, or for whom a lift came since; with the root of
# their groups where the group is not what was seen.
CHANGED = f"""
SELECT account.customer_id, max(account.groups[1]) FILTER (WHERE of_group.changed)
FROM credit_hold hold
JOIN credit_creditcheck seen ON seen.id = hold.last_check_id
JOIN credit_creditaccount account ON account.id = hold.account_id
JOIN customers_customer customer ON customer.id = account.customer_id
JOIN credit_creditcheckpolicy policy ON policy.state = 'active'
LEFT JOIN LATERAL (
    SELECT due_on, open_amount FROM credit_openbyduedate
    WHERE account_id = account.id AND open_amount > 0 AND open_amount > policy.overdue_tolerance AND due_on < %s
    ORDER BY due_on LIMIT 1
) late ON true
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
   OR late.due_on IS DISTINCT FROM seen.oldest_due_on
   OR EXISTS (SELECT FROM credit_lift lift WHERE lift.source_kind = hold.source_kind
              AND lift.source_id = hold.source_id AND lift.id > coalesce(seen.lift_id, 0) AND lift.until >= %s)
GROUP BY account.customer_id
ORDER BY account.customer_id
"""


def recheck_holds(*, customer_id: int, on: dt.date) -> int:
    """Look again at everything held for a customer, the oldest first; answers how many were released.

    A larger document that stays held does not keep back a smaller one that came after it. A hold is checked anew, and
    leaves a check behind, where the answer or one of its reasons would be another one. Each in a transaction of its own
    with what its app does about it. Raises Busy.
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
    asked: dict[str, Any] = {
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
    if hold is None or _says_the_same(preview_check(**asked), hold):
        return False  # nobody waits for a lock where nothing changes
    with atomic_or_busy():
        if document.payment == PREPAID:
            lock_account(customer_id=customer_id)
        else:
            lock_for_check(customer_id=customer_id)
        if not holds.exists():
            return False  # somebody else was here meanwhile
        result = check_and_reserve(**asked)
        tell = source.on_released if result.is_released else source.on_held
        tell(document.source_id, result, on)
    return result.is_released


def _says_the_same(looked: CheckResult, hold: Hold) -> bool:
    """Whether it stays held for the same reasons; their figures may move."""
    before = {(finding.code, finding.severity) for finding in hold.last_check.findings}
    return not looked.is_released and before == {(finding.code, finding.severity) for finding in looked.reasons}


def recheck_changed() -> int:
    """Look again at the holds of every customer whose account is not what was seen. May be called at any time.

    Those of a group whose figures moved are looked at together. A customer or group somebody else works on is left for
    the next time; one whose documents fail does not keep back the others.
    """
    today, released = business_today(), 0
    together: dict[tuple[str, int], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, [today, today, today])
        for customer_id, root in cursor.fetchall():
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
