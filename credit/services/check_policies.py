"""Versions of the credit check policy: seeded, drafted as a copy, put into force by another than the author."""

from typing import Any

import pghistory
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from credit.check_errors import CheckPolicyNotDraft, CheckPolicyOwnDraft
from credit.check_models import PolicyState
from credit.models import CreditCheckPolicy
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy


def seed_check_policy(**kwargs: Any) -> None:
    """Bring the policy an installation begins with, where there is none; runs after every migrate."""
    with transaction.atomic():
        if not CreditCheckPolicy.objects.exists():
            CreditCheckPolicy.objects.create(
                version=1,
                name_zh="信用检查政策",
                name_en="Credit check policy",
                state=PolicyState.ACTIVE,
                activated_at=timezone.now(),
            )


def new_check_policy(*, actor: Any, policy_id: int) -> CreditCheckPolicy:
    """A draft that begins as a copy of a version; the one in force stays until the draft takes its place.

    Raises NotAllowed.
    """
    if not actor.has_perm("credit.add_creditcheckpolicy"):
        raise NotAllowed
    with atomic_or_busy():
        versions = list(CreditCheckPolicy.objects.select_for_update().order_by("pk"))
        draft = next(policy for policy in versions if policy.pk == policy_id)
        draft.pk, draft.state, draft.version = None, PolicyState.DRAFT, next_version()
        draft.author_ids, draft.activated_by, draft.activated_at = [actor.pk], None, None
        draft.save(force_insert=True)
    return draft


def take_authorship(*, actor: Any, policy_id: int) -> list[int]:
    """Whoever changes a draft is one of its authors. Raises NotAllowed, CheckPolicyNotDraft."""
    if not actor.has_perm("credit.change_creditcheckpolicy"):
        raise NotAllowed
    with atomic_or_busy():
        draft = CreditCheckPolicy.objects.select_for_update().get(pk=policy_id)
        if draft.state != PolicyState.DRAFT:
            raise CheckPolicyNotDraft
        draft.author_ids = sorted({*draft.author_ids, actor.pk})
        draft.save(update_fields=["author_ids"])
    return draft.author_ids


def next_version() -> int:
    last: int | None = CreditCheckPolicy.objects.aggregate(last=Max("version"))["last"]
    return (last or 0) + 1


def activate_check_policy(*, actor: Any, policy_id: int) -> CreditCheckPolicy:
    """Put a draft into force; the version before it retires, and what was checked keeps its own.

    Raises NotAllowed, CheckPolicyNotDraft, CheckPolicyOwnDraft.
    """
    if not actor.has_perm("credit.activate_check_policy"):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk, reason="check_policy_activated"):
        living = list(CreditCheckPolicy.objects.select_for_update().exclude(state=PolicyState.RETIRED).order_by("pk"))
        draft = next((policy for policy in living if policy.pk == policy_id), None)
        if draft is None or draft.state != PolicyState.DRAFT:
            raise CheckPolicyNotDraft
        if actor.pk in draft.author_ids:
            raise CheckPolicyOwnDraft
        for policy in living:
            if policy.state == PolicyState.ACTIVE:
                policy.state = PolicyState.RETIRED
                policy.save(update_fields=["state"])
        draft.state, draft.activated_by, draft.activated_at = PolicyState.ACTIVE, actor, timezone.now()
        draft.save(update_fields=["state", "activated_by", "activated_at"])
    return draft
