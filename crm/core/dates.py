"""Business dates: a date in the company's time zone. Rules and services are handed one; only the edges ask here."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def business_today() -> dt.date:
    """Today's date in the business time zone."""
    return timezone.now().astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).date()
