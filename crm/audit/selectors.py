"""The history of a record, read from what the triggers kept: each event holds the row as it was before a change."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.audit.registry import Tracked
from crm.core import display

NEVER_SHOWN = frozenset({"id", "password", "updated_at", "path"})
SHOWN_EVENTS = 100


@dataclass(frozen=True)
class Change:
    """One field of one event: its name, what it was, what it became."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change of a record: who, when, what, and why if a reason was given."""

    at: dt.datetime
    who: str
    subject: str  # empty for the record itself
    deleted: bool
    changes: Sequence[Change]
    reason: str = ""


def event_model(model: type[models.Model]) -> type[models.Model] | None:
    """The table of events of a tracked model."""
    for relation in model._meta.related_objects:
        if relation.field.name == "pgh_obj":
            return relation.related_model
    return None


def history(tracked: Tracked, record: models.Model) -> list[Entry]:
    """All changes of a record and of what belongs to it, newest first; a fixed number of queries."""
    entries: list[Entry] = []
    found: list[tuple[type[models.Model], list[Any], dict[Any, Any], Sequence[str]]] = []
    events_of = event_model(tracked.model)
    if events_of is not None:
        found.append(
            (tracked.model, read(events_of, pgh_obj_id=record.pk), {record.pk: record}, hidden_fields(tracked))
        )
    for model, foreign_key in tracked.lines:
        events_of = event_model(model)
        if events_of is None:
            continue
        events = read(events_of, **{f"{foreign_key}_id": record.pk})
        alive = model._default_manager.in_bulk({event.pgh_obj_id for event in events}) if events else {}
        found.append((model, events, alive, (*tracked.hidden, foreign_key)))
    contexts = [event.pgh_context for _model, events, _alive, _hidden in found for event in events]
    names = people({context.metadata.get("user") for context in contexts if context})
    for model, events, alive, hidden in found:
        subject = "" if model is tracked.model else str(model._meta.verbose_name)
        entries.extend(told(model, events, alive, hidden, names, subject, tracked.masked))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def hidden_fields(tracked: Tracked) -> Sequence[str]:
    """Fields of the record itself that are not told."""
    if not tracked.only:
        return tracked.hidden
    return [field.name for field in tracked.model._meta.concrete_fields if field.name not in tracked.only]


def read(events_of: type[models.Model], **lookup: Any) -> list[Any]:
    """The newest events, in the order they happened."""
    newest = events_of._default_manager.filter(**lookup).select_related("pgh_context").order_by("-pgh_id")
    return list(newest[:SHOWN_EVENTS])[::-1]


def people(keys: set[Any]) -> dict[str, str]:
    """Names of the users of some contexts, by key as the context holds it."""
    numbers = [int(key) for key in keys if str(key or "").isdigit()]
    return {str(user.pk): str(user) for user in User.objects.filter(pk__in=numbers)} if numbers else {}


def told(
    model: type[models.Model],
    events: Sequence[Any],
    alive: dict[Any, Any],
    hidden: Sequence[str],
    names: dict[str, str],
    subject: str,
    masked: Sequence[str] = (),
) -> Iterator[Entry]:
    """Events as entries: what came after an event is the next event of the same row, or the row as it is now."""
    later: dict[Any, Any] = dict(alive)
    for event in reversed(events):
        after = later.get(event.pgh_obj_id)
        later[event.pgh_obj_id] = event
        deleted = event.pgh_label == "delete"
        context = event.pgh_context.metadata if event.pgh_context else {}
        changes = [] if deleted else list(differences(model, event, after, hidden, masked))
        if changes or deleted:
            yield Entry(
                at=event.pgh_created_at,
                who=names.get(str(context.get("user")), "") or _("the system"),
                subject=f"{subject}: {title(model, event)}" if subject else "",
                deleted=deleted,
                changes=changes,
                reason=str(context.get("reason", "")),
            )


def differences(
    model: type[models.Model], before: Any, after: Any, hidden: Sequence[str], masked: Sequence[str]
) -> Iterator[Change]:
    for field in model._meta.concrete_fields:
        if field.name in NEVER_SHOWN or field.name in hidden or not tracks(before, field):
            continue
        old = getattr(before, field.attname)
        new = getattr(after, field.attname) if after is not None else None
        if old != new:
            if field.name in masked:
                old, new = display.masked(old or ""), display.masked(new or "")
            yield Change(str(field.verbose_name), words(field, old), words(field, new))


def tracks(event: models.Model, field: Any) -> bool:
    try:
        event._meta.get_field(field.name)
    except FieldDoesNotExist:
        return False
    return True


def title(model: type[models.Model], event: Any) -> str:
    """How a line was called: its name if it has one."""
    return str(getattr(event, "name", "") or getattr(event, "number", "") or event.pgh_obj_id)


def words(field: Any, value: Any) -> str:
    """A stored value in the reader's language."""
    if value is None or value == "":
        return display.DASH
    if isinstance(field, models.ForeignKey):
        found = field.related_model._default_manager.filter(pk=value).first()
        return str(found) if found is not None else str(value)
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, list) and hasattr(field, "base_field"):
        return _(", ").join(words(field.base_field, each) for each in value) or display.DASH
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return display.money(value) if getattr(field, "decimal_places", 0) == 2 else display.number(value)
    if isinstance(value, dt.datetime):
        return display.isotime(value)
    if isinstance(value, dt.date):
        return display.isodate(value)
    return str(value)
