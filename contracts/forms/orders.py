"""What people type about orders and deliveries; rules are the services' business."""

import datetime as dt
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from contracts.filters import products_sold
from contracts.forms.rows import is_typed
from contracts.models import Channel, Contract, Order, OrderLine, OrderPaper, OrderReview, PaperReview, Product
from contracts.models.contracts import holding
from contracts.rules.orders import LARGEST_QUANTITY, MOST_LINES, first_order_day
from contracts.selectors.quotes import TypedLine
from contracts.services.orders import LineInput
from contracts.services.pricing import plain_quantity
from credit.instruments import Instrument
from credit.models import Payment
from credit.services.attachments import MEGABYTES
from crm.core.dates import business_today
from crm.core.models import Currency, LegalEntity
from crm.core.money import ZERO, base_currency
from crm.core.more_rows import wants_more, with_more_rows
from crm.core.uploads import PAPERS
from crm.core.widgets import DayField, PastDayField, PercentField, QuantityField, RemoteChoiceField
from customers.models import Customer

ROWS = 3  # empty rows offered under those that are filled
LINE = ("product", "quantity")  # a discount alone makes no line


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
    """One line of an order; an empty one is left out, and one that is ticked to be removed."""

    product = RemoteChoiceField(
        Product.objects.none(),
        url_name="contracts:product_options",
        label=_("Product"),
        label_of=lambda product: f"{product.code} · {product}",
        required=False,
    )
    quantity = QuantityField(label=_("Quantity"), max_value=LARGEST_QUANTITY, required=False)
    discount = PercentField(label=_("Discount in percent"), required=False, initial=None)
    is_out = forms.BooleanField(label=_("Remove the line"), required=False)

    def __init__(self, *args: Any, agreed: Decimal = ZERO, products: dict[str, Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["product"]
        chooser.queryset, chooser.known = products_sold(), products
        self.fields["discount"].widget = forms.TextInput(
            {"class": "form-control num", "inputmode": "decimal", "placeholder": plain_quantity(agreed)}
        )
        self.fields["quantity"].widget.attrs["class"] = "form-control num"
        self.fields["product"].widget.attrs["class"] = "form-select"
        self.fields["is_out"].widget.attrs["class"] = "form-check-input"
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.pop("is_out", False):
            self.errors.clear()
            return {}
        if is_typed(self, LINE):
            for name in ("product", "quantity"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, _("A line needs it."))
        return cleaned


class LineSet(forms.BaseFormSet):
    """The lines of an order; rows in which nothing stands, and those to be removed, are left out."""

    @cached_property
    def products(self) -> dict[str, Product]:
        """The products that rows name, by key, read at once."""
        named = [row.get("product") for row in self.initial or ()]
        if self.is_bound:
            named += [self.data.get(f"{self.prefix}-{row}-product") for row in range(self.total_form_count())]
        keys = {int(key) for key in map(str, named) if key.isdecimal() and len(key) < 10}
        return {str(product.pk): product for product in products_sold().filter(pk__in=keys)}

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "products": self.products}

    def typed(self) -> list[TypedLine | None]:
        """What each row says so far, right or not yet; None where it names no product or is to be removed."""
        return [self.typed_in(form) for form in self.forms]

    def typed_in(self, row: Any) -> TypedLine | None:
        if row.is_bound:
            row.is_valid()
            said = row.cleaned_data
        else:
            initial = {name: row.get_initial_for_field(field, name) for name, field in row.fields.items()}
            said = {name: row.fields[name].to_python(initial[name]) for name in ("quantity", "discount")}
            said["product"] = self.products.get(str(initial["product"]))
        product = said.get("product")
        return TypedLine(product, said.get("quantity"), said.get("discount")) if product else None

    def lines(self) -> list[LineInput]:
        return [
            LineInput(form.cleaned_data["product"].pk, form.cleaned_data["quantity"], form.cleaned_data["discount"])
            for form in self.forms
            if form.cleaned_data.get("product")
        ]


LineFormSet = forms.formset_factory(LineForm, formset=LineSet, extra=ROWS, max_num=MOST_LINES, validate_max=True)


def lines_of(order: Order | None) -> list[dict[str, Any]]:
    """What the rows of the form begin with."""
    if order is None:
        return []
    return [
        {
            "product": line.product_id,
            "quantity": plain_quantity(line.quantity),
            "discount": None if line.by_contract else plain_quantity(line.discount),
        }
        for line in order.lines.order_by("position")
    ]


CORRECT_LINES = _("Correct the lines marked below.")
FOLLOWS = {"invalid_choice": _("It is now that of the contract. Look at the prices and save again.")}


class OrderForm(forms.Form):
    """The head of an order, with its lines in `lines`; `more` rows are added when somebody asks for them.

    Legal entity and currency of an order under a contract are those of the contract: nothing else is offered.
    """

    contract = ContractChoice(
        Contract.objects.none(),
        label=_("Contract"),
        required=False,
        empty_label=_("None"),
        help_text=_("An order on credit needs a signed contract in force, or the customer's own among its files."),
    )
    payment = forms.ChoiceField(label=_("On credit or prepaid"), choices=Payment.choices, initial=Payment.CREDIT)
    instrument = forms.ChoiceField(
        label=_("Payment form"),
        choices=[("", "–"), *Instrument.choices],
        required=False,
        help_text=_("Of an order paid in advance. On credit the contract says how it is paid."),
    )
    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=Channel.choices,
        initial=Channel.WRITTEN,
        help_text=_("One by telephone is released with the customer's written confirmation among its files only."),
    )
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.none(), label=_("Legal entity"), empty_label=None, error_messages=FOLLOWS
    )
    currency = forms.ModelChoiceField(
        Currency.objects.none(), label=_("Currency"), empty_label=None, error_messages=FOLLOWS
    )
    on = PastDayField(label=_("Date"), initial=business_today)
    wanted_on = DayField(label=_("Wanted on"), required=False)
    reference = forms.CharField(
        label=_("Customer's reference"),
        max_length=80,
        required=False,
        help_text=_("The number of the customer's own order."),
    )
    note = forms.CharField(label=_("Note"), max_length=255, required=False)
    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)
    idempotency_key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        customer: Customer,
        record: Order | None = None,
        discount: Decimal = ZERO,
        rows: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        data: Any = kwargs.get("data")
        self.wants_rows = wants_more(data)
        if self.wants_rows:
            kwargs["data"] = data = with_more_rows(data, prefix="lines", more=ROWS, most=MOST_LINES)
        super().__init__(*args, **kwargs)
        self.record = record
        contracts = Contract.objects.filter(customer=customer)
        in_force = holding(business_today())
        if record is not None:
            for name in ("legal_entity", "currency"):
                del self.fields[name]
            contracts = contracts.filter(legal_entity=record.legal_entity_id, currency=record.currency)
            in_force |= Q(pk=record.contract_id)
            self.date_anew(record.on)
        self.choose("contract", contracts.filter(in_force).order_by("-pk"))
        self.chosen = self.chosen_contract()
        entities, currencies = LegalEntity.objects.filter(is_active=True), Currency.objects.filter(is_active=True)
        if self.chosen is not None:
            entities = LegalEntity.objects.filter(pk=self.chosen.legal_entity_id)
            currencies = Currency.objects.filter(code=self.chosen.currency)
        self.choose("legal_entity", entities)
        self.choose("currency", currencies)
        if "currency" in self.fields:
            self.fields["currency"].initial = base_currency
        self.lines: Any = LineFormSet(
            data=data, prefix="lines", initial=rows or lines_of(record), form_kwargs={"agreed": discount}
        )

    def date_anew(self, dated: dt.date) -> None:
        """An order that lay too long to be saved with its date is offered today's, and says so."""
        today = business_today()
        if dated < first_order_day(today):
            self.initial["on"] = today
            self.fields["on"].help_text = format_lazy(
                _("It was dated {day}, more than a month ago: saved, it bears the date that stands here."), day=dated
            )

    def chosen_contract(self) -> Contract | None:
        """The contract that is chosen so far, where it is one of those offered."""
        key = str(self["contract"].value() or "")
        offered: Any = self.fields["contract"]
        chosen: Contract | None = offered.queryset.filter(pk=key).first() if key.isdecimal() else None
        return chosen

    def typed(self, name: str) -> Any:
        """A field of the head as far as it is typed; None where it is not right yet."""
        if not self.is_bound:
            return self.get_initial_for_field(self.fields[name], name)
        return None if name in self.errors else self.cleaned_data.get(name)

    def typed_currency(self) -> str:
        """The currency its lines are priced in as far as the form is filled in."""
        owner = self.record or self.chosen
        typed = owner.currency if owner is not None else self.typed("currency")
        return str(getattr(typed, "code", typed) or base_currency())

    @property
    def is_other_contract(self) -> bool:
        """Whether another contract is chosen than the one legal entity and currency were offered for (`party_of`)."""
        return str(self.data.get("party_of", "")) != str(self.chosen.pk if self.chosen else "")

    def following(self) -> Any:
        """What was typed, with legal entity and currency of the contract that is chosen now."""
        typed: Any = self.data
        data = typed.copy()
        if self.chosen is not None:
            data["legal_entity"], data["currency"] = str(self.chosen.legal_entity_id), self.chosen.currency
        return data

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
            self.add_error(None, CORRECT_LINES)
            return False
        return True


class PaperForm(forms.Form):
    """A paper of an order; a signed delivery note is one of its delivery."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[choice for choice in OrderPaper.Kind.choices if choice[0] != OrderPaper.Kind.RETURNED],
        widget=forms.Select({"class": "form-select"}),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(_("PDF, Word, Excel, JPEG or PNG, at most {megabytes} MB."), megabytes=MEGABYTES),
        widget=forms.FileInput({"accept": ",".join(PAPERS), "class": "form-control"}),
    )


class SignedNoteForm(forms.Form):
    """The customer's signed copy of a delivery note."""

    file = PaperForm.base_fields["file"]


class ReviewForm(forms.Form):
    """What a reviewer says of an order for what is made to order."""

    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=OrderReview.Verdict.choices, initial=OrderReview.Verdict.APPROVED
    )
    promised_on = DayField(
        label=_("Day promised"), required=False, help_text=_("The day it can leave. Not kept when it is sent back.")
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=255,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Needed when it is sent back: what has to change."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class ContractReviewForm(forms.Form):
    """What legal says of a contract of the customer's own."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=[("", "–"), *PaperReview.Verdict.choices])
    note = forms.CharField(
        label=_("Note"),
        max_length=255,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Needed when it is not accepted: what is wrong with it."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class DeliveryForm(forms.Form):
    """What leaves now: a quantity for each line that is not delivered yet. No prices."""

    on = PastDayField(
        label=_("Date"),
        initial=business_today,
        error_messages={"too_late": _("This day has not come yet: what leaves is recorded when it leaves.")},
    )
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

    percent = PercentField(label=_("Discount in percent"), min_value=Decimal(0))
    starts_on = DayField(label=_("First day"), initial=business_today)
    ends_on = DayField(label=_("Last day"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=255, widget=forms.Textarea({"rows": 2}))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if isinstance(starts_on, dt.date) and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day lies before the first."))
        return values
