"""Segments: the map of customers, what is typical of each group, who moved and why."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import links
from analytics.charts import Cell, Plane, Spot, Table, figure, heads, word
from analytics.models import Segment, SegmentMove
from analytics.selectors import segments
from analytics.views.base import AnalyticsPage, tabs_for
from analytics.views.parts import flow_table, sentences
from analytics.wording import feature_label, feature_value
from crm.core.columns import Column
from crm.core.display import Text, number, percent
from crm.core.display import figure as figure_text
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter
from crm.core.lists import Empty, ListView
from crm.core.money import base_currency
from customers.columns import customer_column

MOVES_OF = dt.timedelta(days=90)
GROUPS = 8  # colours of the map


def share(value: Any) -> Decimal:
    return Decimal(str(value or 0))


class SegmentsPage(AnalyticsPage):
    """The map, the profile of each segment, and the flows between them."""

    tab = "segments"
    title = gettext_lazy("Segments")
    permission = "analytics.view_customersegment"
    template_name = "analytics/segments.html"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        found = segments.segment_rows(self.user)
        since = self.today - MOVES_OF
        return {
            "base": base_currency(),
            "made_on": found[0].on if found else None,
            "map": self.segment_map(found),
            "profile": profile_table(found),
            "grid": rfm_table(self.user),
            "flows": flow_table(self.user, since, self.today),
        }

    def segment_map(self, rows: list[Any]) -> Plane:
        """Each customer by how long ago it bought and how much it bought in a year; who bought nothing stands on the
        lower edge, for a logarithm has no place for it.
        """
        points = segments.segment_map(self.user)
        edge = lower_edge([point.revenue_12m for point in points])
        of_segment: dict[int, list[Spot]] = {}
        for point in points:
            said = _("%(name)s (%(code)s)\nLast purchase %(days)s days ago\n%(revenue)s in 12 months") % {
                "name": point.name,
                "code": point.code,
                "days": number(point.recency_days),
                "revenue": figure_text(point.revenue_12m),
            }
            url = links.customer(point.customer_id)
            of_segment.setdefault(point.segment_id, []).append(
                Spot(float(point.recency_days), max(float(point.revenue_12m), edge), said, url)
            )
        largest = max(rows, key=lambda row: row.revenue_12m, default=None)
        finding = _("No segments yet")
        if largest is not None:
            finding = _("%(segment)s: %(customers)s of customers bring %(revenue)s of revenue") % {
                "segment": largest.segment.label,
                "customers": percent(share(largest.share_of_customers), 0),
                "revenue": percent(share(largest.share_of_revenue), 0),
            }
        return Plane(
            key="map",
            finding=finding,
            note=_(
                "Each point a customer: days since the last purchase, revenue of 12 months (%(currency)s, log scale); "
                "on the lower edge those without revenue in 12 months"
            )
            % {"currency": base_currency()},
            groups=[
                (row.segment.label, f"g{place % GROUPS}", of_segment.get(row.segment.pk, []))
                for place, row in enumerate(rows)
            ],
            axes=[_("Days since the last purchase"), _("Revenue in 12 months")],
            scales=[{}, {"type": "log", "min": edge}],
            heads=[_("Segment"), _("Customers on the map")],
            rows=[
                [
                    word(row.segment.label, links.customers(segment=row.segment.pk)),
                    figure(len(of_segment.get(row.segment.pk, [])), "count"),
                ]
                for row in rows
            ],
            empty=_("The night finds the segments as soon as there are enough customers."),
        )


def lower_edge(revenues: Iterable[Decimal]) -> float:
    """The power of ten below the smallest revenue there is: where the axis of the map begins."""
    smallest = min((revenue for revenue in revenues if revenue > 0), default=Decimal(1))
    return float(Decimal(10) ** (smallest.adjusted() - 1))


def typical_words(typical: list[Any]) -> Text:
    """'Days since the last purchase: far above; ...': where the segment differs most from all."""
    said = []
    for code, difference in typical[:3]:
        pattern = _("%(feature)s above average") if difference > 0 else _("%(feature)s below average")
        said.append(pattern % {"feature": feature_label(code)})
    return " · ".join(said)


def profile_table(rows: list[Any]) -> Table:
    """One column a segment, the figures of its customers below one another; its name leads to them."""
    figures: list[tuple[Text, list[Cell]]] = [
        (_("What is typical"), [Cell(typical_words(row.typical), css="dash-words") for row in rows]),
        (_("Customers"), [figure(row.customers, "count", links.customers(segment=row.segment.pk)) for row in rows]),
        (_("Share of all"), [figure(share(row.share_of_customers), "percent") for row in rows]),
        (_("Revenue in 12 months"), [figure(row.revenue_12m) for row in rows]),
        (_("Share of revenue"), [figure(share(row.share_of_revenue), "percent") for row in rows]),
    ]
    for code in segments.MEDIANS:
        medians = [Cell(feature_value(code, row.medians.get(code))) for row in rows]
        figures.append((_("Median: %(feature)s") % {"feature": feature_label(code)}, medians))
    return Table(
        key="profile",
        title=_("What each segment is like"),
        heads=[
            word(""),
            *(Cell(row.segment.label, links.customers(segment=row.segment.pk)) for row in rows),
        ],
        rows=[[word(label), *cells] for label, cells in figures] if rows else [],
        note=_("Medians of the customers of a segment that you see."),
        empty=_("The night finds the segments as soon as there are enough customers."),
    )


def rfm_table(user: Any) -> Table:
    """Customers by quintile of recency and of frequency; 5 is best."""
    cells = {(cell.recency, cell.frequency): cell for cell in segments.rfm_grid(user)}
    rows = []
    for recency in range(5, 0, -1):
        row = [word(f"R{recency}")]
        for frequency in range(1, 6):
            cell = cells.get((recency, frequency))
            url = links.customers(recency_score=recency, frequency_score=frequency)
            row.append(figure(cell.customers if cell else 0, "count", url))
        rows.append(row)
    return Table(
        key="rfm",
        title=_("Recency against frequency, in quintiles"),
        heads=heads("", *(f"F{score}" for score in range(1, 6))),
        rows=rows if cells else [],
        note=_("R: recency, F: frequency; 5 is the best fifth: bought most recently, buys most often."),
        empty=_("The night finds the segments as soon as there are enough customers."),
    )


class MoveFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Customer"))
    since = DateFilter(field_name="on", lookup_expr="gte", label=gettext_lazy("Since"))
    came_from = django_filters.ModelChoiceFilter(
        queryset=Segment.objects.all(),
        label=gettext_lazy("From"),
        null_label=gettext_lazy("New"),
        null_value="none",
    )
    went_to = django_filters.ModelChoiceFilter(queryset=Segment.objects.all(), label=gettext_lazy("To"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(customer__search_text__contains=value.strip().lower())


class MoveList(ListView):
    """Who changed its segment, when, and the figures that made it."""

    key = "segment_moves"
    title = gettext_lazy("Moves between segments")
    permission = "analytics.view_segmentmove"
    model = SegmentMove
    filterset_class = MoveFilters
    template_name = "analytics/list.html"
    default_order = ("-on",)
    columns = (
        Column("on", gettext_lazy("Date"), "date", order_by="on"),
        customer_column(with_code=True),
        Column(
            "came_from",
            gettext_lazy("From"),
            value=lambda row: row.came_from.label if row.came_from else _("New"),
            related=("came_from",),
        ),
        Column("went_to", gettext_lazy("To"), value=lambda row: row.went_to.label, related=("went_to",)),
        Column("reasons", gettext_lazy("Why"), value=lambda row: sentences(row.reasons)),
    )
    empty = Empty(gettext_lazy("No customer has changed its segment"))

    @classmethod
    def row_url(cls, row: Any) -> str:
        return str(row.customer.get_absolute_url())

    def extra_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"tabs_of": tabs_for(request.user, "segments")}
