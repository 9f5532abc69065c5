"""Exchange rates: the price of a currency in base currency on a day is the newest one known on or before it."""

import datetime as dt
from decimal import Decimal

from crm.core.errors import RateMissing
from crm.core.models import Rate
from crm.core.money import base_currency


def rate_on(*, currency: str, on: dt.date) -> Decimal:
    """Base currency for one unit of `currency` on that day; raises RateMissing."""
    if currency == base_currency():
        return Decimal(1)
    rate = Rate.objects.filter(currency_id=currency, date__lte=on).order_by("-date").values_list("rate", flat=True)
    for found in rate[:1]:
        return Decimal(found)
    raise RateMissing(currency=currency, on=on)
