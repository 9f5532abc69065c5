"""The timeline: apps record what happened as codes and figures, customers show it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from customers.models import TimelineEvent


@dataclass(frozen=True)
class EventRow:
    """Something that happened; `kind` is the key of a registered TimelineKind, `data` what its sentence needs."""

    customer_id: int
    kind: str
    on: dt.date
    data: dict[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


def record_event(
    *, customer_id: int, kind: str, on: dt.date, data: dict[str, Any] | None = None, actor_id: int | None = None
) -> TimelineEvent:
    """Record one event in the transaction of what happened."""
    return TimelineEvent.objects.create(customer_id=customer_id, kind=kind, on=on, data=data or {}, actor_id=actor_id)


def record_events(rows: Iterable[EventRow]) -> None:
    """Record many events at once, in the transaction of what happened."""
    TimelineEvent.objects.bulk_create(
        [
            TimelineEvent(customer_id=row.customer_id, kind=row.kind, on=row.on, data=row.data, actor_id=row.actor_id)
            for row in rows
        ],
        batch_size=2000,
    )
