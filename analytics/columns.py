"""Columns analytics adds to the customer list: segment, risk of leaving, contribution, how the customer pays."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import F, FloatField, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from analytics.models import RiskBand, Segment, ValueClass
from analytics.views.parts import BAND_TONES
from credit.models import PaymentBehaviour
from crm.core.display import Badge
from crm.core.registry import ListColumn

SEE_SEGMENTS, SEE_RISK = "analytics.view_customersegment", "analytics.view_churnscore"
SEE_VALUE, SEE_ACCOUNTS = "analytics.view_contribution", "credit.view_creditaccount"
MONTHS = 12  # the window of behaviour that the list shows


def behaviour(name: str) -> Any:
    """A figure of how the customer paid in twelve months: one row by a unique index."""
    found = PaymentBehaviour.objects.filter(account__customer=OuterRef("pk"), window_months=MONTHS)
    return Subquery(found.order_by().values(name)[:1], output_field=FloatField())


def annotate_segment(user: Any) -> dict[str, Any]:
    return {
        "segment_name": F("customer_segment__segment__name"),
        "segment_number": F("customer_segment__segment__number"),
    }


def segment_word(row: Any) -> str:
    if not row.segment_name:
        return ""
    return Segment(name=row.segment_name, number=row.segment_number).label


def annotate_risk(user: Any) -> dict[str, Any]:
    return {"churn_band": F("churn_score__band"), "churn_probability": F("churn_score__probability")}


def risk_word(row: Any) -> Badge | None:
    if not row.churn_band:
        return None
    return Badge(RiskBand(row.churn_band).label, BAND_TONES[RiskBand(row.churn_band)])


def annotate_class(user: Any) -> dict[str, Any]:
    return {"value_class": F("contribution__value_class"), "contribution_rank": F("contribution__rank")}


def class_word(row: Any) -> Any:
    return ValueClass(row.value_class).label if row.value_class else ""


def annotate_contribution(user: Any) -> dict[str, Any]:
    return {"contribution_12m": F("contribution__value")}


def annotate_days_late(user: Any) -> dict[str, Any]:
    return {"days_late": behaviour("weighted_days_late")}


def annotate_collection_rate(user: Any) -> dict[str, Any]:
    return {"collection_rate": behaviour("collection_rate")}


def figure(name: str) -> Any:
    """A float of the database as the Decimal that lists show and exports write."""

    def value(row: Any) -> Decimal | None:
        found = getattr(row, name)
        return None if found is None else Decimal(str(round(found, 4)))

    return value


def rounded(name: str) -> Any:
    def value(row: Any) -> Decimal | None:
        found = getattr(row, name)
        return None if found is None else Decimal(str(round(found, 1)))

    return value


class QuintileFilter(django_filters.ChoiceFilter):
    """One fifth of the customers by recency or frequency; 5 is best."""

    def __init__(self, name: str, label: Any) -> None:
        super().__init__(
            field_name=f"customer_segment__{name}", choices=[(str(score), str(score)) for score in range(5, 0, -1)],
            label=label,
        )  # fmt: skip


def segment_filters() -> dict[str, Any]:
    return {
        "segment": django_filters.ModelChoiceFilter(
            field_name="customer_segment__segment", queryset=Segment.objects.all(), label=_("Segment")
        ),
        "recency_score": QuintileFilter("recency_score", _("Recency quintile")),
        "frequency_score": QuintileFilter("frequency_score", _("Frequency quintile")),
    }


def risk_filters() -> dict[str, Any]:
    return {
        "churn": django_filters.MultipleChoiceFilter(
            field_name="churn_score__band", choices=RiskBand.choices, label=_("Risk of leaving")
        )
    }


def class_filters() -> dict[str, Any]:
    return {
        "value": django_filters.MultipleChoiceFilter(
            field_name="contribution__value_class", choices=ValueClass.choices, label=_("Customer value")
        )
    }


LIST_COLUMNS = (
    ListColumn(
        "segment",
        _("Segment"),
        annotate_segment,
        order_by="segment_name",
        permission=SEE_SEGMENTS,
        filters=segment_filters,
        value=segment_word,
    ),
    ListColumn(
        "churn_risk",
        _("Risk of leaving"),
        annotate_risk,
        kind="badge",
        order_by="churn_probability",
        permission=SEE_RISK,
        filters=risk_filters,
        default=False,
        value=risk_word,
    ),
    ListColumn(
        "churn_probability",
        _("Probability of leaving"),
        annotate_risk,
        kind="percent",
        order_by="churn_probability",
        permission=SEE_RISK,
        default=False,
        value=figure("churn_probability"),
    ),
    ListColumn(
        "value_class",
        _("Customer value"),
        annotate_class,
        order_by="contribution_rank",
        permission=SEE_VALUE,
        filters=class_filters,
        default=False,
        value=class_word,
    ),
    ListColumn(
        "contribution_12m",
        _("Contribution in 12 months"),
        annotate_contribution,
        kind="money",
        order_by="contribution_12m",
        total=True,
        permission=SEE_VALUE,
        default=False,
    ),
    ListColumn(
        "days_late",
        _("Days late, 12 months"),
        annotate_days_late,
        kind="number",
        order_by="days_late",
        permission=SEE_ACCOUNTS,
        default=False,
        value=rounded("days_late"),
    ),
    ListColumn(
        "collection_rate",
        _("Collection rate, 12 months"),
        annotate_collection_rate,
        kind="percent",
        order_by="collection_rate",
        permission=SEE_ACCOUNTS,
        default=False,
        value=figure("collection_rate"),
    ),
)
