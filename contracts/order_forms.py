"""What people type about orders and deliveries; rules are the services' business."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts import contract_rules
from contracts.models import Contract, Order, OrderLine, Product
from contracts.order_filters import products_sold
from contracts.services.orders import LineInput
from contracts.services.pricing import plain_quantity
from credit.instruments import Instrument
from credit.models import Payment
from crm.core.dates import business_today
from crm.core.models import Currency, LegalEntity
from crm.core.money import ZERO, base_currency
from crm.core.more_rows import wants_more, with_more_rows
from crm.core.widgets import DayField, PastDayField, QuantityField, RemoteChoiceField
from customers.models import Customer

ROWS = 3  # empty rows offered under those that are filled
MOST_LINES = 200


def customer_label(customer: Customer) -> str:
    return f"{customer.name} · {customer.code}"


class ChooseCustomerForm(forms.Form):
    """Whom an order is for."""

    customer = RemoteChoiceField(
        Customer.objects.none(), url_name="customers:options", label=_("Customer"), label_of=customer_label
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["customer"]
        chooser.queryset = Customer.objects.visible_to(user).filter(merged_into__isnull=True)


def contract_label(contract: Contract) -> str:
    return f"{contract.number} · {contract.title} · {contract.currency}"


class ContractChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return contract_label(obj)


class LineForm(forms.Form):
    """One line of an order."""

    product = RemoteChoiceField(
        Product.objects.none(),
        url_name="contracts:product_options",
        label=_("Product"),
        label_of=lambda product: f"{product.code} · {product}",
    )
    quantity = QuantityField(label=_("Quantity"))
    discount = forms.DecimalField(
        label=_("Discount in percent"), max_digits=5, decimal_places=2, required=False, initial=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["product"]
        chooser.queryset = products_sold()
        self.fields["discount"].widget = forms.TextInput({"class": "form-control num", "inputmode": "decimal"})
        self.fields["quantity"].widget.attrs["class"] = "form-control num"
        self.fields["product"].widget.attrs["class"] = "form-select"
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


class LineSet(forms.BaseFormSet):
    """The lines of an order; rows without a product and quantity are left out."""

    def lines(self) -> list[LineInput]:
        return [
            LineInput(
                form.cleaned_data["product"].pk, form.cleaned_data["quantity"], form.cleaned_data["discount"] or ZERO
            )
            for form in self.forms
            if form.cleaned_data.get("product")
        ]


LineFormSet = forms.formset_factory(LineForm, formset=LineSet, extra=ROWS, max_num=MOST_LINES, validate_max=True)


def lines_of(order: Order | None, discount: Decimal) -> list[dict[str, Any]]:
    """What the rows of the form begin with."""
    if order is None:
        return [{"discount": plain_quantity(discount)}] if discount else []
    return [
        {
            "product": line.product_id,
            "quantity": plain_quantity(line.quantity),
            "discount": plain_quantity(line.discount) if line.discount else None,
        }
        for line in order.lines.order_by("position")
    ]


class OrderForm(forms.Form):
    """The head of an order, with its lines in `lines`; `more` rows are added when somebody asks for them."""

    contract = ContractChoice(
        Contract.objects.none(),
        label=_("Contract"),
        required=False,
        empty_label=_("None: prepaid"),
        help_text=_("An order on credit needs a signed contract in force."),
    )
    payment = forms.ChoiceField(label=_("Payment"), choices=Payment.choices, initial=Payment.CREDIT)
    instrument = forms.ChoiceField(
        label=_("Payment form"),
        choices=[("", "–"), *Instrument.choices],
        required=False,
        help_text=_("Of an order paid in advance. On credit the contract says how it is paid."),
    )
    legal_entity = forms.ModelChoiceField(LegalEntity.objects.none(), label=_("Legal entity"), empty_label=None)
    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Currency"), empty_label=None)
    on = PastDayField(label=_("Date"), initial=business_today)
    wanted_on = DayField(label=_("Wanted on"), required=False)
    reference = forms.CharField(
        label=_("Customer's reference"),
        max_length=80,
        required=False,
        help_text=_("The number of the customer's own order."),
    )
    note = forms.CharField(label=_("Note"), max_length=255, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    idempotency_key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, customer: Customer, record: Order | None = None, discount: Decimal = ZERO, **kwargs: Any
    ) -> None:
        data: Any = kwargs.get("data")
        self.wants_rows = wants_more(data)
        if self.wants_rows:
            kwargs["data"] = data = with_more_rows(data, prefix="lines", more=ROWS, most=MOST_LINES)
        super().__init__(*args, **kwargs)
        self.record = record
        contracts = Contract.objects.filter(customer=customer)
        in_force = Q(state__in=contract_rules.IN_FORCE, is_current=True)
        if record is not None:
            for name in ("legal_entity", "currency"):
                del self.fields[name]
            contracts = contracts.filter(legal_entity=record.legal_entity_id, currency=record.currency)
            in_force |= Q(pk=record.contract_id)
        self.choose("contract", contracts.filter(in_force).order_by("-pk"))
        self.choose("legal_entity", LegalEntity.objects.filter(is_active=True))
        self.choose("currency", Currency.objects.filter(is_active=True))
        if "currency" in self.fields:
            self.fields["currency"].initial = base_currency
        self.lines: Any = LineFormSet(data=data, prefix="lines", initial=lines_of(record, discount))

    def choose(self, name: str, records: Any) -> None:
        chooser: Any = self.fields.get(name)
        if chooser is not None:
            chooser.queryset = records

    def is_valid(self) -> bool:
        if self.wants_rows:
            return False
        if not super().is_valid():
            self.lines.is_valid()
            return False
        if not self.lines.is_valid():
            self.add_error(None, _("Correct the lines marked below."))
            return False
        return True


class DeliveryForm(forms.Form):
    """What leaves now: a quantity for each line that is not delivered yet. No prices."""

    on = PastDayField(label=_("Date"), initial=business_today)
    carrier = forms.CharField(label=_("Carrier and waybill"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=255, required=False)
    idempotency_key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, lines: list[OrderLine], key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = key
        self.names = {line.pk: f"line-{line.pk}" for line in lines}
        for line in lines:
            self.fields[self.names[line.pk]] = QuantityField(
                label=str(line.product),
                required=False,
                min_value=Decimal(0),
                initial=plain_quantity(line.filled.to_deliver),
            )
            self.fields[self.names[line.pk]].widget.attrs["class"] = "form-control num"

    def quantities(self) -> dict[int, Decimal]:
        return {pk: self.cleaned_data[name] for pk, name in self.names.items() if self.cleaned_data.get(name)}


class DiscountForm(forms.Form):
    """A discount agreed with a customer."""

    percent = forms.DecimalField(label=_("Discount in percent"), max_digits=5, decimal_places=2, min_value=Decimal(0))
    starts_on = DayField(label=_("First day"), initial=business_today)
    ends_on = DayField(label=_("Last day"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=255, widget=forms.Textarea({"rows": 2}))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if isinstance(starts_on, dt.date) and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day lies before the first."))
        return values
