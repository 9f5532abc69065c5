"""The cash forecast: eight weeks ahead with a band, and what earlier forecasts said of weeks that are over."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import links
from analytics.charts import Chart, Series, figure, word
from analytics.selectors import forecast
from analytics.selectors.receivables import Period
from analytics.views.base import AnalyticsPage
from crm.accounts.roles import Scope
from crm.core.display import isodate, money, money_short, percent
from crm.core.money import ZERO, base_currency


class CashPage(AnalyticsPage):
    """What will be paid, week by week, and how good the forecast was."""

    tab = "cash"
    title = gettext_lazy("Cash forecast")
    permission = "analytics.view_cashforecast"
    template_name = "analytics/cash.html"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        if self.user.scope is not Scope.ALL:
            raise PermissionDenied(self.permission)
        over = forecast.checked_weeks(self.user)
        accuracy = forecast.accuracy(over)
        return {
            "base": base_currency(),
            "forecast": forecast_chart(self.user, over),
            "accuracy": accuracy,
            "within_band": percent(Decimal(str(accuracy.within_band))) if accuracy.weeks else "",
            "mean_error": percent(Decimal(str(accuracy.mean_error_share))) if accuracy.weeks else "",
        }


def forecast_chart(user: Any, over: Sequence[forecast.ForecastWeek]) -> Chart:
    """Weeks that are over with what was forecast a week ahead and what came; then eight weeks with their band."""
    over = sorted(over, key=lambda week: week.starts_on)
    ahead = sorted(forecast.cash_forecast(user), key=lambda week: week.starts_on)
    weeks = [*over, *ahead]
    labels = [isodate(week.starts_on) for week in weeks]
    came = [getattr(week, "actual", None) for week in over] + [None] * len(ahead)
    urls = [links.received(Period(week.starts_on, week.ends_on)) for week in over] + [""] * len(ahead)
    total = sum((week.expected for week in ahead), ZERO)
    finding = _("No forecast has been made yet")
    if ahead:
        finding = _("%(total)s is expected in eight weeks, %(first)s of it until %(day)s") % {
            "total": money_short(total),
            "first": money_short(ahead[0].expected),
            "day": isodate(ahead[0].ends_on),
        }
    bands = [_("%(low)s to %(high)s") % {"low": money(week.low), "high": money(week.high)} for week in weeks]
    rows = [
        [
            word(f"{isodate(week.starts_on)} – {isodate(week.ends_on)}"),
            figure(week.expected),
            figure(week.low),
            figure(week.high),
            figure(actual, url=url),
            figure(
                (actual - week.expected) / week.expected if actual is not None and week.expected else None, "percent"
            ),
        ]
        for week, actual, url in zip(weeks, came, urls, strict=True)
    ]
    return Chart(
        key="forecast",
        finding=finding,
        note=_("By week, %(currency)s; nine weeks in ten should end within the band") % {"currency": base_currency()},
        labels=labels,
        series=[
            Series("", [week.low for week in weeks], look="floor", tone="info", stack="band"),
            Series(
                _("Band"),
                [week.high - week.low for week in weeks],
                look="band",
                tone="info",
                stack="band",
                texts=bands,
            ),
            Series(_("Expected"), [week.expected for week in weeks], look="dashed", tone="info"),
            *([Series(_("Received"), came, urls, look="bar", tone="success")] if over else []),
        ],
        heads=[_("Week"), _("Expected"), _("At least"), _("At most"), _("Received"), _("Difference")],
        rows=rows,
        empty=_("The night makes the first forecast as soon as there are invoices."),
    )
