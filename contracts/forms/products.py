"""The form of a product."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from contracts.forms.rows import set_currency
from contracts.models import Product
from contracts.selectors.editing import last_change
from contracts.services.products import FIELDS, ProductRow
from crm.core.currencies import currency_of
from crm.core.money import base_currency
from crm.core.widgets import MoneyField


class ProductForm(forms.Form):
    """What is sold, at which price. The code is given once."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    name_zh = forms.CharField(
        label=gettext_lazy("Chinese name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("One name is enough: it stands for both."),
    )
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    unit_zh = forms.CharField(
        label=gettext_lazy("Chinese unit"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("One is enough: the other is filled in where it is known, else it stands for both."),
    )
    unit_en = forms.CharField(label=gettext_lazy("English unit"), max_length=20, required=False)
    price = MoneyField(label=gettext_lazy("List price"), min_value=0)
    cost = MoneyField(label=gettext_lazy("Cost"), min_value=0, required=False)
    is_custom = forms.BooleanField(
        label=gettext_lazy("Made to order"),
        required=False,
        help_text=gettext_lazy("An order for it is reviewed before it is released."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Sold"), required=False, initial=True)

    def __init__(self, *args: Any, record: Product | None = None, **kwargs: Any) -> None:
        if record is not None:
            edition = last_change(record)  # read before what it says: a change in between is told, not lost
            record.refresh_from_db()
            kwargs["initial"] = {name: getattr(record, name) for name in FIELDS} | {"edition": edition}
        super().__init__(*args, **kwargs)
        if record is not None:
            del self.fields["code"]
        else:
            del self.fields["edition"]
        currency = currency_of(base_currency())
        set_currency(self, currency)
        for name in ("price", "cost"):
            self.fields[name].label = f"{self.fields[name].label} ({currency.code})"

    def row(self, code: str) -> ProductRow:
        """What add_product and change_product take."""
        return ProductRow(**{**self.cleaned_data, "code": code})
