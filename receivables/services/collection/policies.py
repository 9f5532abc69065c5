"""Versions of collection policies: drafted, put into force by another person, retired by the next version."""

from typing import Any

from crm.core import versions
from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState
from receivables.errors.collection import (
    ConditionsUnusable,
    PolicyNeeded,
    PolicyNotInForce,
    PolicyScopeTaken,
    PolicyWithoutSteps,
)
from receivables.models import CollectionPolicy, PolicyStep
from receivables.selectors.collection.conditions import MATCHED_BY
from receivables.services.access import require

ACTIVATE = "receivables.activate_policy"


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
    """A draft that begins as a copy of a policy; the one in force stays until the draft takes its place.

    Raises NotAllowed.
    """
    with atomic_or_busy():
        code = CollectionPolicy.objects.values_list("code", flat=True).get(pk=policy_id)
        draft = versions.draft_from(
            versions=CollectionPolicy.objects.filter(code=code),
            key=policy_id,
            actor=actor,
            permission="receivables.add_collectionpolicy",
        )
        versions.copy_rows(PolicyStep.objects.filter(policy=policy_id), policy=draft)
    return draft


def take_policy_authorship(*, actor: Any, policy_id: int) -> list[int]:
    """Whoever changes a draft or its steps is one of its authors; answers all. Raises NotAllowed, VersionNotDraft."""
    require(actor, "receivables.change_collectionpolicy")
    return versions.take_authorship(versions=CollectionPolicy.objects.all(), key=policy_id, actor=actor)


def activate_policy(*, actor: Any, policy_id: int) -> CollectionPolicy:
    """Put a draft into force, by another than who wrote in it; the version before it retires. Steps taken stay.

    Raises NotAllowed, VersionNotDraft, OwnVersion, PolicyWithoutSteps, PolicyScopeTaken, PolicyNeeded.
    """
    require(actor, ACTIVATE)
    with atomic_or_busy():
        living = CollectionPolicy.objects.exclude(state=PolicyState.RETIRED).select_for_update().order_by("pk")
        policies = {policy.pk: policy for policy in living}
        if policy_id not in policies:
            raise versions.VersionNotDraft
        code = policies[policy_id].code
        others = [policy for policy in policies.values() if policy.state == PolicyState.ACTIVE and policy.code != code]

        def check(draft: CollectionPolicy) -> None:
            if not draft.steps.filter(days__gt=0).exists():
                raise PolicyWithoutSteps
            draft.conditions = clean_conditions(draft.conditions)
            draft.save(update_fields=["conditions"])
            for other in others:
                if other.conditions == draft.conditions:
                    raise PolicyScopeTaken(policy=other.name)
            _everybody_has_one([draft, *others])

        return versions.put_into_force(
            versions=CollectionPolicy.objects.filter(code=code),
            key=policy_id,
            actor=actor,
            permission=ACTIVATE,
            check=check,
        )


def retire_policy(*, actor: Any, policy_id: int) -> CollectionPolicy:
    """Take a policy out of force; one that is for everybody must remain. Raises PolicyNotInForce, PolicyNeeded."""
    require(actor, ACTIVATE)
    with atomic_or_busy():
        active = list(CollectionPolicy.objects.select_for_update().filter(state=PolicyState.ACTIVE).order_by("pk"))
        policy = next((item for item in active if item.pk == policy_id), None)
        if policy is None:
            raise PolicyNotInForce
        _everybody_has_one([item for item in active if item is not policy])
        policy.state = PolicyState.RETIRED
        policy.save(update_fields=["state"])
    return policy


def _everybody_has_one(policies: list[CollectionPolicy]) -> None:
    if not any(not policy.conditions for policy in policies):
        raise PolicyNeeded
