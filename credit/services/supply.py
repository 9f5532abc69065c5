"""Supply stopped because a customer does not pay, and resumed when the cause is gone.

A stop never overwrites what a person decided: only normal and watched accounts are frozen, and only those that the
stop itself froze are given back the status they had.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import pghistory
from django.db.models import F

from credit.models import AccountStatus, CreditAccount
from credit.services.entries import lock_accounts
from crm.core.locks import atomic_or_busy
from customers.services.events import EventRow, record_events

STOPPABLE = (AccountStatus.NORMAL, AccountStatus.WATCH)


def stop_supply(*, reasons: Mapping[int, dict[str, Any]], on: dt.date, actor_id: int | None = None) -> frozenset[int]:
    """Freeze the accounts of these customers; answers those that were frozen by it.

    `reasons` are the figures by customer that the timeline tells ('code', 'days', 'amount', 'currency').
    """
    with atomic_or_busy(), pghistory.context(user=actor_id, reason="supply_stopped"):
        accounts = lock_accounts(customer_ids=reasons)
        stopped = [account for account in accounts.values() if account.status in STOPPABLE]
        CreditAccount.objects.filter(pk__in=[account.pk for account in stopped]).update(
            stopped_from=F("status"), status=AccountStatus.FROZEN
        )
        record_events(
            EventRow(account.customer_id, "supply_stopped", on, reasons[account.customer_id], actor_id)
            for account in stopped
        )
    return frozenset(account.customer_id for account in stopped)


def resume_supply(*, customer_ids: Collection[int], on: dt.date, actor_id: int | None = None) -> frozenset[int]:
    """Give accounts that a stop froze the status they had before; answers the customers supplied again."""
    wanted = CreditAccount.objects.filter(customer_id__in=customer_ids).exclude(stopped_from="")
    with atomic_or_busy(), pghistory.context(user=actor_id, reason="supply_resumed"):
        locked = list(wanted.select_for_update(no_key=True).order_by("pk"))
        CreditAccount.objects.filter(pk__in=[account.pk for account in locked]).update(
            status=F("stopped_from"), stopped_from=""
        )
        record_events(
            EventRow(account.customer_id, "supply_resumed", on, {"status": account.stopped_from}, actor_id)
            for account in locked
        )
    return frozenset(account.customer_id for account in locked)
