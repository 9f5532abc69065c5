"""Pages of fitted scorecards: every version, and one with how well it does and what each bin gives."""

from decimal import Decimal
from statistics import mean
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy

from credit.models.fitted import FittedScorecard
from crm.core.columns import Column
from crm.core.filters import ListFilterSet, SearchFilter
from crm.core.lists import Empty, ListView
from crm.core.permissions import Guarded

SEE = "credit.view_fittedscorecard"


class FittedFilter(ListFilterSet):
    q = SearchFilter(field_name="name", lookup_expr="icontains", placeholder=gettext_lazy("Name"))


def rounded(key: str) -> Any:
    return lambda row: f"{row.metrics[key]:.4f}"


class FittedList(ListView):
    """Every scorecard that was fitted, newest first."""

    key = "fitted_scorecards"
    title = gettext_lazy("Fitted scorecards")
    permission = SEE
    model = FittedScorecard
    filterset_class = FittedFilter
    default_order = ("-version",)
    columns = (
        Column("name", gettext_lazy("Name"), value=str, url=FittedScorecard.get_absolute_url),
        Column("on", gettext_lazy("Fitted on"), "date", order_by="on"),
        Column("companies", gettext_lazy("Companies"), "number", order_by="companies"),
        Column("failed", gettext_lazy("Failed"), "number", order_by="failed"),
        Column("auc", gettext_lazy("AUC"), value=rounded("auc")),
        Column("plain", gettext_lazy("AUC of plain logistic regression"), value=rounded("plain")),
        Column("ks", gettext_lazy("KS"), value=rounded("ks")),
        Column("psi", gettext_lazy("Stability (PSI)"), value=rounded("psi")),
    )
    empty = Empty(
        gettext_lazy("No scorecard was fitted yet"),
        gettext_lazy("Whoever runs the server has one learned from a file of companies whose end is known."),
    )

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return FittedScorecard.objects.all()


def grade_rows(found: FittedScorecard) -> list[dict[str, Any]]:
    """The grades of the master scale as the page shows them: `fits` where the prediction lies in the interval."""
    rows = []
    for row, bound in zip(found.metrics.get("grades", []), [*found.card.get("bounds", []), None], strict=False):
        shown = {key: share_of(row[key]) for key in ("share", "rate", "predicted", "low", "high")}
        fits = not row["companies"] or row["low"] <= row["predicted"] <= row["high"]
        rows.append({**row, **shown, "up_to": share_of(bound), "fits": fits})
    return rows


def share_of(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


class FittedPage(Guarded):
    """One fitted scorecard: validation, failures by band of points, characteristics with their bins."""

    permission = SEE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(FittedScorecard.objects.select_related("created_by"), pk=pk)
        bands = [{**band, "rate": Decimal(band["failed"]) / band["companies"]} for band in found.metrics["bands"]]
        context = {
            "record": found,
            "metrics": found.metrics,
            "bands": bands,
            "worst": max(band["rate"] for band in bands),
            "grades": grade_rows(found),
            "breaches": found.metrics.get("breaches", []),
            "nested": mean(found.metrics["nested"]) if found.metrics.get("nested") else None,
            "stable": found.metrics["psi"] < 0.1,
            "better": found.metrics["auc"] > found.metrics["plain"],
        }
        return render(request, "credit/fitted/page.html", context)
