"""Money: Decimal amounts in a currency, rounded in this one place.

An amount is always a Decimal with at most two places; floats never enter. A rate is the price of one unit
of a foreign currency in the base currency of the installation.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.errors import AmountPlaces

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


# Digits alone, or in threes between commas or blanks: '1,23' may be 123 or 1.23, and is neither.
TYPED = re.compile(r"-?(?:\d+|\d{1,3}(?:[, \u00a0]\d{3})+)(?:\.\d*)?|-?\.\d+")


def typed_amount(text: str) -> Decimal | None:
    """An amount as people write it, such as '1,234.50'; None for what can be read in two ways or is none ('1e5')."""
    text = text.strip()
    if not TYPED.fullmatch(text):
        return None
    return Decimal(re.sub(r"[, \u00a0]", "", text))


class MoneyField(models.DecimalField):
    """An amount with two decimals, up to 9,999,999,999,999,999.99 of its currency."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):
    """Base currency units for one unit of a currency."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 8)
        super().__init__(*args, **kwargs)


class CurrencyCodeField(models.CharField):
    """ISO 4217 code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault("verbose_name", _("currency"))
        super().__init__(*args, **kwargs)


def base_currency() -> str:
    return settings.BASE_CURRENCY


def round_money(amount: Decimal, places: int = 2) -> Decimal:
    """Round half up (commercial rounding) to the places of the currency."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP).quantize(CENT)


def check_places(amount: Decimal, *, currency: str, places: int) -> None:
    """Refuse an amount that its currency has no coin for. Raises AmountPlaces."""
    if amount != round_money(amount, places):
        raise AmountPlaces(amount=amount, currency=currency)


def to_base(amount: Decimal, rate: Decimal) -> Decimal:
    """Amount of a document in the base currency, at the document's own rate."""
    return round_money(amount * rate)


def share_of(part: Decimal, whole: Decimal, whole_base: Decimal) -> Decimal:
    """Base amount that goes with `part` of an open `whole`; the last part takes the remainder.

    Used when an open foreign amount is settled in parts: the parts add up to `whole_base` to the cent.
    """
    if part == whole:
        return whole_base
    return round_money(whole_base * part / whole)


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split an amount by weights; the last part takes the remainder, so the parts add up to the cent."""
    total = sum(weights, Decimal(0))
    if not weights or total == 0:
        raise ValueError("an amount cannot be split over nothing")
    parts = [round_money(amount * weight / total) for weight in weights[:-1]]
    return [*parts, amount - sum(parts, ZERO)]
