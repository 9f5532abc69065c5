"""Segments as one user sees them: shares and flows of the visible customers alone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, RowNumber

from analytics.models import CustomerFeatures, CustomerSegment, Segment, SegmentMove, SegmentProfile
from crm.accounts.roles import Scope
from crm.core.money import ZERO, MoneyField

MOST_POINTS = 1500
MEDIANS = ("recency_days", "days_bought_12m", "revenue_12m", "gap_median", "tenure_days")


@dataclass(frozen=True)
class SegmentRow:
    """A segment and the user's customers in it, whose medians these are; what is typical is told of all of it."""

    segment: Segment
    on: dt.date
    customers: int
    share_of_customers: float
    revenue_12m: Decimal
    share_of_revenue: float
    medians: Mapping[str, Any]
    typical: Sequence[Any]


@dataclass(frozen=True)
class MapPoint:
    """A customer on the map."""

    customer_id: int
    name: str
    code: str
    segment_id: int
    recency_days: int
    days_bought_12m: int
    revenue_12m: Decimal
    rfm: str


@dataclass(frozen=True)
class RfmCell:
    recency: int
    frequency: int
    customers: int
    revenue_12m: Decimal


@dataclass(frozen=True)
class Flow:
    """How many customers went from one segment to another; from nowhere: they are new."""

    came_from: Segment | None
    went_to: Segment
    customers: int


def with_features(user: Any) -> QuerySet[Any]:
    """Visible customers in segments, with the figures of the morning they were put there."""
    found = CustomerFeatures.objects.filter(customer=OuterRef("customer"), on=OuterRef("on"))
    visible: QuerySet[Any] = CustomerSegment.objects.visible_to(user)
    return visible.annotate(
        revenue_12m=Coalesce(Subquery(found.values("revenue_12m")[:1]), ZERO, output_field=MoneyField()),
        recency_days=Subquery(found.values("recency_days")[:1]),
        days_bought_12m=Subquery(found.values("days_bought_12m")[:1]),
    )


def medians_of(user: Any) -> dict[int, dict[str, float]]:
    """MEDIANS of the visible customers by segment."""
    found = CustomerFeatures.objects.filter(customer=OuterRef("customer"), on=OuterRef("on"))
    figures = [Subquery(found.values(name)[:1]) for name in MEDIANS]
    values: dict[int, dict[str, list[float]]] = {}
    for segment, *row in CustomerSegment.objects.visible_to(user).order_by().values_list("segment", *figures):
        of_segment = values.setdefault(segment, {name: [] for name in MEDIANS})
        for name, value in zip(MEDIANS, row, strict=True):
            if value is not None:
                of_segment[name].append(float(value))
    return {
        segment: {name: median(known) for name, known in of_segment.items() if known}
        for segment, of_segment in values.items()
    }


def segment_rows(user: Any) -> list[SegmentRow]:
    """The segments of today, the one with the most revenue first."""
    counted = (
        with_features(user).order_by().values("segment").annotate(customers=Count("pk"), revenue=Sum("revenue_12m"))
    )
    rows = {row["segment"]: row for row in counted}
    newest = SegmentProfile.objects.order_by("-on").values("on")[:1]
    profiles = {
        profile.segment_id: profile
        for profile in SegmentProfile.objects.filter(on=Subquery(newest)).select_related("segment")
    }
    medians: Mapping[int, Mapping[str, Any]] = {pk: profile.medians for pk, profile in profiles.items()}
    if user.scope is not Scope.ALL:
        medians = medians_of(user)
    customers = sum(row["customers"] for row in rows.values())
    revenue = sum((row["revenue"] or ZERO for row in rows.values()), ZERO)
    found = [
        SegmentRow(
            segment=profiles[pk].segment,
            on=profiles[pk].on,
            customers=row["customers"],
            share_of_customers=row["customers"] / customers,
            revenue_12m=row["revenue"] or ZERO,
            share_of_revenue=float((row["revenue"] or ZERO) / revenue) if revenue else 0.0,
            medians=medians[pk],
            typical=profiles[pk].typical,
        )
        for pk, row in rows.items()
        if pk in profiles
    ]
    return sorted(found, key=lambda row: row.revenue_12m, reverse=True)


def segment_map(user: Any, limit: int = MOST_POINTS) -> list[MapPoint]:
    """Points of the map: the largest customers of each segment in turn, so that none is missing where they are many."""
    in_turn = Window(RowNumber(), partition_by="segment", order_by=[F("revenue_12m").desc(), "pk"])
    found = with_features(user).filter(recency_days__isnull=False).select_related("customer").annotate(turn=in_turn)
    return [
        MapPoint(
            customer_id=row.customer_id,
            name=row.customer.name,
            code=row.customer.code,
            segment_id=row.segment_id,
            recency_days=row.recency_days,
            days_bought_12m=row.days_bought_12m,
            revenue_12m=row.revenue_12m,
            rfm=row.rfm,
        )
        for row in found.order_by("turn", "-revenue_12m", "pk")[:limit]
    ]


def rfm_grid(user: Any) -> list[RfmCell]:
    """Customers and revenue by quintile of recency and of frequency."""
    counted = with_features(user).order_by().values("recency_score", "frequency_score")
    return [
        RfmCell(row["recency_score"], row["frequency_score"], row["customers"], row["revenue"] or ZERO)
        for row in counted.annotate(customers=Count("pk"), revenue=Sum("revenue_12m"))
    ]


def moves(user: Any, since: dt.date, until: dt.date) -> QuerySet[SegmentMove]:
    """Moves of the visible customers from one date to another, both included, the newest first."""
    found = SegmentMove.objects.visible_to(user).filter(on__gte=since, on__lte=until)
    return found.select_related("customer", "came_from", "went_to")


def flows(user: Any, since: dt.date, until: dt.date) -> list[Flow]:
    """The same counted by where they came from and went to, the broadest first."""
    rows = list(
        SegmentMove.objects.visible_to(user)
        .filter(on__gte=since, on__lte=until)
        .order_by()
        .values("came_from", "went_to")
        .annotate(customers=Count("pk"))
        .order_by("-customers", F("came_from").asc(nulls_first=True), "went_to")
    )
    keys = {key for row in rows for key in (row["came_from"], row["went_to"]) if key}
    segments = Segment.objects.in_bulk(keys)
    return [Flow(segments.get(row["came_from"]), segments[row["went_to"]], row["customers"]) for row in rows]
