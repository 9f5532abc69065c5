"""The timeline of a customer: events of every app, told in the reader's language."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.registry import TimelineKind, registry
from customers.models import Customer, CustomerState, Tier, TimelineEvent
from customers.services.fields import META, label

PAGE = 25
Data = dict[str, Any]


@dataclass(frozen=True)
class TimelineEntry:
    """One event as the page shows it."""

    event: TimelineEvent
    icon: str
    sentence: str
    url: str

    @property
    def moment(self) -> dt.datetime | None:
        """The moment it was recorded, if that was on its business date; else the date alone says when it was."""
        recorded = self.event.recorded_at
        return recorded if timezone.localtime(recorded).date() == self.event.on else None


@dataclass(frozen=True)
class TimelinePage:
    entries: Sequence[TimelineEntry]
    has_more: bool
    page: int
    kinds: Mapping[str, str]  # each name of a kind once, by the key of the first that bears it


def kinds_for(user: Any) -> list[TimelineKind]:
    """The kinds of events this user may read, by their names."""
    kinds = registry.timeline_kinds.values()
    allowed = [kind for kind in kinds if kind.permission is None or user.has_perm(kind.permission)]
    return sorted(allowed, key=lambda kind: str(kind.label))


def timeline_page(*, user: Any, customer: Customer, kind: str = "", page: int = 1) -> TimelinePage:
    """One page of a visible customer's events, newest first; what the user may not read is left out.

    A `kind` stands for all that bear its name.
    """
    names = {one.key: str(one.label) for one in kinds_for(user)}
    keys = [key for key, name in names.items() if not kind or name == names.get(kind)]
    start = (page - 1) * PAGE
    events = list(
        TimelineEvent.objects.filter(customer=customer, kind__in=keys)
        .select_related("actor")
        .order_by("-on", "-pk")[start : start + PAGE + 1]
    )
    return TimelinePage([told(event) for event in events[:PAGE]], len(events) > PAGE, page, once(names))


def once(names: Mapping[str, str]) -> dict[str, str]:
    first: dict[str, str] = {}
    for key, name in names.items():
        first.setdefault(name, key)
    return {key: name for name, key in first.items()}


def told(event: TimelineEvent) -> TimelineEntry:
    kind = registry.timeline_kinds[event.kind]
    url = kind.url(event.data) if kind.url else ""
    return TimelineEntry(event, kind.icon, kind.sentence(event.data), url or "")


def created(data: Data) -> str:
    return _("Customer created")


def updated(data: Data) -> str:
    names = [label(name) for name in map(attribute, data.get("fields", ())) if name in META]
    return _("Profile changed: %(fields)s") % {"fields": _(", ").join(names)} if names else _("Profile changed")


def attribute(name: str) -> str:
    return name if name in META else f"{name}_id"


def state_changed(data: Data) -> str:
    words = dict(CustomerState.choices)
    return _("%(from)s → %(to)s: %(cause)s") % {
        "from": words.get(data.get("from", ""), data.get("from", "")),
        "to": words.get(data.get("to", ""), data.get("to", "")),
        "cause": data.get("cause", ""),
    }


def owner_assigned(data: Data) -> str:
    values = {"from": data.get("from", ""), "to": data.get("to", ""), "reason": data.get("reason", "")}
    if values["from"] and values["to"]:
        return _("Handed from %(from)s to %(to)s: %(reason)s") % values
    if values["to"]:
        return _("Assigned to %(to)s: %(reason)s") % values
    return _("Left without an owner: %(reason)s") % values


def tier_changed(data: Data) -> str:
    words = dict(Tier.choices)
    values = {
        "from": words.get(data.get("from", ""), ""),
        "to": words.get(data.get("to", ""), data.get("to", "")),
        "reason": data.get("reason", ""),
        "until": data.get("until", ""),
    }
    if not values["reason"]:
        return _("Tier: %(from)s → %(to)s") % values
    if values["until"]:
        return _("Tier set by hand: %(to)s up to %(until)s: %(reason)s") % values
    return _("Tier set by hand: %(to)s: %(reason)s") % values


def shared(data: Data) -> str:
    return _("Shared with %(user)s: %(reason)s") % {"user": data.get("user", ""), "reason": data.get("reason", "")}


def unshared(data: Data) -> str:
    return _("No longer shared with %(user)s: %(reason)s") % {
        "user": data.get("user", ""),
        "reason": data.get("reason", ""),
    }


def contact_added(data: Data) -> str:
    return _("Contact %(name)s added") % {"name": data.get("name", "")}


def contact_changed(data: Data) -> str:
    return _("Contact %(name)s changed") % {"name": data.get("name", "")}


def contact_deactivated(data: Data) -> str:
    return _("Contact %(name)s is not active any more") % {"name": data.get("name", "")}


CUSTOMER_KINDS = (
    TimelineKind("customer_created", gettext_lazy("Customer created"), "plus", created),
    TimelineKind("customer_updated", gettext_lazy("Profile changed"), "edit", updated),
    TimelineKind("state_changed", gettext_lazy("Change of state"), "flag", state_changed),
    TimelineKind("owner_assigned", gettext_lazy("Change of owner"), "user-plus", owner_assigned),
    TimelineKind("tier_changed", gettext_lazy("Change of tier"), "trending-up", tier_changed),
    TimelineKind("customer_shared", gettext_lazy("Shared"), "users", shared),
    TimelineKind("customer_unshared", gettext_lazy("No longer shared"), "users", unshared),
    TimelineKind("contact_added", gettext_lazy("Contact added"), "user-plus", contact_added),
    TimelineKind("contact_changed", gettext_lazy("Contact changed"), "user", contact_changed),
    TimelineKind("contact_deactivated", gettext_lazy("Contact left"), "user", contact_deactivated),
)
