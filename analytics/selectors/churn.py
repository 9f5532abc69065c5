"""Who is likely to leave, as one user sees it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from analytics.models import ChurnScore, RiskBand, Standing
from crm.core.money import ZERO

# What a group can be made by, and where it is found.
GROUPS = {
    "owner": "customer__owner",
    "region": "customer__region__province",
    "industry": "customer__industry",
    "segment": "customer__customer_segment__segment",
    "value_class": "customer__contribution__value_class",
}


@dataclass(frozen=True)
class StandingCount:
    standing: str
    band: str
    customers: int
    value_at_risk: Decimal


@dataclass(frozen=True)
class GroupRisk:
    """How many customers of a group there are, are at high risk, and are gone."""

    key: Any
    customers: int
    high: int
    gone: int
    value_at_risk: Decimal


def scores(user: Any) -> QuerySet[ChurnScore]:
    """Every visible customer's score, the likeliest to leave first."""
    found = ChurnScore.objects.visible_to(user).select_related("customer", "customer__owner")
    return found.order_by(F("probability").desc(nulls_last=True), "pk")


def standing_counts(user: Any) -> list[StandingCount]:
    rows = ChurnScore.objects.visible_to(user).order_by().values("standing", "band")
    return [
        StandingCount(row["standing"], row["band"], row["customers"], row["value"] or ZERO)
        for row in rows.annotate(customers=Count("pk"), value=Sum("value_at_risk"))
    ]


def by_group(user: Any, field: str) -> list[GroupRisk]:
    """Retention and loss by a field of GROUPS, the most revenue at risk first."""
    high = Q(standing=Standing.SCORED, band=RiskBand.HIGH)
    rows = ChurnScore.objects.visible_to(user).order_by().values_list(GROUPS[field])
    counted = rows.annotate(
        Count("pk"), Count("pk", filter=high), Count("pk", filter=Q(standing=Standing.GONE)), Sum("value_at_risk")
    )
    found = [GroupRisk(key, count, at_risk, gone, value or ZERO) for key, count, at_risk, gone, value in counted]
    return sorted(found, key=lambda group: group.value_at_risk, reverse=True)
