"""What will be paid in the next eight weeks, and what then was."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import Numbered
from crm.core.money import ZERO, MoneyField


class ForecastQuerySet(models.QuerySet["CashForecast"]):
    def independent(self, *, week: int) -> "ForecastQuerySet":
        """Forecasts so many weeks ahead that are over, the newest first, a whole number of weeks apart: no day of money
        is in two of them, however often a forecast is made.
        """
        over = self.filter(week=week, actual__isnull=False).order_by("-on")
        newest = over.values_list("on", flat=True).first()
        return over.filter(on__iso_week_day=newest.isoweekday()) if newest else over.none()


class CashForecast(Numbered):
    """Money expected in one week as forecast on the morning of `on`, in base currency; nine times in ten in the band.

    Weeks are seven days, the first one from `on` itself. `from_open` comes from invoices open then, `from_new` from
    those still to be billed. `actual` is filled in once the week is over and worked out anew for 90 days.
    """

    on = models.DateField(_("date"))
    week = models.PositiveSmallIntegerField(_("week"))
    starts_on = models.DateField(_("begins"))
    ends_on = models.DateField(_("ends"))
    from_open = MoneyField(_("from open invoices"), default=ZERO)
    from_new = MoneyField(_("from new invoices"), default=ZERO)
    expected = MoneyField(_("expected"), default=ZERO)
    low = MoneyField(_("at least"), default=ZERO)
    high = MoneyField(_("at most"), default=ZERO)
    actual = MoneyField(_("received"), null=True)
    actual_open = MoneyField(_("received of open invoices"), null=True)

    objects = ForecastQuerySet.as_manager()

    class Meta:
        verbose_name = _("cash forecast")
        verbose_name_plural = _("cash forecasts")
        ordering = ["-on", "week"]
        constraints = [
            models.UniqueConstraint(fields=["on", "week"], name="cash_forecast_once_a_week"),
            models.CheckConstraint(name="cash_forecast_in_order", condition=Q(low__lte=F("high"))),
            models.CheckConstraint(name="cash_forecast_dates", condition=Q(ends_on__gte=F("starts_on"))),
        ]
        indexes = [models.Index(fields=["ends_on"], name="cash_forecast_unchecked", condition=Q(actual__isnull=True))]

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on + dt.timedelta(days=1)).days
