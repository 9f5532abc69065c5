"""The timeline: apps record what happened as codes and figures, customers show it."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from crm.core.prepared import execute
from crm.core.setbased import CHUNK, SMALL, insert_rows_sql
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
    events, now = list(rows), timezone.now()
    for start in range(0, len(events), CHUNK):
        part = events[start : start + CHUNK]
        params: list[list[Any]] = [
            [row.customer_id for row in part],
            [row.kind for row in part],
            [row.on for row in part],
            [json.dumps(row.data) for row in part],
            [row.actor_id for row in part],
            [now] * len(part),
        ]
        with connection.cursor() as cursor:
            if len(part) <= SMALL:
                execute(cursor, insert_rows_sql(TimelineEvent, COLUMNS), params)
            else:
                cursor.execute(insert_rows_sql(TimelineEvent, COLUMNS), params)
