"""The tier of a customer: written by the night for many, by a person for one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.core.locks import atomic_or_busy
from customers.errors import TierEndPast, TierUnknown
from customers.models import Customer, CustomerTier, TierChange, TierSource
from customers.services.access import actor_id, check, given_reason, locked_customer
from customers.services.events import EventRow, record_event, record_events
from customers.tier_rules import TIERS

BATCH = 5_000
KEPT = ("tier", "rank", "since", "source", "until", "policy", "change")


@dataclass(frozen=True)
class JudgedTier:
    """What the night found for one customer; `seen_change` is the change it judged upon, None where there was none."""

    customer_id: int
    tier: str
    figures: dict[str, Any]
    seen_change: int | None


def set_tier(
    *, actor: Any, customer_id: int, tier: str, reason: str, today: dt.date, until: dt.date | None = None
) -> TierChange:
    """Set a customer's tier by hand, with the reason; the night leaves it alone through `until`, or for good.

    Raises NotAllowed, ReasonMissing, FieldTooLong, TierUnknown, TierEndPast.
    """
    check(actor, "customers.set_tier")
    reason = given_reason(reason)
    if tier not in TIERS:
        raise TierUnknown(tier=tier)
    if until is not None and until < today:
        raise TierEndPast(until=until)
    with atomic_or_busy():
        customer = locked_customer(actor=actor, customer_id=customer_id)
        before = CustomerTier.objects.filter(customer=customer).first()
        change = TierChange.objects.create(
            customer=customer,
            on=today,
            from_tier=before.tier if before else "",
            to_tier=tier,
            source=TierSource.BY_HAND,
            until=until,
            reason=reason,
            created_by_id=actor_id(actor),
        )
        keep([change])
        data = {"from": change.from_tier, "to": tier, "reason": reason, "until": str(until or "")}
        record_event(customer_id=customer.pk, kind="tier_changed", on=today, data=data, actor_id=actor_id(actor))
    return change


def write_judged_tiers(*, judged: Sequence[JudgedTier], policy_id: int, on: dt.date, first: int, last: int) -> int:
    """Write what the night found for the customers from `first` to `last`; answers how many tiers are new or changed.

    Whoever's tier a person set after the night had looked is left out. The caller holds the transaction.
    """
    ids = [row.customer_id for row in judged]
    list(Customer.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    now = {row.pk: row for row in CustomerTier.objects.filter(customer__in=ids)}
    changes = []
    for row in judged:
        before = now.get(row.customer_id)
        if (before.change_id if before else None) == row.seen_change:
            changes.append(
                TierChange(
                    customer_id=row.customer_id,
                    on=on,
                    from_tier=before.tier if before else "",
                    to_tier=row.tier,
                    source=TierSource.COMPUTED,
                    figures=row.figures,
                    policy_id=policy_id,
                )
            )
    keep(TierChange.objects.bulk_create(changes, batch_size=BATCH))
    # The first tier of all customers is no news to anybody.
    moved = [change for change in changes if change.from_tier not in ("", change.to_tier)]
    record_events(
        EventRow(change.customer_id, "tier_changed", on, {"from": change.from_tier, "to": change.to_tier})
        for change in moved
    )
    judged_before = CustomerTier.objects.filter(
        customer__gte=first, customer__lte=last, source=TierSource.COMPUTED
    ).exclude(policy=policy_id)
    judged_before.update(policy=policy_id)
    return sum(change.from_tier != change.to_tier for change in changes)


def keep(changes: Sequence[TierChange]) -> None:
    """Make the changes the tiers of their customers."""
    rows = [
        CustomerTier(
            customer_id=change.customer_id,
            tier=change.to_tier,
            rank=TIERS.index(change.to_tier),
            since=change.on,
            source=change.source,
            until=change.until,
            policy_id=change.policy_id,
            change=change,
        )
        for change in changes
    ]
    CustomerTier.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["customer"], update_fields=KEPT, batch_size=BATCH
    )
