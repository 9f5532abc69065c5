"""Versions of chains: drafted, put into force by another than their authors, retired by the next one."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.approvals.errors import ChainHasGap, ChainStepIncomplete
from crm.approvals.models import ChainRule, ChainStep, ChainVersion
from crm.approvals.rules import first_gap
from crm.core import versions
from crm.core.display import money
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy


def new_chain_version(*, actor: Any, chain_id: int) -> ChainVersion:
    """A draft that begins as a copy of a version; the one in force stays until the draft takes its place."""
    if not actor.has_perm("approvals.add_chainversion"):
        raise NotAllowed
    with atomic_or_busy():
        source = ChainVersion.objects.select_for_update().get(pk=chain_id)
        draft = ChainVersion.objects.create(
            kind=source.kind,
            version=versions.next_version(ChainVersion.objects.filter(kind=source.kind)),
            name_zh=source.name_zh,
            name_en=source.name_en,
            expires_after_days=source.expires_after_days,
            remind_after_days=source.remind_after_days,
            author_ids=[actor.pk],
        )
        for rule in source.rules.all():
            steps = list(rule.steps.all())
            rule.pk, rule.chain = None, draft
            rule.save(force_insert=True)
            for step in steps:
                step.pk, step.rule = None, rule
            ChainStep.objects.bulk_create(steps)
    return draft


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
    kind = ChainVersion.objects.values_list("kind", flat=True).get(pk=chain_id)
    chain: ChainVersion = versions.put_into_force(
        versions=ChainVersion.objects.filter(kind=kind),
        key=chain_id,
        actor=actor,
        permission="approvals.activate_chain",
        check=lambda draft: check_chain(list(draft.rules.prefetch_related("steps"))),
    )
    return chain
