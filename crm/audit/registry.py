"""Which records show their history, to whom, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse


@dataclass(frozen=True)
class Tracked:
    """A model whose changes are shown on its page; the model's queryset must know `visible_to`.

    `lines` are tracked models that belong to the record, by the name of their foreign key to it:
    `lines=((Contact, "customer"),)` shows the changes of its contacts too. `hidden` fields are never shown.
    Where events are kept for some fields only (a condition on the trigger), `only` names these.
    """

    model: type[Model]
    permission: str
    lines: Sequence[tuple[type[Model], str]] = ()
    hidden: Sequence[str] = ()
    only: Sequence[str] = ()


TRACKED: dict[str, Tracked] = {}


def track(
    model: type[Model],
    *,
    permission: str,
    lines: Sequence[tuple[type[Model], str]] = (),
    hidden: Sequence[str] = (),
    only: Sequence[str] = (),
) -> None:
    """Show the history of a model's records; called in `AppConfig.ready`."""
    TRACKED[model._meta.label_lower] = Tracked(model, permission, lines, hidden, only)


def audit_url(record: Model) -> str:
    """Where the panel 'Changes' of a record is loaded from."""
    return reverse("audit:changes", args=[record._meta.label_lower, record.pk])
