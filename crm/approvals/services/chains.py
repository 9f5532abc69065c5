"""Versions of chains: drafted, put into force by another than their authors, retired by the next one."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.errors import ChainHasGap, ChainNotDraft, ChainStepIncomplete, OwnChain
from crm.approvals.models import ChainRule, ChainState, ChainStep, ChainVersion
from crm.approvals.rules import first_gap
from crm.core.display import money
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy


def new_chain_version(*, actor: Any, chain_id: int) -> ChainVersion:
    """A draft that begins as a copy of a version; the one in force stays until the draft takes its place."""
    if not actor.has_perm("approvals.add_chainversion"):
        raise NotAllowed
    with atomic_or_busy():
        source = ChainVersion.objects.select_for_update().get(pk=chain_id)
        last = ChainVersion.objects.filter(kind=source.kind).aggregate(last=Max("version"))["last"]
        draft = ChainVersion.objects.create(
            kind=source.kind,
            version=last + 1,
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
    """Remember who wrote in a draft. Raises ChainNotDraft for any other version."""
    with atomic_or_busy():
        chain = ChainVersion.objects.select_for_update().get(pk=chain_id)
        if chain.state != ChainState.DRAFT:
            raise ChainNotDraft
        if actor.pk not in chain.author_ids:
            chain.author_ids.append(actor.pk)
            chain.save(update_fields=["author_ids"])


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

    Raises NotAllowed, ChainNotDraft, OwnChain, ChainHasGap, ChainStepIncomplete.
    """
    if not actor.has_perm("approvals.activate_chain"):
        raise NotAllowed
    with atomic_or_busy():
        kind = ChainVersion.objects.values_list("kind", flat=True).get(pk=chain_id)
        versions = {row.pk: row for row in ChainVersion.objects.select_for_update().filter(kind=kind).order_by("pk")}
        draft = versions[chain_id]
        if draft.state != ChainState.DRAFT:
            raise ChainNotDraft
        if actor.pk in draft.author_ids:
            raise OwnChain
        check_chain(list(draft.rules.prefetch_related("steps")))
        for other in versions.values():
            if other.state == ChainState.ACTIVE:
                other.state = ChainState.RETIRED
                other.save(update_fields=["state"])
        draft.state, draft.activated_by, draft.activated_at = ChainState.ACTIVE, actor, timezone.now()
        draft.save(update_fields=["state", "activated_by", "activated_at"])
    return draft
