"""Versions of collection policies: drafted, put into force by another person, retired by the next version."""

from typing import Any

from django.utils import timezone

from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState, copy_rows, next_version
from receivables.collection_errors import (
    ConditionsUnusable,
    PolicyNeeded,
    PolicyNotDraft,
    PolicyOwnDraft,
    PolicyScopeTaken,
    PolicyWithoutSteps,
)
from receivables.collection_matching import MATCHED_BY
from receivables.models import CollectionPolicy, PolicyStep
from receivables.services.access import actor_id_of, require


def clean_conditions(conditions: Any) -> dict[str, list[str]]:
    """Conditions in one order, so that equal ones are equal in the database; raises ConditionsUnusable."""
    known = ", ".join(MATCHED_BY)
    if not isinstance(conditions, dict) or set(conditions) - set(MATCHED_BY):
        raise ConditionsUnusable(known=known)
    for values in conditions.values():
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise ConditionsUnusable(known=known)
    return {name: sorted(set(conditions[name])) for name in sorted(conditions)}


def new_version(*, actor: Any, policy_id: int) -> CollectionPolicy:
    """A draft that begins as a copy of a policy; the one in force stays until the draft takes its place."""
    require(actor, "receivables.add_collectionpolicy")
    with atomic_or_busy():
        draft = CollectionPolicy.objects.select_for_update().get(pk=policy_id)
        draft.pk, draft.state = None, PolicyState.DRAFT
        draft.version = next_version(CollectionPolicy.objects.filter(code=draft.code))
        draft.created_by_id, draft.activated_by_id, draft.activated_at = actor_id_of(actor), None, None
        draft.save(force_insert=True)
        copy_rows(PolicyStep.objects.filter(policy=policy_id), policy=draft)
    return draft


def activate_policy(*, actor: Any, policy_id: int) -> CollectionPolicy:
    """Put a draft into force, by another than who wrote it; the version before it retires. Steps taken stay."""
    require(actor, "receivables.activate_policy")
    with atomic_or_busy():
        policies = {
            policy.pk: policy
            for policy in CollectionPolicy.objects.select_for_update().exclude(state=PolicyState.RETIRED).order_by("pk")
        }
        draft = policies.get(policy_id)
        if draft is None or draft.state != PolicyState.DRAFT:
            raise PolicyNotDraft
        if actor is not None and draft.created_by_id == actor.pk:
            raise PolicyOwnDraft
        if not draft.steps.filter(days__gt=0).exists():
            raise PolicyWithoutSteps
        draft.conditions = clean_conditions(draft.conditions)
        others = [policy for policy in policies.values() if policy.state == PolicyState.ACTIVE]
        for other in others:
            if other.code != draft.code and other.conditions == draft.conditions:
                raise PolicyScopeTaken(policy=other.name)
        before = [other for other in others if other.code == draft.code]
        _everybody_has_one([draft, *(other for other in others if other not in before)])
        for other in before:
            other.state = PolicyState.RETIRED
            other.save(update_fields=["state"])
        draft.state, draft.activated_by_id, draft.activated_at = PolicyState.ACTIVE, actor_id_of(actor), timezone.now()
        draft.save(update_fields=["state", "activated_by", "activated_at", "conditions"])
    return draft


def retire_policy(*, actor: Any, policy_id: int) -> CollectionPolicy:
    """Take a policy out of force; one that is for everybody must remain. Raises PolicyNeeded."""
    require(actor, "receivables.activate_policy")
    with atomic_or_busy():
        active = list(CollectionPolicy.objects.select_for_update().filter(state=PolicyState.ACTIVE).order_by("pk"))
        policy = next((item for item in active if item.pk == policy_id), None)
        if policy is None:
            raise PolicyNotDraft
        _everybody_has_one([item for item in active if item is not policy])
        policy.state = PolicyState.RETIRED
        policy.save(update_fields=["state"])
    return policy


def _everybody_has_one(policies: list[CollectionPolicy]) -> None:
    if not any(not policy.conditions for policy in policies):
        raise PolicyNeeded
