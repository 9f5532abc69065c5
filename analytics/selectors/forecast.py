"""The cash forecast: the weeks ahead, and how earlier forecasts did."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.models import CashForecast
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
    """Weeks that are over, each with the forecast made on its first morning, the newest first."""
    if user.scope is not Scope.ALL:
        return []
    rows = CashForecast.objects.filter(week=1, actual__isnull=False).order_by("-starts_on", "-on")
    return [as_week(row) for row in rows[:limit]]


def accuracy() -> ForecastAccuracy:
    rows = list(CashForecast.objects.filter(week=1, actual__isnull=False))
    if not rows:
        return ForecastAccuracy(0, 0.0, 0.0)
    came = [(row, row.actual) for row in rows if row.actual is not None]
    within = sum(1 for row, actual in came if row.low <= actual <= row.high)
    errors = [abs(float((actual - row.expected) / actual)) for row, actual in came if actual]
    return ForecastAccuracy(len(rows), within / len(rows), sum(errors) / len(errors) if errors else 0.0)
