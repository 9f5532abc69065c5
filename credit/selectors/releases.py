"""Requests to both directors for the release of held documents, by document."""

from collections.abc import Iterable
from typing import Any

from credit.models import CreditRequest
from credit.rules import requests as rules


def releases_of(*, source_kind: str, source_ids: Iterable[int], user: Any) -> dict[int, CreditRequest]:
    """The newest submitted request for the release of each document, as far as the user sees it: one query."""
    found = (
        CreditRequest.objects.visible_to(user)
        .filter(kind=rules.RELEASE, source_kind=source_kind, source_id__in=list(source_ids), number__isnull=False)
        .select_related("approval", "lift")
        .order_by("pk")
    )
    return {request.source_id: request for request in found if request.source_id is not None}
