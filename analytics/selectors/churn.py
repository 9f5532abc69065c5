"""Who is likely to leave, as one user sees it."""

from typing import Any

from django.db.models import F, QuerySet

from analytics.models import ChurnScore


def scores(user: Any) -> QuerySet[ChurnScore]:
    """Every visible customer's score, the likeliest to leave first."""
    found = ChurnScore.objects.visible_to(user).select_related("customer", "customer__owner")
    return found.order_by(F("probability").desc(nulls_last=True), "pk")
