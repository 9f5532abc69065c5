"""What forms with rows share: what counts as typed, how a row stands in its table, in which currency."""

from collections.abc import Iterable
from typing import Any

from django import forms

from crm.core.models import Currency
from crm.core.widgets import MoneyField, QuantityField


def is_typed(form: forms.Form, names: Iterable[str]) -> bool:
    """Whether anything stands in one of these fields of a row, right or wrong."""
    return any(str(form[name].value() or "").strip() for name in names)


def dress(form: forms.Form) -> None:
    """The fields of a row stand in a table, whose heads are their labels."""
    for field in form.fields.values():
        attrs = field.widget.attrs
        css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
        attrs |= {"class": f"{css} {attrs.get('class', '')}".strip(), "aria-label": field.label}


def set_currency(form: forms.Form, currency: Currency) -> None:
    """The amounts of a form are in this currency, and have its places."""
    for field in form.fields.values():
        if isinstance(field, MoneyField) and not isinstance(field, QuantityField):
            field.in_currency(currency)


class BaseRows(forms.BaseFormSet):
    """Rows that are always read: one that was saved meanwhile with the same words is no empty one."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "empty_permitted": False}
