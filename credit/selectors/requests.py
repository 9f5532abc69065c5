"""Credit requests that stand beside one another."""

from typing import Any

from django.db.models import Q, QuerySet

from credit.models import CreditAccount, CreditRequest
from credit.rules import requests as rules


def requests_beside(*, account: CreditAccount, kind: str, user: Any) -> QuerySet[CreditRequest]:
    """What a user who begins a request of a kind ought to know, newest first: drafts of it, and what is undecided."""
    drafts = Q(number__isnull=True, kind=kind)
    undecided = Q(is_open=True) & ~Q(kind=rules.RELEASE)
    found: QuerySet[CreditRequest] = CreditRequest.objects.visible_to(user).filter(drafts | undecided, account=account)
    return found.select_related("created_by").order_by("-pk")
