"""What people type to propose an instalment plan: the invoices, why, and the rows, filled in equal parts if wanted."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.dates import business_today, months_before
from crm.core.errors import DomainError
from crm.core.money import ZERO
from crm.core.more_rows import wants_more
from crm.core.pages import plain_helper
from crm.core.widgets import DayField, MoneyField, WholeField
from receivables.forms.collection import CollectionForm
from receivables.rules.instalments import LEAST_ROWS, MOST_ROWS, PlanRow, equal_rows

BLANK_ROWS = 3
USUAL_COUNT = 3
OF_INVOICES = ("plan_without_invoices", "plan_invoice_unfit", "plan_invoice_disputed", "plan_currencies")
FIELD_OF_ROW_ERROR = {"plan_amount_not_positive": "amount"}


class RowForm(forms.Form):
    """One row; one left empty is none."""

    due_on = DayField(label=gettext_lazy("To be paid by"), required=False)
    amount = MoneyField(label=gettext_lazy("Amount"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for bound in self.fields.values():
            widget = bound.widget
            widget.attrs |= {
                "class": f"{widget.attrs.get('class', '')} form-control".strip(),
                "aria-label": bound.label,
            }

    @property
    def is_filled(self) -> bool:
        return self.cleaned_data.get("due_on") is not None or self.cleaned_data.get("amount") is not None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("due_on", "amount") if cleaned.get(name) is not None]
        if len(given) == 1:
            missing = "amount" if given == ["due_on"] else "due_on"
            if missing not in self.errors:
                self.add_error(missing, _("An instalment needs it."))
        return cleaned


Rows = forms.formset_factory(RowForm, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True)


class PlanForm(CollectionForm):
    """The invoices, the reason and the rows (`rows`). `problem` says why the rows could not be filled in."""

    invoices = forms.MultipleChoiceField(
        label=gettext_lazy("Invoices"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose the invoices the plan is for.")},
    )
    count = WholeField(
        label=gettext_lazy("Number of instalments"), min_value=LEAST_ROWS, max_value=MOST_ROWS, required=False
    )
    first_on = DayField(label=gettext_lazy("First one by"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Why the customer cannot pay now, and why it will by these days."),
    )

    def __init__(self, *args: Any, offered: Sequence[Any], **kwargs: Any) -> None:
        data: Any = kwargs.get("data")
        self.offered, self.problem = offered, ""
        self.by_key = {str(invoice.pk): invoice for invoice in offered}
        self.typed = bool(wants_more(data))
        rows: list[dict[str, Any]] = [{} for _number in range(BLANK_ROWS)]
        if self.typed:  # shown again as it was typed, not judged yet
            kwargs["data"] = None
            kwargs["initial"] = {name: data.get(name) for name in ("count", "first_on", "reason", "idempotency_key")}
            kwargs["initial"]["invoices"] = data.getlist("invoices")
            rows = typed_rows(data)
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        chooser: Any = self.fields["invoices"]
        chooser.choices = [(key, invoice.number) for key, invoice in self.by_key.items()]
        if self.typed and self.initial["idempotency_key"]:
            self.fields["idempotency_key"].initial = self.initial["idempotency_key"]
        if not self.typed:
            chooser.initial = self.usual_choice()
            self.fields["count"].initial = USUAL_COUNT
            self.fields["first_on"].initial = months_before(business_today(), -1)
        elif data["more"] == "equal":
            rows = self.equal(data) or rows
        else:
            rows += [{} for _number in range(BLANK_ROWS)]
        self.rows: Any = Rows(data=kwargs.get("data"), prefix="rows", initial=rows[:MOST_ROWS])

    def usual_choice(self) -> list[str]:
        """What is overdue and not in dispute, in the currency owed most."""
        fit = [invoice for invoice in self.offered if invoice.days and not invoice.in_dispute]
        sums: dict[str, Decimal] = {}
        for invoice in fit:
            sums[invoice.currency] = sums.get(invoice.currency, ZERO) + invoice.open_amount
        most = max(sums, key=lambda code: sums[code], default="")
        return [str(invoice.pk) for invoice in fit if invoice.currency == most]

    def equal(self, data: Any) -> list[dict[str, Any]]:
        """The rows in equal parts of what is open of the invoices ticked; `problem` says what is missing for it."""
        chosen = [self.by_key[key] for key in data.getlist("invoices") if key in self.by_key]
        currencies = {invoice.currency for invoice in chosen}
        try:
            count = self.fields["count"].clean(data.get("count"))
            first: dt.date | None = self.fields["first_on"].clean(data.get("first_on"))
        except ValidationError as error:
            self.problem = " ".join(error.messages)
            return []
        if not count or first is None:
            self.problem = _("Give the number of instalments and the day of the first.")
        elif len(currencies) != 1:
            self.problem = _("Choose the invoices first, all in one currency.")
        else:
            total = sum((invoice.open_amount for invoice in chosen), ZERO)
            rows = equal_rows(total, count=count, first_on=first)
            return [{"due_on": row.due_on, "amount": row.amount} for row in rows]
        return []

    @property
    def table(self) -> list[tuple[Any, bool]]:
        """The invoices offered, and whether each is ticked."""
        ticked = set(self["invoices"].value() or [])
        return [(invoice, str(invoice.pk) in ticked) for invoice in self.offered]

    @property
    def totals(self) -> list[tuple[str, Decimal]]:
        """What is open of the invoices ticked, by currency."""
        sums: dict[str, Decimal] = {}
        for invoice, ticked in self.table:
            if ticked:
                sums[invoice.currency] = sums.get(invoice.currency, ZERO) + invoice.open_amount
        return sorted(sums.items())

    def is_valid(self) -> bool:
        fine = super().is_valid()
        if not self.rows.is_valid():
            self.add_error(None, _("Correct the instalments marked below."))
            return False
        return fine

    def filled(self) -> list[Any]:
        return [form for form in self.rows.forms if form.is_filled]

    def plan_rows(self) -> list[PlanRow]:
        return [PlanRow(form.cleaned_data["due_on"], form.cleaned_data["amount"]) for form in self.filled()]

    def invoice_ids(self) -> list[int]:
        return [int(key) for key in self.cleaned_data["invoices"]]

    def refuse(self, error: DomainError) -> None:
        """A refusal of a row stands beside its row, of an invoice beside the invoices."""
        number = error.params.get("row")
        if number is not None:
            self.filled()[number - 1].add_error(FIELD_OF_ROW_ERROR.get(error.code, "due_on"), str(error))
            self.add_error(None, _("Correct the instalments marked below."))
        elif error.code in OF_INVOICES:
            self.add_error("invoices", str(error))
        else:
            super().refuse(error)


def typed_rows(data: Any) -> list[dict[str, Any]]:
    """The rows as they were typed, also what is no date or amount."""
    total = str(data.get("rows-TOTAL_FORMS", ""))
    count = min(int(total), MOST_ROWS) if total.isdecimal() and len(total) < 5 else 0
    return [{name: data.get(f"rows-{number}-{name}", "") for name in ("due_on", "amount")} for number in range(count)]
