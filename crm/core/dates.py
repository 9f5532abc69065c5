"""Business dates: a date in the company's time zone. Rules and services are handed one; only the edges ask here."""

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

# What people type or import lies between these; the database and every calculation with terms can bear it.
FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2199, 12, 31)


def business_today() -> dt.date:
    """Today's date in the business time zone."""
    return timezone.now().astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).date()


def months_before(on: dt.date, months: int) -> dt.date:
    """The same day that many months earlier; the last day of the month where it has no such day."""
    index = on.year * 12 + on.month - 1 - months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(on.day, last))
