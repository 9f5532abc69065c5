"""Legal entities that a file names and nobody knows yet, created with their code as name."""

from collections.abc import Sequence
from typing import Any

from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.models import LegalEntity


def create_entities(*, actor: Any, codes: Sequence[str]) -> list[LegalEntity]:
    """Create a legal entity for each code; needs the permission to import, since the importer chose so by an option."""
    if actor is not None and not actor.has_perm("exchange.add_import"):
        raise NotAllowed
    with atomic_or_busy():
        return LegalEntity.objects.bulk_create([LegalEntity(code=code, name_zh=code, name_en=code) for code in codes])
