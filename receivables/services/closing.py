"""Closing of periods: no movement is dated on or before the closing date of its legal entity."""

import datetime as dt
from typing import Any

import pghistory

from crm.core.errors import LegalEntityUnknown, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.models import LegalEntity
from receivables.errors.documents import AlreadyClosed
from receivables.services.access import actor_id_of, require


def close_period(*, actor: Any, legal_entity_id: int, closed_through: dt.date | None, reason: str = "") -> LegalEntity:
    """Close a legal entity up to a day; moving that day back (None: opening all) needs its own right and a reason."""
    require(actor, "core.close_period")
    with atomic_or_busy(), pghistory.context(reason=reason.strip(), user=actor_id_of(actor)):
        entity = LegalEntity.objects.select_for_update(no_key=True).filter(pk=legal_entity_id).first()
        if entity is None:
            raise LegalEntityUnknown(id=legal_entity_id)
        before = entity.closed_through
        if before == closed_through:
            return entity
        if before is not None and (closed_through is None or closed_through < before):
            if actor is not None and not actor.has_perm("core.reopen_period"):
                raise AlreadyClosed(entity=entity.code, closed_through=before)
            if not reason.strip():
                raise ReasonMissing
        entity.closed_through = closed_through
        entity.save(update_fields=["closed_through"])
    return entity
