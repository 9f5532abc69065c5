"""The fields of a profile in their standard form: one check for forms, imports and the shell."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.text import capfirst

from crm.core.dates import business_today
from customers.countries import countries
from customers.errors import FieldInvalid, FieldTooLong, FoundedLater, IdentityInvalid, NoCountry, UsccInvalid
from customers.models import Customer, Industry, Region
from customers.rules import check_uscc, compact_identity, identity_fault


class Profile(TypedDict, total=False):
    """What a profile says about a customer; a field that is not given stays as it is."""

    code: str
    kind: str
    category: str
    name: str
    short_name: str
    english_name: str
    other_names: str
    uscc: str
    foreign_number: str
    identity_number: str
    industry_id: str | None
    region_id: str | None
    country: str
    address: str
    english_address: str
    phone: str
    email: str
    website: str
    size: str
    ownership: str
    founded_on: dt.date | None
    registered_capital: Decimal | None
    registered_capital_currency: str
    legal_representative: str
    legal_form: str
    proprietor: str
    proprietor_residence: str
    parent_id: int | None
    notes: str


PROFILE_FIELDS = tuple(Profile.__annotations__)
ONE_LINE = frozenset(PROFILE_FIELDS) - {"notes"}
UPPER = ("country", "registered_capital_currency", "foreign_number")
LISTS = (("industry_id", Industry), ("region_id", Region))
META: dict[str, Any] = {name: Customer._meta.get_field(name.removesuffix("_id")) for name in PROFILE_FIELDS}
CHOICES = {
    name: {key for key, _label in field.choices} | ({""} if field.blank else set())
    for name, field in META.items()
    if field.choices
}
LIMITS: dict[str, int] = {
    name: field.max_length
    for name, field in META.items()
    if getattr(field, "max_length", None) and not field.is_relation
}
url_validator = URLValidator()


def label(name: str) -> str:
    """How a field is called on the page."""
    return capfirst(str(META[name].verbose_name))


def cleaned(given: Any, *, known: dict[str, Collection[str]] | None = None) -> dict[str, Any]:
    """The given fields without stray blanks, checked. `known` has the codes of the lists when many rows are checked."""
    unknown = set(given) - set(PROFILE_FIELDS)
    if unknown:
        raise TypeError(f"no fields of a profile: {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, str):
            value = " ".join(value.split()) if name in ONE_LINE else value.strip()
        values[name] = value
    for name in UPPER:
        if values.get(name):
            values[name] = values[name].upper()
    if values.get("uscc"):
        values["uscc"], fault = check_uscc(values["uscc"])
        if fault is not None:
            raise UsccInvalid(uscc=values["uscc"], fault=fault)
    if values.get("identity_number"):
        values["identity_number"] = compact_identity(values["identity_number"])
    check_values(values)
    for name, model in LISTS:
        if name in values:
            values[name] = values[name] or None
            code = values[name]
            if code and not (code in known[name] if known else model.objects.filter(pk=code).exists()):
                raise FieldInvalid(field=label(name), value=code)
    if "parent_id" in values:
        values["parent_id"] = values["parent_id"] or None
    return values


def check_values(values: dict[str, Any]) -> None:
    """Choices, lengths, addresses, codes and figures."""
    for name, value in values.items():
        if value and name in LIMITS and len(value) > LIMITS[name]:
            raise FieldTooLong(field=label(name), limit=LIMITS[name])
        if name in CHOICES and value not in CHOICES[name]:
            raise FieldInvalid(field=label(name), value=value)
    currency, country = values.get("registered_capital_currency"), values.get("country")
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise FieldInvalid(field=label("registered_capital_currency"), value=currency)
    if country and country not in countries():
        raise NoCountry(country=country)
    if values.get("founded_on") is not None and values["founded_on"] > business_today():
        raise FoundedLater(founded_on=values["founded_on"])
    for name, validator in (("email", validate_email), ("website", url_validator)):
        if values.get(name):
            try:
                validator(values[name])
            except ValidationError:
                raise FieldInvalid(field=label(name), value=values[name]) from None
    capital = values.get("registered_capital")
    if capital is not None and (capital < 0 or capital >= Decimal(10) ** 16):
        raise FieldInvalid(field=label("registered_capital"), value=capital)


def check_identity(number: str, *, standing: str = "") -> None:
    """Refuse the number of a resident identity card that cannot be one. What stands in the profile already (`standing`)
    is not asked again, so that a profile with an older number can be saved for another field.
    """
    fault = identity_fault(number, today=business_today())
    if fault is not None and number != compact_identity(standing):
        raise IdentityInvalid(fault=fault, length=len(number))


def known_codes() -> dict[str, Collection[str]]:
    """The codes of the lists, read once for many rows."""
    return {name: set(model.objects.values_list("pk", flat=True)) for name, model in LISTS}
