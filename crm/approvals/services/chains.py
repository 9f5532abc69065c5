"""Versions of chains: drafted, put into force by another than their authors, retired by the next one."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.errors import ChainHasGap, ChainStepIncomplete
from crm.approvals.models import ChainRule, ChainStep, ChainVersion
from crm.approvals.rules import first_gap
from crm.core import versions
from crm.core.display import money
from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState


def new_chain_version(*, actor: Any, chain_id: int) -> ChainVersion:
    """A draft that begins as a copy of a version; the one in force stays until the draft takes its place.

    Raises NotAllowed.
    """
    with atomic_or_busy():
        draft = versions.draft_from(
            versions=beside(chain_id), key=chain_id, actor=actor, permission="approvals.add_chainversion"
        )
        for rule in ChainRule.objects.filter(chain=chain_id):
            steps = ChainStep.objects.filter(rule=rule.pk)
            rule.pk, rule.chain = None, draft
            rule.save(force_insert=True)
            versions.copy_rows(steps, rule=rule)
    return draft


def beside(chain_id: int) -> QuerySet[ChainVersion]:
    """The versions of the chain of that one's kind."""
    return ChainVersion.objects.filter(kind=ChainVersion.objects.values("kind").get(pk=chain_id)["kind"])


def note_author(*, chain_id: int, actor: Any) -> None:
    """Remember who wrote in a draft. Raises VersionNotDraft for any other version."""
    versions.take_authorship(versions=ChainVersion.objects.all(), key=chain_id, actor=actor)


def check_chain(rules: Sequence[ChainRule]) -> None:
    """Every figure finds a rule, every rule has steps that say who decides. Raises ChainHasGap, ChainStepIncomplete."""
    for rule in rules:
        steps = list(rule.steps.all())
        if not steps or not all(step.says_who for step in steps):
            raise ChainStepIncomplete(rule=rule.name)
    gap = first_gap(rules)
    if gap is not None:
        raise ChainHasGap(
            amount=money(gap.amount) if gap.amount else "0.00",
            days=gap.days,
            grade=gap.grade or _("unrated"),
            deviation=_("yes") if gap.deviation else _("no"),
        )


def activate_chain(*, actor: Any, chain_id: int) -> ChainVersion:
    """Put a draft into force; the version before it retires, requests under way keep the steps they have.

    Raises NotAllowed, VersionNotDraft, OwnVersion, ChainHasGap, ChainStepIncomplete.
    """
    return versions.put_into_force(
        versions=beside(chain_id),
        key=chain_id,
        actor=actor,
        permission="approvals.activate_chain",
        check=lambda draft: check_chain(list(draft.rules.prefetch_related("steps"))),
    )


def begin_with_chain(
    *, kind: str, name_zh: str, name_en: str, matrix: Sequence[tuple[dict[str, Any], list[dict[str, Any]]]]
) -> None:
    """Bring the first chain of a kind where there is none. `matrix`: of each rule its conditions and its steps."""
    with transaction.atomic():
        if ChainVersion.objects.filter(kind=kind).exists():
            return
        chain = ChainVersion.objects.create(
            kind=kind, name_zh=name_zh, name_en=name_en, state=PolicyState.ACTIVE, activated_at=timezone.now()
        )
        for position, (conditions, steps) in enumerate(matrix, 1):
            rule = ChainRule.objects.create(chain=chain, position=position, **conditions)
            ChainStep.objects.bulk_create(
                ChainStep(rule=rule, position=place, **step) for place, step in enumerate(steps, 1)
            )
