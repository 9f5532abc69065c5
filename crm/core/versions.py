"""Versions of a policy: drafted, put into force by another than their authors, retired by the next one.

The app of a policy says which versions stand beside each other, who may do what, and what a version must be like
to count.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError, NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.models import BilingualName, user_field


class PolicyState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("In force")
    RETIRED = "retired", _("Retired")


class PolicyVersion(BilingualName):
    """A numbered version of a policy. `author_ids` wrote it: none of them puts it into force."""

    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=PolicyState, default=PolicyState.DRAFT, editable=False)
    author_ids = ArrayField(models.BigIntegerField(), verbose_name=_("authors"), default=list, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    activated_by = user_field(_("put into force by"), null=True, editable=False)
    activated_at = models.DateTimeField(_("put into force at"), null=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


def only_drafts_change() -> list[pgtrigger.Protect]:
    """Triggers of a policy of which a version that is or was in force is only followed, and only drafts are deleted."""
    return [
        pgtrigger.Protect(
            name="only_drafts_change",
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(
                "OLD.state <> 'draft' AND NOT (OLD.state = 'active' AND NEW.state = 'retired')"
            ),
        ),
        pgtrigger.Protect(
            name="only_drafts_go", operation=pgtrigger.Delete, condition=pgtrigger.Condition("OLD.state <> 'draft'")
        ),
    ]


Version = TypeVar("Version", bound=PolicyVersion)
Row = TypeVar("Row", bound=models.Model)


class VersionNotDraft(DomainError):
    """A version that is or was in force is never changed."""

    code = "version_not_draft"
    message = _("Only a draft can be changed or put into force: make a new version.")


class OwnVersion(DomainError):
    """Four eyes: whoever wrote in a version does not put it into force."""

    code = "own_version"
    message = _("You wrote in this version: somebody else has to put it into force.")


def next_version(versions: QuerySet[Any]) -> int:
    """The number of the next one beside these versions."""
    last: int | None = versions.aggregate(last=Max("version"))["last"]
    return (last or 0) + 1


def draft_from(*, versions: QuerySet[Version], key: int, actor: Any, permission: str) -> Version:
    """A draft that begins as a copy of one of `versions`, which stays what it is; its rows are the caller's to copy.

    Raises NotAllowed.
    """
    if not actor.has_perm(permission):
        raise NotAllowed
    with atomic_or_busy():
        draft = versions.select_for_update().get(pk=key)
        draft.pk, draft.version, draft.state = None, next_version(versions), PolicyState.DRAFT
        draft.author_ids, draft.activated_by, draft.activated_at = [actor.pk], None, None
        draft.save(force_insert=True)
    return draft


def copy_rows(rows: QuerySet[Row], **parent: models.Model) -> None:
    """The rows of a version once more, below another one."""
    copies = list(rows)
    for row in copies:
        row.pk = None
        for name, value in parent.items():
            setattr(row, name, value)
    rows.model._default_manager.bulk_create(copies)


def lock_draft(versions: QuerySet[Version], key: int) -> Version:
    """A draft, locked. Raises VersionNotDraft."""
    draft = versions.select_for_update().get(pk=key)
    if draft.state != PolicyState.DRAFT:
        raise VersionNotDraft
    return draft


def take_authorship(*, versions: QuerySet[Version], key: int, actor: Any) -> list[int]:
    """Whoever changes a draft is one of its authors; answers all of them. Raises VersionNotDraft."""
    with atomic_or_busy():
        draft = lock_draft(versions, key)
        if actor.pk not in draft.author_ids:
            draft.author_ids = sorted({*draft.author_ids, actor.pk})
            draft.save(update_fields=["author_ids"])
    return draft.author_ids


def discard_draft(*, versions: QuerySet[Version], key: int, actor: Any, permission: str) -> None:
    """A draft that is not wanted goes with its rows: one of its authors may, and whoever may put it into force.

    Raises NotAllowed, VersionNotDraft.
    """
    with atomic_or_busy():
        draft = lock_draft(versions, key)
        if actor.pk not in draft.author_ids and not actor.has_perm(permission):
            raise NotAllowed
        draft.delete()


def put_into_force(
    *,
    versions: QuerySet[Version],
    key: int,
    actor: Any,
    permission: str,
    check: Callable[[Version], None] | None = None,
) -> Version:
    """Put a draft into force; the one among `versions` that was, retires. `check` raises where it is not fit for it.

    Raises NotAllowed, VersionNotDraft, OwnVersion.
    """
    if not actor.has_perm(permission):
        raise NotAllowed
    with atomic_or_busy():
        living = {row.pk: row for row in versions.exclude(state=PolicyState.RETIRED).select_for_update().order_by("pk")}
        draft = living.get(key)
        if draft is None or draft.state != PolicyState.DRAFT:
            raise VersionNotDraft
        if actor.pk in draft.author_ids:
            raise OwnVersion
        if check is not None:
            check(draft)
        for other in living.values():
            if other.state == PolicyState.ACTIVE:
                other.state = PolicyState.RETIRED
                other.save(update_fields=["state"])
        draft.state, draft.activated_by, draft.activated_at = PolicyState.ACTIVE, actor, timezone.now()
        draft.save(update_fields=["state", "activated_by", "activated_at"])
    return draft
