"""Retention: who is likely to leave, why, what it is worth, and what to do; value against risk above the list."""

from typing import Any

import django_filters
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import links
from analytics.advice import ACTIONS, next_action
from analytics.charts import Cell, Table, figure, word
from analytics.models import ChurnScore, ModelKind, ModelVersion, RiskBand, Segment, Standing, ValueClass
from analytics.selectors import contribution
from analytics.views.base import tabs_for
from analytics.views.parts import chance, risk_badge, sentences
from crm.core.columns import Column
from crm.core.display import Text, isodate, money, number
from crm.core.filters import ListFilterSet, SearchFilter
from crm.core.lists import Empty, ListView, Preset
from customers.choice_filters import OwnerChoiceFilter
from customers.columns import customer_column, customer_owner_column

BANDS = (RiskBand.HIGH, RiskBand.MEDIUM, RiskBand.LOW)


URGENCY = Case(
    *(When(band=band, then=place) for place, band in enumerate(BANDS)), default=len(BANDS), output_field=IntegerField()
)


class RetentionFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Customer"))
    risk = django_filters.MultipleChoiceFilter(
        field_name="band", choices=RiskBand.choices, label=gettext_lazy("Risk of leaving")
    )
    standing = django_filters.MultipleChoiceFilter(choices=Standing.choices, label=gettext_lazy("Standing"))
    value = django_filters.MultipleChoiceFilter(
        field_name="customer__contribution__value_class",
        choices=ValueClass.choices,
        label=gettext_lazy("Customer value"),
    )
    segment = django_filters.ModelChoiceFilter(
        field_name="customer__customer_segment__segment",
        queryset=Segment.objects.all(),
        label=gettext_lazy("Segment"),
    )
    owner = OwnerChoiceFilter(label=gettext_lazy("Owner"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(customer__search_text__contains=value.strip().lower())


def value_word(row: Any) -> Text:
    found = getattr(row.customer, "contribution", None)
    return found.get_value_class_display() if found else ""


def action_word(row: Any) -> Text:
    found = getattr(row.customer, "contribution", None)
    code = next_action(standing=row.standing, band=row.band, value_class=found.value_class if found else "")
    return ACTIONS[code]


def silence(row: Any) -> str:
    """'95 days, usually 30': how long nothing was bought, against the customer's own rhythm."""
    if row.usual_gap is None:
        return _("%(days)s days") % {"days": number(row.days_silent)}
    return _("%(days)s days, usually %(usual)s") % {"days": number(row.days_silent), "usual": round(row.usual_gap)}


class RetentionList(ListView):
    """Every customer with what can be said about its staying."""

    key = "retention"
    title = gettext_lazy("Retention")
    permission = "analytics.view_churnscore"
    model = ChurnScore
    filterset_class = RetentionFilters
    template_name = "analytics/list.html"
    default_order = ("urgency", "-value_at_risk")
    columns = (
        customer_column(with_code=True),
        customer_owner_column(),
        Column("risk", gettext_lazy("Risk of leaving"), "badge", value=risk_badge, detail=chance, order_by="urgency"),
        Column("probability", gettext_lazy("Probability"), value=chance, order_by="probability", default=False),
        Column("value_at_risk", gettext_lazy("Revenue at risk"), "money", order_by="value_at_risk", total=True),
        Column(
            "value",
            gettext_lazy("Customer value"),
            value=value_word,
            related=("customer__contribution",),
            order_by="customer__contribution__rank",
        ),
        Column("silence", gettext_lazy("Silent for"), value=silence, order_by="days_silent", default=False),
        Column("reasons", gettext_lazy("Why"), value=lambda row: sentences(row.reasons)),
        Column("action", gettext_lazy("Next action"), value=action_word, related=("customer__contribution",)),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("high", gettext_lazy("High risk"), "risk=high"),
        Preset("key", gettext_lazy("Key customers at risk"), "risk=high&risk=medium&value=key"),
        Preset("gone", gettext_lazy("Gone"), "standing=gone"),
        Preset("unknown", gettext_lazy("Cannot be told"), "standing=new&standing=gap"),
    )
    empty = Empty(
        gettext_lazy("Nobody is scored yet"),
        gettext_lazy("The night scores every customer that has bought; the first scores come tomorrow morning."),
    )

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return ChurnScore.objects.visible_to(user).annotate(urgency=URGENCY)

    @classmethod
    def row_url(cls, row: Any) -> str:
        return str(row.customer.get_absolute_url())

    def extra_context(self, request: HttpRequest) -> dict[str, Any]:
        if request.headers.get("HX-Target"):
            return {}
        return {
            "tabs_of": tabs_for(request.user, "retention"),
            "intro": trust_words(),
            "tables": [matrix_table(request.user)],
        }


def trust_words() -> str:
    """What the probabilities rest on, in one sentence."""
    model = ModelVersion.objects.filter(kind=ModelKind.CHURN).order_by("-on").first()
    if model is None:
        return ""
    return _("Probability of buying nothing in the model's horizon, by %(how)s, as of %(day)s. %(verdict)s.") % {
        "how": model.get_uses_display(),
        "day": isodate(model.on),
        "verdict": model.get_verdict_display(),
    }


def matrix_table(user: Any) -> Table:
    """How many customers of which value at which risk, and the revenue at risk; each cell leads to them."""
    cells = {(cell.value_class, cell.band): cell for cell in contribution.value_risk_matrix(user)}
    rows = []
    for value_class, label in ValueClass.choices:
        row: list[Cell] = [word(label, links.address("analytics:retention", value=value_class))]
        for band in BANDS:
            cell = cells.get((value_class, band.value))
            url = links.address("analytics:retention", value=value_class, risk=band.value)
            count = cell.customers if cell else 0
            tone = "matrix-hot" if band is RiskBand.HIGH else "matrix-warm" if band is RiskBand.MEDIUM else ""
            css = f"num {tone if count and value_class in (ValueClass.KEY, ValueClass.GROWTH) else ''}".strip()
            at_risk = money(cell.value_at_risk) if cell and cell.value_at_risk else ""
            row.append(Cell(figure(count, "count").text, url if count else "", css, at_risk))
        rows.append(row)
    return Table(
        key="matrix",
        title=_("Value against risk: customers, and the revenue at risk"),
        heads=[word(_("Customer value")), *(Cell(_("%(band)s risk") % {"band": band.label}) for band in BANDS)],
        rows=rows if cells else [],
        empty=_("Nobody is scored yet"),
    )
