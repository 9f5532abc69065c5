"""When closing dates were moved, by whom and why: from the history that the database keeps of legal entities."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from crm.core.models import LegalEntity

MOVES_SHOWN = 500


@dataclass(frozen=True)
class ClosingMove:
    """One change of a closing date; None means that nothing was closed."""

    at: dt.datetime
    before: dt.date | None
    after: dt.date | None
    who: Any
    reason: str


def closing_moves(entities: Iterable[LegalEntity]) -> Mapping[int, list[ClosingMove]]:
    """The moves of each entity, newest first. Each kept row holds what was before; two statements."""
    now = {entity.pk: entity.closed_through for entity in entities}
    events = (
        LegalEntity.pgh_event_model.objects.filter(pgh_obj_id__in=now, pgh_label="update")  # type: ignore[attr-defined]
        .select_related("pgh_context")
        .order_by("-pgh_id")[:MOVES_SHOWN]
    )
    moves = []
    for event in events:
        after, now[event.pgh_obj_id] = now[event.pgh_obj_id], event.closed_through
        if after != event.closed_through:
            moves.append((event, after, (event.pgh_context.metadata or {}) if event.pgh_context else {}))
    users = get_user_model().objects.in_bulk({user_key(data) for _event, _after, data in moves})
    found: dict[int, list[ClosingMove]] = defaultdict(list)
    for event, after, data in moves:
        found[event.pgh_obj_id].append(
            ClosingMove(
                event.pgh_created_at,
                event.closed_through,
                after,
                users.get(user_key(data)),
                str(data.get("reason", "")),
            )
        )
    return found


def user_key(context: Mapping[str, Any]) -> int:
    """Who acted, as the context of a change names it; 0 for the system itself."""
    key = str(context.get("user", ""))
    return int(key) if key.isdigit() else 0
