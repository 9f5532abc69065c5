"""Contribution: who brings what; the whale curve above the ranking."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.charts import Chart, Series, figure, word
from analytics.models import Basis, Contribution, ValueClass
from analytics.selectors import contribution
from analytics.views.base import tabs_for
from crm.accounts.roles import Scope
from crm.core.columns import Column
from crm.core.display import Badge, number, percent
from crm.core.filters import ListFilterSet, SearchFilter
from crm.core.lists import Empty, ListView, Preset
from customers.choice_filters import OwnerChoiceFilter
from customers.columns import customer_column, customer_owner_column

ENOUGH = 0.8  # of the contribution
TONES = {
    ValueClass.KEY: "success",
    ValueClass.GROWTH: "info",
    ValueClass.ORDINARY: "neutral",
    ValueClass.LOSS: "danger",
}


class ContributionFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Customer"))
    value = django_filters.MultipleChoiceFilter(
        field_name="value_class", choices=ValueClass.choices, label=gettext_lazy("Class")
    )
    basis = django_filters.MultipleChoiceFilter(choices=Basis.choices, label=gettext_lazy("Basis"))
    owner = OwnerChoiceFilter(label=gettext_lazy("Owner"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(customer__search_text__contains=value.strip().lower())


def as_share(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


class ContributionList(ListView):
    """What each visible customer brought in twelve months, the most first; rank and shares are among those."""

    key = "contribution"
    title = gettext_lazy("Contribution")
    permission = "analytics.view_contribution"
    model = Contribution
    filterset_class = ContributionFilters
    template_name = "analytics/list.html"
    default_order = ("rank",)
    columns = (
        Column("rank", gettext_lazy("Rank"), "number", order_by="rank"),
        customer_column(with_code=True),
        customer_owner_column(),
        Column(
            "value_class",
            gettext_lazy("Class"),
            "badge",
            value=lambda row: Badge(row.get_value_class_display(), TONES[ValueClass(row.value_class)]),
            order_by="value_class",
        ),
        Column("value", gettext_lazy("Contribution"), "money", order_by="value", total=True),
        Column("revenue_12m", gettext_lazy("Revenue in 12 months"), "money", order_by="revenue_12m", total=True),
        Column(
            "margin_rate",
            gettext_lazy("Margin rate"),
            "percent",
            value=lambda row: as_share(row.margin_rate),
            order_by="margin_rate",
        ),
        Column(
            "share",
            gettext_lazy("Share of all"),
            "percent",
            value=lambda row: as_share(row.share),
            order_by="share",
        ),
        Column(
            "cumulative_share",
            gettext_lazy("Cumulated"),
            "percent",
            value=lambda row: as_share(row.cumulative_share),
        ),
        Column("basis", gettext_lazy("Basis"), value=lambda row: row.get_basis_display(), order_by="basis"),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("key", gettext_lazy("Key"), "value=key"),
        Preset("growth", gettext_lazy("Growth"), "value=growth"),
        Preset("loss", gettext_lazy("Loss-making"), "value=loss&sort=value"),
    )
    empty = Empty(
        gettext_lazy("Nothing is worked out yet"),
        gettext_lazy("The night works out what each customer brings; the first figures come tomorrow morning."),
    )

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        contribution.place_among_visible(rows, user)
        return rows

    @classmethod
    def row_url(cls, row: Any) -> str:
        return str(row.customer.get_absolute_url())

    def extra_context(self, request: HttpRequest) -> dict[str, Any]:
        if request.headers.get("HX-Target"):
            return {}
        return {
            "tabs_of": tabs_for(request.user, "contribution"),
            "intro": basis_words(request.user),
            "charts": [whale_chart(request.user)],
        }


def basis_words(user: Any) -> str:
    """What the figures are made of: said before anybody relies on them."""
    basis = contribution.basis(user)
    words = _(
        "Margin of 12 months for %(margin)s customers, estimated from the company's average for %(estimated)s, "
        "revenue where no cost is known for %(revenue)s"
    ) % {
        "margin": number(basis.margin),
        "estimated": number(basis.estimated),
        "revenue": number(basis.revenue),
    }
    if user.scope is Scope.ALL:
        return words
    return f"{words}. " + _("Rank and shares are among the customers you see.")


def whale_chart(user: Any) -> Chart:
    """The cumulated contribution from the best customer to the worst: above 100% others eat it up again."""
    points = contribution.whale_curve(user)
    shares = [as_share(point.cumulative_share) or Decimal(0) for point in points]
    best = max(shares, default=Decimal(0))
    top = next((point for point in points if point.cumulative_share >= ENOUGH), None)
    finding = _("Nothing is worked out yet")
    if top is not None:
        finding = _("%(customers)s of customers bring 80%% of the contribution") % {
            "customers": percent(as_share(top.share_of_customers), 0)
        }
    if best > Decimal("1.005"):
        finding = _("At their best customers bring %(best)s of what remains; the rest eat the difference up") % {
            "best": percent(best, 0)
        }
    labels = [percent(as_share(point.share_of_customers), 0) for point in points]
    return Chart(
        key="whale",
        finding=finding,
        note=_("Cumulated share of the contribution of 12 months, customers in order of what they bring"),
        labels=labels,
        units=["percent"],
        series=[Series(_("Cumulated share"), shares)],
        heads=[_("Customers"), _("Share of customers"), _("Contribution"), _("Cumulated share")],
        rows=[
            [
                word(number(point.customers)),
                figure(as_share(point.share_of_customers), "percent"),
                figure(point.value),
                figure(as_share(point.cumulative_share), "percent"),
            ]
            for point in points
        ],
        empty=_("The night works out what each customer brings; the first figures come tomorrow morning."),
    )
