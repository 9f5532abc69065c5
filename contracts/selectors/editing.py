"""Who saved a record, and when: what two editors of one record are told."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Model, QuerySet

from crm.audit.selectors import event_model, people


@dataclass(frozen=True)
class Edit:
    """One save of a record."""

    user_id: int | None
    who: str
    at: dt.datetime


def edits_since(record: Model, field: str, edition: int) -> Sequence[Edit]:
    """The saves of a record that came after an edition was opened, the last first; `field` counts its editions."""
    return saves(changes_of(record).filter(**{f"{field}__gte": edition, f"{field}__lt": getattr(record, field)}))


def last_change(record: Model) -> int:
    """The edition of a record that counts none itself: the last change its history has, 0 before the first."""
    last: int | None = changes_of(record).aggregate(last=Max("pgh_id"))["last"]
    return last or 0


def changes_since(record: Model, edition: int) -> Sequence[Edit]:
    """The saves of such a record that came after an edition was opened, the last first."""
    return saves(changes_of(record).filter(pgh_id__gt=edition))


def changes_of(record: Model) -> QuerySet[Any]:
    events_of = event_model(type(record))
    assert events_of is not None
    return events_of._default_manager.filter(pgh_obj_id=record.pk)


def saves(found: QuerySet[Any]) -> Sequence[Edit]:
    events = list(found.select_related("pgh_context").order_by("-pgh_id")[:50])
    saved = [(event.pgh_context.metadata.get("user") if event.pgh_context else None, event) for event in events]
    names = people({user for user, _event in saved})
    return [
        Edit(int(str(user)) if str(user or "").isdigit() else None, names.get(str(user), ""), event.pgh_created_at)
        for user, event in saved
    ]


def is_own(record: Model, field: str, edition: int, user: Any) -> bool:
    """Whether nobody but the user saved it since."""
    edits = edits_since(record, field, edition)
    return bool(edits) and all(edit.user_id == user.pk for edit in edits)
