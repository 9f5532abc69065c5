"""Which records show their history, to whom, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse


@dataclass(frozen=True)
class Tracked:
    """A model whose changes are shown on its page, to whoever has the permission and sees the record (`visible_to`).

    What is nobody's own, such as products and policies, knows no `visible_to` and says `shared`: all see all of it.
    `lines` are tracked models that belong to the record, by the name of their foreign key to it:
    `lines=((Contact, "customer"),)` shows the changes of its contacts too. `hidden` fields are never shown, of `masked`
    ones (personal numbers) only the end.
    Where events are kept for some fields only (a condition on the trigger), `only` names these.
    """

    model: type[Model]
    permission: str
    lines: Sequence[tuple[type[Model], str]] = ()
    hidden: Sequence[str] = ()
    only: Sequence[str] = ()
    masked: Sequence[str] = ()
    shared: bool = False

    def records(self, user: Any) -> QuerySet[Any]:
        """The records of this model whose changes the user may read."""
        model: Any = self.model
        found: QuerySet[Any] = model.objects.all() if self.shared else model.objects.visible_to(user)
        return found


TRACKED: dict[str, Tracked] = {}


def track(
    model: type[Model],
    *,
    permission: str,
    lines: Sequence[tuple[type[Model], str]] = (),
    hidden: Sequence[str] = (),
    only: Sequence[str] = (),
    masked: Sequence[str] = (),
    shared: bool = False,
) -> None:
    """Show the history of a model's records; called in `AppConfig.ready`."""
    TRACKED[model._meta.label_lower] = Tracked(model, permission, lines, hidden, only, masked, shared)


def audit_url(record: Model) -> str:
    """Where the panel 'Changes' of a record is loaded from."""
    return reverse("audit:changes", args=[record._meta.label_lower, record.pk])
