"""The timeline: apps record what happened as codes and figures, customers show it."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from crm.core.setbased import Part, array, chunks_of, insert_rows_sql, run
from customers.models import TimelineEvent

COLUMNS = ("customer_id", "kind", "on", "data", "actor_id", "recorded_at")


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
) -> None:
    """Record one event in the transaction of what happened."""
    record_events([EventRow(customer_id, kind, on, data or {}, actor_id)])


def record_events(rows: Iterable[EventRow]) -> None:
    """Record many events at once, in the transaction of what happened."""
    run(list(event_parts(rows)))


def event_parts(rows: Iterable[EventRow]) -> Iterable[Part]:
    """Events as parts of a statement that writes more than them."""
    now = timezone.now()
    for number, chunk in enumerate(chunks_of(list(rows))):
        columns = (
            [row.customer_id for row in chunk],
            [row.kind for row in chunk],
            [row.on for row in chunk],
            [json.dumps(row.data) for row in chunk],
            [row.actor_id for row in chunk],
            [now] * len(chunk),
        )
        sql = insert_rows_sql(TimelineEvent, COLUMNS)
        yield Part(f"event_{number} AS ({sql})", list(map(array, columns)), len(chunk))
