"""Versions of a policy: drafted, put into force by another than their authors, retired by the next one.

A model of versions has `version`, `state` (draft, active, retired), `author_ids`, `activated_by` and `activated_at`.
Its app says which versions stand beside each other, who may do what, and what a version must be like to count.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError, NotAllowed
from crm.core.locks import atomic_or_busy

DRAFT, ACTIVE, RETIRED = "draft", "active", "retired"


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


def lock_draft(versions: QuerySet[Any], key: int) -> Any:
    """A draft, locked. Raises VersionNotDraft."""
    draft = versions.select_for_update().get(pk=key)
    if draft.state != DRAFT:
        raise VersionNotDraft
    return draft


def take_authorship(*, versions: QuerySet[Any], key: int, actor: Any) -> list[int]:
    """Whoever changes a draft is one of its authors; answers all of them. Raises VersionNotDraft."""
    with atomic_or_busy():
        draft = lock_draft(versions, key)
        if actor.pk not in draft.author_ids:
            draft.author_ids = sorted({*draft.author_ids, actor.pk})
            draft.save(update_fields=["author_ids"])
    authors: list[int] = draft.author_ids
    return authors


def put_into_force(
    *,
    versions: QuerySet[Any],
    key: int,
    actor: Any,
    permission: str,
    check: Callable[[Any], None] | None = None,
) -> Any:
    """Put a draft into force; the one among `versions` that was, retires. `check` raises where it is not fit for it.

    Raises NotAllowed, VersionNotDraft, OwnVersion.
    """
    if not actor.has_perm(permission):
        raise NotAllowed
    with atomic_or_busy():
        living = {row.pk: row for row in versions.exclude(state=RETIRED).select_for_update().order_by("pk")}
        draft = living.get(key)
        if draft is None or draft.state != DRAFT:
            raise VersionNotDraft
        if actor.pk in draft.author_ids:
            raise OwnVersion
        if check is not None:
            check(draft)
        for other in living.values():
            if other.state == ACTIVE:
                other.state = RETIRED
                other.save(update_fields=["state"])
        draft.state, draft.activated_by, draft.activated_at = ACTIVE, actor, timezone.now()
        draft.save(update_fields=["state", "activated_by", "activated_at"])
    return draft
