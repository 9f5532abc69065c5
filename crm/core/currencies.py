"""Currencies by their code: how many decimal places an amount in one of them has."""

from crm.core.errors import CurrencyUnknown
from crm.core.models import Currency


def currency_of(code: str) -> Currency:
    """The currency of this ISO 4217 code; raises CurrencyUnknown."""
    known: Currency | None = Currency.objects.filter(code=code).first()
    if known is None:
        raise CurrencyUnknown(currency=code)
    return known


def places_of(code: str) -> int:
    """Decimal places of amounts in the currency: 2, or 0 where it has no smaller coin. Raises CurrencyUnknown."""
    return currency_of(code).places
