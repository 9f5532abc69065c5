"""Forms of a draft: from which template it begins, its terms, lines, payment plan and clauses."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.amount_words import LARGEST
from contracts.clause_text import names_in
from contracts.contract_text import FORMS
from contracts.errors import AmountTooLarge, DaysNotInOrder, QuantityNotPositive
from contracts.forms.rows import BaseRows, dress, is_typed, set_currency
from contracts.models import (
    Contract,
    PlanDue,
    Product,
    TemplateVersion,
    VersionState,
)
from contracts.rules.contracts import LONGEST_VALUE
from contracts.rules.library import LIBRARY
from contracts.rules.payment_plans import Part
from contracts.services.drafting import LineTerms
from contracts.words import in_sentence
from credit.instruments import Instrument
from credit.instruments import in_sentence as forms_in_sentence
from credit.models import Settlement
from crm.core.currencies import currency_of
from crm.core.display import figure
from crm.core.language import in_chinese
from crm.core.models import Currency, LegalEntity
from crm.core.widgets import DayField, MoneyField, PercentField, QuantityField, RemoteChoiceField, WholeField

BLANK_LINES = 3
MOST_LINES = 200
MOST_PARTS = 24


class ByLanguage(ModelChoiceIterator):
    """Versions under the language the contract will be in."""

    def __iter__(self) -> Iterator[Any]:
        yield "", self.field.empty_label
        for language, versions in groupby(self.queryset, key=lambda version: version.get_language_display()):
            yield language, [self.choice(version) for version in versions]


class VersionChoice(forms.ModelChoiceField):
    iterator = ByLanguage

    def label_from_instance(self, obj: Any) -> str:
        """The template's name in the reader's language."""
        return f"{obj.template} · v{obj.number}"


class NewContractForm(forms.Form):
    """From which template, for which of our companies."""

    version = VersionChoice(
        TemplateVersion.objects.filter(state=VersionState.PUBLISHED)
        .exclude(template__kind=LIBRARY)
        .select_related("template")
        .order_by("-language", "template"),
        label=gettext_lazy("Template"),
    )
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.filter(is_active=True), label=gettext_lazy("Legal entity")
    )
    currency = forms.ModelChoiceField(Currency.objects.filter(is_active=True), label=gettext_lazy("Currency"))
    idempotency_key = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)


class LineForm(forms.Form):
    """One line in the currency of the contract; only an empty one is left out. A product brings name and unit."""

    product = RemoteChoiceField(
        Product.objects.none(),
        url_name="contracts:product_options",
        label=gettext_lazy("Product"),
        label_of=lambda product: f"{product.code} · {product}",
        required=False,
    )
    description = forms.CharField(label=gettext_lazy("Description"), max_length=200, required=False)
    specification = forms.CharField(label=gettext_lazy("Specification"), max_length=200, required=False)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, required=False)
    quantity = QuantityField(label=gettext_lazy("Quantity"), min_value=0, required=False)
    price = MoneyField(label=gettext_lazy("Price"), min_value=0, required=False)

    def __init__(self, *args: Any, currency: Currency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["product"]
        chooser.queryset = Product.objects.all()
        set_currency(self, currency)
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if is_typed(self, LINE):
            for name in (
                ("quantity", "price") if cleaned.get("product") else ("description", "unit", "quantity", "price")
            ):
                if cleaned.get(name) in (None, "") and name not in self.errors:
                    self.add_error(name, _("A line needs it."))
            if cleaned.get("quantity") == 0:
                self.add_error("quantity", str(QuantityNotPositive()))
            if (cleaned.get("quantity") or 0) * (cleaned.get("price") or 0) > LARGEST:
                self.add_error("quantity", str(AmountTooLarge(largest=figure(LARGEST))))
        return cleaned


LINE = ("product", "description", "specification", "unit", "quantity", "price")
Lines = forms.formset_factory(
    LineForm, formset=BaseRows, extra=BLANK_LINES, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
)


class PartForm(forms.Form):
    """A part of the payment plan; only an empty one is left out. When it is due is preselected and counts as empty."""

    share = PercentField(
        label=gettext_lazy("Share in percent"),
        min_value=0,
        max_value=100,
        required=False,
    )
    amount = MoneyField(label=gettext_lazy("Amount"), min_value=0, required=False)
    due = forms.ChoiceField(label=gettext_lazy("Due"), choices=PlanDue.choices, initial=PlanDue.SIGNING, required=False)
    days = WholeField(label=gettext_lazy("Days after"), min_value=0, max_value=3650, required=False)
    due_on = DayField(label=gettext_lazy("Day"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, currency: Currency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_currency(self, currency)
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not is_typed(self, TYPED_OF_PART):
            return cleaned
        if not cleaned.get("share") and not cleaned.get("amount") and not {"share", "amount"} & set(self.errors):
            self.add_error("share", _("A part of the plan needs a share or an amount."))
        if cleaned.get("share") and cleaned.get("amount"):
            self.add_error("amount", _("A share or an amount, not both."))
        for name in ("due", "due_on" if cleaned.get("due") == PlanDue.DAY else "days"):
            if cleaned.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, _("A part of the plan needs it."))
        return cleaned


Parts = forms.formset_factory(
    PartForm, formset=BaseRows, extra=5, max_num=MOST_PARTS, absolute_max=MOST_PARTS, validate_max=True
)
PART = ("share", "amount", "due", "due_on", "days", "note")
TYPED_OF_PART = ("share", "amount", "due_on", "days", "note")


def plan_parts(plan: forms.BaseFormSet) -> list[Part]:
    """The parts that have a share or an amount; of day and days the one that counts is kept."""
    found = []
    for form in plan.forms:
        data = form.cleaned_data
        if data.get("share") or data.get("amount"):
            kept: dict[str, Any] = {name: data[name] if data[name] != 0 or name == "days" else None for name in PART}
            kept["days" if data["due"] == PlanDue.DAY else "due_on"] = None
            found.append(Part(**kept))
    return found


def line_terms(lines: forms.BaseFormSet) -> list[LineTerms]:
    """The lines that have a description or a product."""
    return [
        LineTerms(
            product_id=form.cleaned_data["product"].pk if form.cleaned_data["product"] else None,
            **{name: form.cleaned_data[name] for name in LINE if name != "product"},
        )
        for form in lines.forms
        if form.cleaned_data.get("description") or form.cleaned_data.get("product")
    ]


class ContractForm(forms.Form):
    """The terms of a draft, the values of its template's own variables, and its lines."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    amount = MoneyField(
        label=gettext_lazy("Amount"),
        min_value=0,
        help_text=gettext_lazy("The sum of the lines counts where there are lines."),
    )
    term_days = WholeField(label=gettext_lazy("Term in days"), min_value=0, max_value=720)
    settlement = forms.ChoiceField(label=gettext_lazy("Settlement"), choices=Settlement.choices)
    instruments = forms.MultipleChoiceField(
        label=gettext_lazy("Payment forms"),
        choices=Instrument.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = DayField(label=gettext_lazy("First day"), required=False)
    ends_on = DayField(label=gettext_lazy("Last day"), required=False)
    customer_signatory = forms.CharField(label=gettext_lazy("Signs for the customer"), max_length=80, required=False)
    customer_authority = forms.CharField(
        label=gettext_lazy("Authority of the customer's signatory"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Legal representative, or the mandate by which he or she signs."),
    )
    our_signatory = forms.CharField(label=gettext_lazy("Signs for us"), max_length=80, required=False)
    our_authority = forms.CharField(label=gettext_lazy("Authority of our signatory"), max_length=120, required=False)

    def __init__(self, *args: Any, contract: Contract, account: Any, **kwargs: Any) -> None:
        self.contract = contract
        shown = ("title", "amount", "term_days", "settlement", "instruments", "starts_on", "ends_on")
        parties = ("customer_signatory", "customer_authority", "our_signatory", "our_authority")
        initial = {name: getattr(contract, name) for name in (*shown, *parties)} | {"edition": contract.version}
        own = contract.template_version.variables
        initial |= {f"value_{each['name']}": contract.values.get(each["name"], "") for each in own}
        super().__init__(*args, **{**kwargs, "initial": initial})
        if account is not None:
            self.fields["term_days"].help_text = _(
                "The account grants %(days)s days, settlement %(settlement)s. More counts as a deviation."
            ) % {"days": account.term_days, "settlement": in_sentence(account.get_settlement_display())}
            accepted = _("The account accepts %(forms)s. More counts as a deviation.")
            self.fields["instruments"].help_text = " ".join(
                (accepted % {"forms": forms_in_sentence(account.instruments)}, self.none_ticked())
            )
        else:
            self.fields["instruments"].help_text = self.none_ticked()
        for each in own:
            self.fields[f"value_{each['name']}"] = value_field(each)
        self.helper = FormHelper()
        self.helper.layout = self.sections([f"value_{each['name']}" for each in own])
        currency = currency_of(contract.currency)
        set_currency(self, currency)
        rows: dict[str, Any] = {"data": kwargs.get("data"), "form_kwargs": {"currency": currency}}
        lines = [{name: getattr(line, name) for name in LINE} for line in contract.lines.select_related("product")]
        self.lines = Lines(**rows, initial=lines, prefix="line")
        plan = [{name: getattr(part, name) for name in PART} for part in contract.plan.all()]
        self.plan = Parts(**rows, initial=plan, prefix="plan")

    def sections(self, own: list[str]) -> Layout:
        """What the contract is, how it is paid, who signs, and the template's own variables in pairs."""
        pairs = [Div(*own[place : place + 2], css_class="grid-2") for place in range(0, len(own), 2)]
        return Layout(
            "edition",
            Fieldset(
                _("The contract"),
                "title",
                Div("starts_on", "ends_on", css_class="grid-2"),
                Div("amount", css_class="grid-2"),
            ),
            Fieldset(_("Terms of payment"), Div("term_days", "settlement", css_class="grid-2"), "instruments"),
            Fieldset(
                _("Who signs"),
                Div("customer_signatory", "customer_authority", css_class="grid-2"),
                Div("our_signatory", "our_authority", css_class="grid-2"),
            ),
            *([Fieldset(_("What the clauses leave open"), *pairs)] if pairs else []),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", str(DaysNotInOrder()))
        return cleaned

    def none_ticked(self) -> str:
        """What it means that no payment form is ticked: nothing can be written where a clause names them."""
        if any(FORMS in names_in(clause.text) for clause in self.contract.clauses.all()):
            return _("Tick at least one: a clause of the contract names them.")
        return _("None ticked: the contract names none, and what the account accepts holds.")

    def is_valid(self) -> bool:
        return bool(super().is_valid() & self.lines.is_valid() & self.plan.is_valid())

    def terms(self) -> dict[str, Any]:
        """What change_contract takes."""
        data = self.cleaned_data
        values = {
            name.removeprefix("value_"): str(value)
            for name, value in data.items()
            if name.startswith("value_") and value not in (None, "")
        }
        plain = {name: value for name, value in data.items() if not name.startswith("value_") and name != "edition"}
        return {**plain, "values": values, "lines": line_terms(self.lines), "plan": plan_parts(self.plan)}


def value_field(variable: dict[str, Any]) -> forms.Field:
    """The field of a template's own variable, by its kind."""
    chinese = in_chinese()
    named: dict[str, Any] = {"label": variable["label_zh"] if chinese else variable["label_en"], "required": False}
    kind = variable["kind"]
    if kind == "date":
        return DayField(**named)
    if kind == "money":
        return MoneyField(min_value=0, **named)
    if kind == "number":
        return QuantityField(max_digits=12, decimal_places=None, min_value=0, **named)
    return forms.CharField(max_length=LONGEST_VALUE, **named)


class ClauseTextForm(forms.Form):
    """The words of a clause in a contract."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy("Variables stand in double braces. An empty text strikes the clause out."),
    )
