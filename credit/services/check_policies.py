"""Versions of the credit check policy: seeded, drafted as a copy, put into force by another than the author."""

from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone

from credit.models import CreditCheckPolicy
from crm.core import versions
from crm.core.errors import NotAllowed
from crm.core.versions import PolicyState


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
    return versions.draft_from(
        versions=CreditCheckPolicy.objects.all(),
        key=policy_id,
        actor=actor,
        permission="credit.add_creditcheckpolicy",
    )


def take_check_policy_authorship(*, actor: Any, policy_id: int) -> list[int]:
    """Whoever changes a draft is one of its authors. Raises NotAllowed, VersionNotDraft."""
    if not actor.has_perm("credit.change_creditcheckpolicy"):
        raise NotAllowed
    return versions.take_authorship(versions=CreditCheckPolicy.objects.all(), key=policy_id, actor=actor)


def activate_check_policy(*, actor: Any, policy_id: int) -> CreditCheckPolicy:
    """Put a draft into force; the version before it retires, and what was checked keeps its own.

    Raises NotAllowed, VersionNotDraft, OwnVersion.
    """
    with pghistory.context(user=actor.pk, reason="check_policy_activated"):
        return versions.put_into_force(
            versions=CreditCheckPolicy.objects.all(),
            key=policy_id,
            actor=actor,
            permission="credit.activate_check_policy",
        )
