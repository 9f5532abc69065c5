"""What people type about invoices, receipts and their allocation; rules are the services' business."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from credit.models import Settlement
from crm.core.dates import business_today
from crm.core.errors import DomainError
from crm.core.models import Currency, LegalEntity
from crm.core.money import base_currency
from crm.core.widgets import DayField, MoneyField, RemoteChoiceField, WholeField
from customers.models import Customer
from receivables.forms.fields import PostingDayField
from receivables.models import Instrument, Invoice, InvoiceKind

LINE = "line-"
WHY = "why-"
REASONS = ("reference", "exact", "oldest")

# Which field of a form a refusal of the services belongs to; the rest stand above the form.
FIELD_OF_ERROR: Mapping[str, str] = {
    "amount_not_positive": "amount",
    "date_before_document": "on",
    "number_taken": "number",
    "period_closed": "on",
    "before_books": "on",
    "rate_missing": "currency",
}


def customer_label(customer: Customer) -> str:
    return f"{customer.name} · {customer.code}"


def visible_customers(user: Any) -> QuerySet[Any]:
    """Customers the user may post for: the visible ones that were not merged into another."""
    return Customer.objects.visible_to(user).filter(merged_into__isnull=True)


def new_key() -> str:
    """The idempotency key of one opened form: sent twice, it is carried out once."""
    return uuid.uuid4().hex


class HouseForm(forms.Form):
    """A form that can take the refusal of a service to the field it belongs to."""

    idempotency_key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = new_key
        for bound in self.fields.values():
            widget = bound.widget
            if isinstance(widget, forms.HiddenInput | forms.CheckboxInput | forms.RadioSelect):
                continue
            css = "form-select" if isinstance(widget, forms.Select) else "form-control"
            widget.attrs["class"] = f"{widget.attrs.get('class', '')} {css}".strip()

    def refuse(self, error: DomainError) -> None:
        """Show what a service said beside its field, or above the form."""
        name = FIELD_OF_ERROR.get(error.code)
        self.add_error(name if name in self.fields else None, str(error))
        if error.code == "idempotency_conflict":
            self.renew_key()

    def renew_key(self) -> None:
        """The reader has been told that this form was posted before: sent once more, it is a new request."""
        data: Any = self.data
        data = data.copy()
        data["idempotency_key"] = new_key()
        self.data = data

    def value_of(self, name: str, kind: type) -> Any:
        """A single value of a form that need not be complete yet; None where it is missing or makes no sense."""
        if name not in self.fields:
            return None
        found = self.fields[name]
        try:
            value = found.clean(found.widget.value_from_datadict(self.data, self.files, self.add_prefix(name)))
        except ValidationError:
            return None
        return value if isinstance(value, kind) else None


def entities() -> QuerySet[LegalEntity]:
    return LegalEntity.objects.filter(is_active=True)


def usual_entity() -> int | None:
    """The seller of the newest invoice: most often it is the next one's too."""
    newest = Invoice.objects.order_by("-pk").values_list("legal_entity_id", flat=True)
    found: int | None = newest.first()
    return found


def currencies() -> QuerySet[Currency]:
    return Currency.objects.filter(is_active=True)


class DocumentForm(HouseForm):
    """What the forms of invoices and receipts share."""

    customer = RemoteChoiceField(
        Customer.objects.none(), url_name="customers:options", label=_("Customer"), label_of=customer_label
    )
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.none(),
        label=_("Legal entity"),
        empty_label=None,
        error_messages={"required": _("There is no legal entity yet: an administrator enters it first.")},
    )
    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Currency"), empty_label=None)
    amount = MoneyField(label=_("Amount"))
    on = PostingDayField(label=_("Date"))
    note = forms.CharField(label=_("Note"), max_length=255, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.choose("customer", visible_customers(user))
        self.choose("legal_entity", entities())
        self.choose("currency", currencies())
        self.fields["currency"].initial = base_currency
        self.fields["legal_entity"].initial = usual_entity
        self.fields["on"].initial = business_today

    def choose(self, name: str, records: QuerySet[Any]) -> None:
        chooser: Any = self.fields[name]
        chooser.queryset = records


class InvoiceForm(DocumentForm):
    """An invoice, debit note or credit note. Without a due date, term and settlement decide."""

    kind = forms.ChoiceField(label=_("Kind"), choices=InvoiceKind.choices, initial=InvoiceKind.INVOICE)
    number = forms.CharField(label=_("Number"), max_length=60)
    due_on = DayField(
        label=_("Due date"),
        required=False,
        help_text=_("Leave empty to let term and settlement decide."),
    )
    term_days = WholeField(
        label=_("Term in days"),
        min_value=0,
        max_value=999,
        required=False,
        help_text=_("Leave empty for the term agreed with the customer."),
    )
    settlement = forms.ChoiceField(
        label=_("Settlement"), choices=[("", _("As agreed")), *Settlement.choices], required=False
    )
    reference = forms.CharField(label=_("Reference"), max_length=80, required=False)
    cost = MoneyField(label=_("Cost"), required=False, min_value=Decimal(0), help_text=_("For the margin; optional."))
    responsible = forms.ModelChoiceField(
        get_user_model().objects.none(), label=_("Responsible"), required=False, empty_label=_("Owner of the customer")
    )
    corrects = RemoteChoiceField(
        Invoice.objects.none(),
        url_name="receivables:invoice_options",
        label=_("Corrects invoice"),
        required=False,
        help_text=_("The credit note settles this invoice at once, as far as it is open."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("responsible", get_user_model().objects.filter(is_active=True))
        self.choose("corrects", Invoice.objects.visible_to(self.user).exclude(kind=InvoiceKind.CREDIT_NOTE))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("kind") != InvoiceKind.CREDIT_NOTE:
            values["corrects"] = None
        on, due_on = values.get("on"), values.get("due_on")
        if on and due_on and due_on < on:
            self.add_error("due_on", _("The due date lies before the date of the invoice."))
        return values


class ReceiptForm(DocumentForm):
    """Money or an instrument that came in; the number is given by the system when it is left empty."""

    instrument = forms.ChoiceField(label=_("Instrument"), choices=Instrument.choices, initial=Instrument.TRANSFER)
    reference = forms.CharField(
        label=_("Reference"),
        max_length=120,
        required=False,
        help_text=_("What the payer wrote; invoice numbers in it are matched first."),
    )
    number = forms.CharField(
        label=_("Number"), max_length=60, required=False, help_text=_("Left empty, the next number is taken.")
    )

    field_order = ["customer", "amount", "on", "instrument", "reference", "legal_entity", "currency", "number", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label = _("Value date")


class AllocateForm(HouseForm):
    """The business date of an allocation from a receipt or credit note that stands already."""

    on = PostingDayField(label=_("Date"), initial=business_today)


class ReasonForm(HouseForm):
    """A dated action that cannot be taken lightly: it asks why."""

    on = PostingDayField(label=_("Date"), initial=business_today)
    reason = forms.CharField(label=_("Reason"), max_length=255, widget=forms.Textarea({"rows": 2}))


class DatedForm(HouseForm):
    """A dated action that explains itself, such as a cheque that cleared."""

    on = PostingDayField(label=_("Date"), initial=business_today)


class ResponsibleForm(HouseForm):
    """Who looks after invoices from now on, and why."""

    responsible = forms.ModelChoiceField(get_user_model().objects.none(), label=_("Responsible"))
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["responsible"]
        chooser.queryset = get_user_model().objects.filter(is_active=True)


class ClosingForm(HouseForm):
    """Up to which day the books of a legal entity are closed."""

    closed_through = DayField(label=_("Closed up to and including"))
    reason = forms.CharField(label=_("Reason"), max_length=255, widget=forms.Textarea({"rows": 2}))


@dataclass
class TypedLines:
    """The amounts typed beside open invoices, by invoice; what makes no sense keeps its text and says why."""

    texts: dict[int, str] = field(default_factory=dict)
    amounts: dict[int, Decimal] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)  # of suggestions that were taken as they were

    @property
    def total(self) -> Decimal:
        return sum(self.amounts.values(), Decimal("0.00"))


def typed_lines(data: QueryDict | Mapping[str, Any]) -> TypedLines:
    """Read the fields `line-<invoice id>`; empty and zero amounts mean that the invoice is left alone."""
    lines = TypedLines()
    parse = MoneyField(required=False).clean
    for name in data:
        key = name.removeprefix(LINE)
        if key == name or not key.isdecimal() or len(key) > 18:
            continue
        invoice_id, text = int(key), str(data.get(name) or "").strip()
        if not text:
            continue
        lines.texts[invoice_id] = text[:40]
        try:
            amount = parse(text)
        except ValidationError as error:
            lines.errors[invoice_id] = " ".join(error.messages)
            continue
        if amount < 0:
            lines.errors[invoice_id] = str(_("An allocation cannot be negative."))
        elif amount:
            lines.amounts[invoice_id] = amount
            reason, _colon, suggested = str(data.get(f"{WHY}{key}") or "").partition(":")
            if reason in REASONS and suggested == f"{amount:.2f}":
                lines.reasons[invoice_id] = reason
    return lines
