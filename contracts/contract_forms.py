"""Forms of contracts and their templates: terms, lines, clauses."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.clause_text import KINDS, condition_problem, known_names, own_problems
from contracts.contract_errors import LanguageMissing
from contracts.contract_words import in_sentence
from contracts.models import (
    Contract,
    ContractKind,
    ContractLanguage,
    Element,
    PlanDue,
    Template,
    TemplateVersion,
    VersionState,
)
from contracts.plan_rules import Part
from contracts.services.drafting import LineTerms
from credit.instruments import Instrument
from credit.instruments import in_sentence as forms_in_sentence
from credit.models import Settlement
from crm.accounts.models import User
from crm.core.language import in_chinese
from crm.core.models import Currency, LegalEntity
from crm.core.more_rows import wants_more, with_more_rows
from crm.core.widgets import DayField, MoneyField, PastDayField, QuantityField

BLANK_LINES = 3
MOST_LINES = 200
MOST_PARTS = 24
MOST_CLAUSES = 60


class VersionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        """The template's name in the reader's language, and the language the contract will be in."""
        return f"{obj.template} · {obj.get_language_display()} · v{obj.number}"


class NewContractForm(forms.Form):
    """From which template, for which of our companies."""

    version = VersionChoice(
        TemplateVersion.objects.filter(state=VersionState.PUBLISHED)
        .select_related("template")
        .order_by("template", "language"),
        label=gettext_lazy("Template"),
    )
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.filter(is_active=True), label=gettext_lazy("Legal entity")
    )
    currency = forms.ModelChoiceField(Currency.objects.filter(is_active=True), label=gettext_lazy("Currency"))


def is_typed(form: forms.Form, names: Iterable[str]) -> bool:
    """Whether anything stands in one of these fields of a row, right or wrong."""
    return any(str(form[name].value() or "").strip() for name in names)


def dress(form: forms.Form) -> None:
    """The fields of a row stand in a table, whose heads are their labels."""
    for field in form.fields.values():
        attrs = field.widget.attrs
        css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
        attrs |= {"class": f"{css} {attrs.get('class', '')}".strip(), "aria-label": field.label}


class LineForm(forms.Form):
    """One line; only an empty one is left out."""

    description = forms.CharField(label=gettext_lazy("Description"), max_length=200, required=False)
    specification = forms.CharField(label=gettext_lazy("Specification"), max_length=200, required=False)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, required=False)
    quantity = QuantityField(label=gettext_lazy("Quantity"), min_value=0, required=False)
    price = MoneyField(label=gettext_lazy("Price"), min_value=0, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if is_typed(self, LINE):
            for name in ("description", "unit", "quantity"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("A line needs it."))
            if cleaned.get("price") is None and "price" not in self.errors:
                self.add_error("price", _("A line needs it."))
        return cleaned


LINE = ("description", "specification", "unit", "quantity", "price")
Lines = forms.formset_factory(
    LineForm, extra=BLANK_LINES, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
)


class PartForm(forms.Form):
    """A part of the payment plan; only an empty one is left out. When it is due is preselected and counts as empty."""

    share = forms.DecimalField(
        label=gettext_lazy("Share in percent"),
        max_digits=5,
        decimal_places=2,
        min_value=0,
        max_value=100,
        required=False,
    )
    amount = MoneyField(label=gettext_lazy("Amount"), min_value=0, required=False)
    due = forms.ChoiceField(label=gettext_lazy("Due"), choices=PlanDue.choices, initial=PlanDue.SIGNING, required=False)
    days = forms.IntegerField(label=gettext_lazy("Days after"), min_value=0, max_value=3650, required=False)
    due_on = DayField(label=gettext_lazy("Day"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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


Parts = forms.formset_factory(PartForm, extra=5, max_num=MOST_PARTS, absolute_max=MOST_PARTS, validate_max=True)
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
    """The lines that have a description."""
    return [
        LineTerms(**{name: form.cleaned_data[name] for name in LINE})
        for form in lines.forms
        if form.cleaned_data.get("description")
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
    term_days = forms.IntegerField(label=gettext_lazy("Term in days"), min_value=0, max_value=720)
    settlement = forms.ChoiceField(label=gettext_lazy("Settlement"), choices=Settlement.choices)
    instruments = forms.MultipleChoiceField(
        label=gettext_lazy("Payment forms"),
        choices=Instrument.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: the contract names none, and what the account accepts holds."),
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
            self.fields["instruments"].help_text = _(
                "The account accepts %(forms)s. More counts as a deviation. None ticked: the contract names none."
            ) % {"forms": forms_in_sentence(account.instruments)}
        for each in own:
            self.fields[f"value_{each['name']}"] = value_field(each)
        lines = [{name: getattr(line, name) for name in LINE} for line in contract.lines.all()]
        self.lines = Lines(data=kwargs.get("data"), initial=lines, prefix="line")
        plan = [{name: getattr(part, name) for name in PART} for part in contract.plan.all()]
        self.plan = Parts(data=kwargs.get("data"), initial=plan, prefix="plan")

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
    return forms.CharField(max_length=500, **named)


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


class SealForm(forms.Form):
    copies = forms.IntegerField(label=gettext_lazy("Copies"), min_value=1, max_value=20, initial=2)


class SignForm(forms.Form):
    """The scan of the signed contract."""

    signed_on = PastDayField(label=gettext_lazy("Signed on"))
    file = forms.FileField(
        label=gettext_lazy("Scan of the signed contract"), help_text=gettext_lazy("PDF, JPEG or PNG, up to 20 MB.")
    )


class AmendForm(forms.Form):
    """From when an amendment is to hold."""

    starts_on = DayField(label=gettext_lazy("Holds from"))


class RenewForm(forms.Form):
    """The term of a renewal."""

    starts_on = DayField(label=gettext_lazy("First day"))
    ends_on = DayField(label=gettext_lazy("Last day"))


class LendForm(forms.Form):
    """Who borrows the paper original, until when and what for."""

    borrower = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Borrower"))
    due_on = DayField(label=gettext_lazy("Due back on"))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        borrowers: Any = self.fields["borrower"]
        borrowers.queryset = User.objects.filter(is_active=True).order_by("name", "pk")


class TemplateChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.get_kind_display()}"


class NewTemplateForm(forms.Form):
    """A template by its kind and names, and what its first versions begin with."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ContractKind.choices)
    name_zh = forms.CharField(label=gettext_lazy("Chinese name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Letters, digits and hyphens. Left empty, it is made of the English name."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=ContractLanguage.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[ContractLanguage.CHINESE, ContractLanguage.ENGLISH],
        error_messages={"required": LanguageMissing.message},
        help_text=gettext_lazy("A first version is begun in each."),
    )
    copy_of = TemplateChoice(
        Template.objects.filter(versions__state=VersionState.PUBLISHED).distinct(),
        label=gettext_lazy("Begin with"),
        required=False,
        empty_label=gettext_lazy("No clauses"),
        help_text=gettext_lazy("The clauses and own variables of the template's published version in each language."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("name_en") and not cleaned.get("code") and "code" not in self.errors:
            cleaned["code"] = slugify(cleaned["name_en"])[:40].strip("-")
            if not cleaned["code"]:
                self.add_error("code", _("No code can be made of this English name: give one."))
        return cleaned


class NewVersionForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=ContractLanguage.choices)


class ClauseForm(forms.Form):
    """One clause of a version; an empty one is left out, and one that is marked to be left out.

    Its place, its elements and whether it is fixed are no words: alone they make no clause.
    """

    position = forms.IntegerField(label=gettext_lazy("Position"), min_value=1, max_value=999, required=False)
    key = forms.SlugField(label=gettext_lazy("Clause key"), max_length=40, required=False)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)
    elements = forms.MultipleChoiceField(label=gettext_lazy("Legal elements"), choices=Element.choices, required=False)
    is_fixed = forms.BooleanField(label=gettext_lazy("Fixed"), required=False)
    condition = forms.CharField(label=gettext_lazy("Condition"), max_length=120, required=False)
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=8000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    is_out = forms.BooleanField(label=gettext_lazy("Leave this clause out"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.pop("is_out", False):
            self.errors.clear()
            return {}
        if is_typed(self, ("key", "title", "condition", "text")):
            for name in ("key", "title", "text"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("A clause needs it."))
        return cleaned


class BaseClauses(forms.BaseFormSet):
    def clean(self) -> None:
        keys = [form.cleaned_data.get("key") for form in self.forms if form.cleaned_data.get("text")]
        if len(keys) != len(set(keys)):
            raise ValidationError(_("Two clauses have the same key."))


Clauses = forms.formset_factory(
    ClauseForm, formset=BaseClauses, extra=1, max_num=MOST_CLAUSES, absolute_max=MOST_CLAUSES
)


def clause_words(clauses: forms.BaseFormSet) -> list[dict[str, Any]]:
    """The clauses with a text, in the order of their positions; those without one come last."""
    found = [form.cleaned_data for form in clauses.forms if form.cleaned_data.get("text")]
    ordered = sorted(found, key=lambda clause: clause["position"] or 1000)
    return [{**clause, "text": clause["text"].replace("\r\n", "\n").strip()} for clause in ordered]


class VersionForm(forms.Form):
    """Title and own variables of a version, one variable a line in four parts; `more` asks for another clause."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    variables = forms.CharField(
        label=gettext_lazy("Own variables"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One a line: name | kind (text, number, money, date) | Chinese label | English label."),
    )

    def __init__(self, *args: Any, version: TemplateVersion, **kwargs: Any) -> None:
        self.version = version
        data: Any = kwargs.get("data")
        if wants_more(data):
            kwargs["data"] = data = with_more_rows(data, prefix="clause", more=1, most=MOST_CLAUSES)
        initial = {
            "edition": version.edition,
            "title": version.title,
            "variables": "\n".join(
                " | ".join(str(each.get(name, "")) for name in ("name", "kind", "label_zh", "label_en"))
                for each in version.variables
            ),
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        clauses = [clause.own_words() for clause in version.clauses.all()]
        self.clauses = Clauses(data=data, initial=clauses, prefix="clause")

    def clean_variables(self) -> list[dict[str, str]]:
        found = []
        for line in self.cleaned_data["variables"].splitlines():
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 4 or parts[1] not in KINDS:
                raise ValidationError(_("'%(line)s' is not a variable."), params={"line": line})
            found.append(dict(zip(("name", "kind", "label_zh", "label_en"), parts, strict=True)))
        if bad := own_problems(found):
            raise ValidationError(_("'%(line)s' is not a variable."), params={"line": ", ".join(bad)})
        return found

    def is_valid(self) -> bool:
        if not (super().is_valid() & self.clauses.is_valid()):
            return False
        known = known_names(self.cleaned_data["variables"])
        for form in self.clauses.forms:
            if condition_problem(form.cleaned_data.get("condition", ""), known):
                form.add_error("condition", _("The condition cannot be read."))
        return all(not form.errors for form in self.clauses.forms)
