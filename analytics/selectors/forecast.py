"""The cash forecast: the weeks ahead, and how earlier forecasts did."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from analytics.models import CashForecast
from analytics.selectors.receivables import Period, received_in
from crm.accounts.roles import Scope


@dataclass(frozen=True)
class ForecastWeek:
    week: int
    starts_on: dt.date
    ends_on: dt.date
    from_open: Decimal
    from_new: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal
    actual: Decimal | None = None
    actual_open: Decimal | None = None


@dataclass(frozen=True)
class ForecastAccuracy:
    """Of forecasts made a week ahead: how many are over, the share within the band, the mean error as a share."""

    weeks: int
    within_band: float
    mean_error_share: float


def as_week(row: CashForecast) -> ForecastWeek:
    return ForecastWeek(
        row.week, row.starts_on, row.ends_on, row.from_open, row.from_new, row.expected, row.low, row.high,
        row.actual, row.actual_open,
    )  # fmt: skip


def cash_forecast(user: Any) -> list[ForecastWeek]:
    """The newest forecast; for those who see all customers."""
    if user.scope is not Scope.ALL:
        return []
    newest = CashForecast.objects.order_by("-on").values("on")[:1]
    return [as_week(row) for row in CashForecast.objects.filter(on__in=newest).order_by("week")]


def checked_weeks(user: Any, limit: int = 26) -> list[ForecastWeek]:
    """Weeks that are over, each with the forecast made on its first morning, the newest first. No two share a day: they
    begin a whole number of weeks before the newest. What came is read from the receipts as they stand now.
    """
    if user.scope is not Scope.ALL:
        return []
    weeks = [as_week(row) for row in CashForecast.objects.independent(week=1)[:limit]]
    came = received_in(user, [Period(week.starts_on, week.ends_on) for week in weeks])
    return [replace(week, actual=amount) for week, amount in zip(weeks, came, strict=True)]


def accuracy(weeks: Sequence[ForecastWeek]) -> ForecastAccuracy:
    """How the forecasts of these weeks did; weeks that are not over do not count."""
    came = [(week, week.actual) for week in weeks if week.actual is not None]
    if not came:
        return ForecastAccuracy(0, 0.0, 0.0)
    within = sum(1 for week, actual in came if week.low <= actual <= week.high)
    errors = [abs(float((actual - week.expected) / actual)) for week, actual in came if actual]
    return ForecastAccuracy(len(came), within / len(came), sum(errors) / len(errors) if errors else 0.0)
