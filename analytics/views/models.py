"""The register of models: what each was fitted on, how it did against the naive figure, and whether it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.charts import Cell, Table, heads, word
from analytics.learning.drift import MUCH, SOME
from analytics.models import Algorithm, ModelKind, ModelVersion
from analytics.selectors import register
from analytics.views.base import AnalyticsPage
from analytics.wording import feature_label
from crm.core.display import Badge, Text, isodate, number

VERSIONS = 15
WORST = 2  # features named that changed most
# Metrics in the order of the table, with their words; any other follows under its own name.
METRICS: dict[str, Any] = {
    "auc": gettext_lazy("AUC"),
    "brier": gettext_lazy("Brier score"),
    "log_loss": gettext_lazy("Log loss"),
    "mae": gettext_lazy("Mean error in days"),
    "silhouette": gettext_lazy("Silhouette"),
    "calibration_error": gettext_lazy("Calibration error"),
    "rows": gettext_lazy("Rows"),
}


@dataclass(frozen=True)
class Entry:
    """The newest version of one kind of model, as the page shows it."""

    model: ModelVersion
    state: Badge
    facts: list[tuple[Text, Text]]
    candidates: Table
    features: list[tuple[Text, str]]
    versions: Table


class ModelsPage(AnalyticsPage):
    """One part for each kind of model."""

    tab = "models"
    title = gettext_lazy("Models")
    permission = "analytics.view_modelversion"
    template_name = "analytics/models.html"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"entries": [entry(model) for model in register.current_models()]}


def entry(model: ModelVersion) -> Entry:
    state = Badge(_("In use"), "success") if model.trusted else Badge(_("Baseline in use"), "warning")
    return Entry(
        model=model,
        state=state,
        facts=[
            (_("Version"), _("%(number)s of %(day)s") % {"number": model.version, "day": isodate(model.on)}),
            (_("Algorithm"), model.get_algorithm_display()),
            (_("In use"), model.get_uses_display()),
            (_("Verdict"), model.get_verdict_display()),
            (_("Fitted on"), window(model.data_from, model.data_until, model.rows)),
            (_("Tested on"), window(model.tested_from, model.tested_until, model.tested_rows)),
            (_("Drift"), drift_words(model)),
            (_("Last trusted"), isodate(model.last_trusted_on) or _("never")),
        ],
        candidates=candidates_table(model),
        features=features(model),
        versions=versions_table(model.kind),
    )


def features(model: ModelVersion) -> list[tuple[Text, str]]:
    """The features that count most; nothing where they have no weights."""
    if len({weight for _code, weight in model.features}) < 2:
        return []
    return [(feature_label(code), figure_of(weight)) for code, weight in model.features[:8]]


def window(begin: Any, end: Any, rows: int) -> str:
    if not begin or not end:
        return ""
    return _("%(begin)s to %(end)s, %(rows)s rows") % {
        "begin": isodate(begin),
        "end": isodate(end),
        "rows": number(rows),
    }


def drift_words(model: ModelVersion) -> str:
    """'0.08, little; most in growth 0.31, irregularity 0.12': the median by which the model is judged, and the features
    that changed most.
    """
    if model.drift is None:
        return _("not told: too few rows")
    much = _("much") if model.drift > MUCH else _("some") if model.drift > SOME else _("little")
    worst = sorted(model.drifts.items(), key=lambda item: -item[1])[:WORST]
    if not worst:
        return f"{model.drift:.2f}, {much}"
    return _("%(median)s, %(much)s; most in %(features)s") % {
        "median": f"{model.drift:.2f}",
        "much": much,
        "features": _(", ").join(f"{feature_label(code)} {index:.2f}" for code, index in worst),
    }


def figure_of(value: Any) -> str:
    """A metric as people read it: counts whole, shares to three places."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return number(value)
    return str(value) if isinstance(value, str) else f"{Decimal(str(value)):.3f}"


def candidates_table(model: ModelVersion) -> Table:
    """Each candidate beside the naive one, on the same held-out time."""
    metrics: Mapping[str, Mapping[str, Any]] = {
        name: found for name, found in model.metrics.items() if isinstance(found, Mapping)
    }
    names = [name for name in METRICS if any(name in found for found in metrics.values())]
    algorithms: dict[str, Any] = {**dict(Algorithm.choices), "everybody": _("The average of all customers")}
    rows = []
    for code, found in metrics.items():
        marks = [_("in use")] if code == model.uses else []
        if code == model.baseline:
            marks.append(_("naive"))
        rows.append(
            [
                word(algorithms.get(code, code), detail=_(", ").join(marks)),
                *(Cell(figure_of(found.get(name))) for name in names),
            ]
        )
    return Table(
        key=f"candidates-{model.kind}",
        title=_("Candidates on held-out time"),
        heads=heads(_("Candidate"), *(METRICS[name] for name in names)),
        rows=rows,
        empty=_("There was too little data to test."),
    )


def versions_table(kind: str) -> Table:
    rows = [
        [
            Cell(isodate(model.on), css="nowrap"),
            Cell(str(model.version)),
            word(model.get_algorithm_display()),
            word(model.get_uses_display()),
            word(model.get_verdict_display()),
            Cell("" if model.drift is None else f"{model.drift:.2f}"),
        ]
        for model in register.history(kind)[:VERSIONS]
    ]
    return Table(
        key=f"versions-{kind}",
        title=_("Versions"),
        heads=[
            word(_("Date")),
            Cell(_("Version")),
            word(_("Algorithm")),
            word(_("In use")),
            word(_("Verdict")),
            Cell(_("Drift")),
        ],
        rows=rows,
        empty=str(ModelKind(kind).label),
    )
