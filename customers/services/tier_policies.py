"""Versions of the policy on tiers: drafted, put into force by another than their authors, followed by the next."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.core import versions
from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState
from customers.errors import TierPolicyIncomplete
from customers.models import TierPolicy, TierRule
from customers.tier_rules import LOWEST, TIERS, in_order

# (first percent of the contribution, purchase days, days since the last, worst grade, visit in days, answer in hours)
DEFAULTS: dict[str, tuple[int | None, int | None, int | None, str, int | None, int]] = {
    "vip": (40, 12, 90, "BBB", 14, 4),
    "major": (70, 6, 180, "B", 30, 8),
    "ordinary": (95, 2, 365, "", 90, 24),
    "small": (None, None, None, "", None, 48),
}


def tier_policy_in_force() -> TierPolicy | None:
    """The policy on tiers that counts now, with its rules, the best tier first."""
    return TierPolicy.objects.filter(state=PolicyState.ACTIVE).prefetch_related("rules").first()


def new_tier_policy(*, actor: Any, policy_id: int) -> TierPolicy:
    """A draft that begins as a copy of a version. Raises NotAllowed."""
    with atomic_or_busy():
        draft = versions.draft_from(
            versions=TierPolicy.objects.all(), key=policy_id, actor=actor, permission="customers.add_tierpolicy"
        )
        versions.copy_rows(TierRule.objects.filter(policy=policy_id), policy=draft)
    return draft


def activate_tier_policy(*, actor: Any, policy_id: int) -> TierPolicy:
    """Put a draft into force; the next night judges every customer afresh by it.

    Raises NotAllowed, VersionNotDraft, OwnVersion, TierPolicyIncomplete.
    """
    return versions.put_into_force(
        versions=TierPolicy.objects.all(),
        key=policy_id,
        actor=actor,
        permission="customers.activate_tierpolicy",
        check=check_tier_policy,
    )


def check_tier_policy(draft: TierPolicy) -> None:
    """Each tier once, and a better one asks for no less. Raises TierPolicyIncomplete."""
    rules = list(draft.rules.order_by("rank"))
    demands = [rule.demand for rule in rules[:LOWEST]]
    known = [demand for demand in demands if demand is not None]
    if [rule.tier for rule in rules] != list(TIERS) or len(known) != LOWEST or not in_order(known):
        raise TierPolicyIncomplete


def seed_tier_policy(**kwargs: Any) -> None:
    """The policy an installation begins with, in force; runs after every migrate."""
    with transaction.atomic():
        if TierPolicy.objects.exists():
            return
        policy = TierPolicy.objects.create(
            version=1,
            name_zh="客户层级政策",
            name_en="Customer tiers",
            state=PolicyState.ACTIVE,
            activated_at=timezone.now(),
        )
        TierRule.objects.bulk_create(
            TierRule(
                policy=policy,
                tier=tier,
                rank=TIERS.index(tier),
                top_percent=None if top is None else Decimal(top),
                days_bought=bought,
                days_silent=silent,
                worst_grade=grade,
                visit_days=visit,
                response_hours=hours,
            )
            for tier, (top, bought, silent, grade, visit, hours) in DEFAULTS.items()
        )
