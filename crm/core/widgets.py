"""Form widgets of the house: dates, money, and the search box that stands for a select of 10,000 rows."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, Model, QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from crm.core.dates import FIRST_DAY, LAST_DAY, business_today
from crm.core.display import Text, figure, isodate
from crm.core.errors import AmountPlaces
from crm.core.models import Currency
from crm.core.money import check_places, typed_amount

FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0E: ".", 0xFF0C: ",", 0xFF0D: "-", 0x2212: "-"}


class DateInput(forms.DateInput):
    """The browser's own date picker; the value is ISO."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value if isinstance(value, str) else isodate(value)


class DayField(forms.DateField):
    """A day people type: what lies outside of any business, such as a year with a digit missing, is refused."""

    widget = DateInput
    default_error_messages = {
        "too_early": _("Days before %(first)s are not taken: is the year right?"),
        "too_late": _("Days after %(last)s are not taken: is the year right?"),
    }

    def to_python(self, value: Any) -> dt.date | None:
        day = super().to_python(value)
        if day is not None and day < FIRST_DAY:
            raise ValidationError(self.error_messages["too_early"], code="too_early", params={"first": FIRST_DAY})
        if day is not None and day > self.last_day():
            raise ValidationError(self.error_messages["too_late"], code="too_late", params={"last": self.last_day()})
        return day

    def last_day(self) -> dt.date:
        return LAST_DAY


class PastDayField(DayField):
    """The day of something that has happened, such as a signature or a visit: today at the latest."""

    default_error_messages = {"too_late": _("This day has not come yet.")}

    def last_day(self) -> dt.date:
        return business_today()


class MoneyInput(forms.TextInput):
    """A figure typed or pasted with or without thousands separators."""

    places = 2  # of its currency

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", "class": "num", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, Decimal):
            return figure(value, self.places)
        return None if value is None else str(value)


# What every field for a figure says, whatever it counts.
OUT_OF_BOUNDS = {
    "min_value": _("It cannot be below %(limit_value)s."),
    "max_value": _("It cannot be above %(limit_value)s."),
    "max_digits": _("This figure is too large."),
    "max_whole_digits": _("This figure is too large."),
    "max_decimal_places": _("At most %(max)s decimal places are taken."),
}


class WholeField(forms.IntegerField):
    """A count, such as days or copies."""

    default_error_messages = {**OUT_OF_BOUNDS, "invalid": _("Enter a whole number.")}


class PercentField(forms.DecimalField):
    """A share in percent with two places."""

    default_error_messages = {**OUT_OF_BOUNDS, "invalid": _("Enter a percentage such as 12.5.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, **kwargs)


class MoneyField(forms.DecimalField):
    """An amount with two places, or those of its currency. Full-width digits and separators are understood."""

    widget = MoneyInput
    default_error_messages = {**OUT_OF_BOUNDS, "invalid": _("Enter an amount such as 1,234.50.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(**kwargs)
        if self.max_value is not None:
            most = f"{self.max_value:,}"
            self.error_messages["max_value"] = format_lazy(_("It cannot be above {most}."), most=most)
        self.currency: Currency | None = None

    def in_currency(self, currency: Currency) -> None:
        """Take no amount that the currency has no coin for, and show none with more places than it has."""
        self.currency = currency
        self.widget.places = currency.places

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        if self.currency is not None and amount is not None:
            try:
                check_places(amount, currency=self.currency.code, places=self.currency.places)
            except AmountPlaces as error:
                raise ValidationError(str(error), code=error.code) from error
        return amount

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        amount = typed_amount(str(value).translate(FULL_WIDTH))
        if amount is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return amount


class QuantityInput(MoneyInput):
    """A quantity: as many places as it needs, up to three."""

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, Decimal):
            whole, _point, places = f"{value:,.3f}".partition(".")
            return f"{whole}.{places.rstrip('0')}".rstrip(".")
        return super().format_value(value)


class QuantityField(MoneyField):
    """A quantity with up to three places, read as an amount is: full-width digits, thousands separators."""

    widget = QuantityInput
    default_error_messages = {"invalid": _("Enter a quantity such as 1,234.5.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(**kwargs)


class RemoteSelect(forms.Select):
    """A search box over many records: only the chosen one is printed, the rest is fetched while typing.

    `url_name` answers `?q=` with `crm.core.pages.options(...)`.
    """

    def __init__(self, url_name: str, placeholder: Text = "", attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.url_name = url_name
        self.placeholder = placeholder

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs["data-remote"] = reverse(self.url_name)
        attrs["data-placeholder"] = str(self.placeholder or _("Type to search"))
        return attrs

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        chosen = [str(key) for key in value if key not in (None, "")]
        field: Any = self.choices
        options = [self.create_option(name, "", "", False, 0)]
        if chosen and hasattr(field, "queryset"):
            known = getattr(field.field, "known", None)
            if known is None:
                found = field.queryset.filter(pk__in=keys_of(field.queryset.model, chosen))
            else:
                found = [known[key] for key in chosen if key in known]
            for index, record in enumerate(found, 1):
                label = field.field.label_from_instance(record)
                options.append(self.create_option(name, record.pk, label, True, index))
        return [(None, options, 0)]


class FilesInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; cleaned, a list of them, which is empty where none was chosen and none is needed."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        cleaned = [super(FilesField, self).clean(file, initial) for file in data or [None]]
        return [file for file in cleaned if file]


def keys_of(model: type[Model], values: list[str]) -> list[str]:
    """Those of the values that can be primary keys of the model; some are codes, most are figures."""
    return values if isinstance(model._meta.pk, CharField) else [value for value in values if value.isdigit()]


class RemoteChoiceField(forms.ModelChoiceField):
    """Chooses one of many visible records through a search box; pass `queryset=Model.objects.visible_to(user)`.

    A form with many rows fetches what they name at once and sets it as `known`, by key as text: nothing else is found
    then, and no row asks the database.
    """

    known: Mapping[str, Any] | None = None

    def __init__(
        self,
        queryset: QuerySet[Any],
        *,
        url_name: str,
        placeholder: Text = "",
        label_of: Callable[[Any], str] = str,
        **kwargs: Any,
    ) -> None:
        self.label_of = label_of
        super().__init__(queryset, widget=RemoteSelect(url_name, placeholder), **kwargs)

    def to_python(self, value: Any) -> Any:
        if self.known is None or value in self.empty_values:
            return super().to_python(value)
        found = self.known.get(str(value))
        if found is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return found

    def label_from_instance(self, obj: Any) -> str:
        return self.label_of(obj)
