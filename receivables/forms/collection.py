"""What people type about a case: what came of a call, disputes, causes, opt-outs."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.dates import business_today
from crm.core.display import isodate, money
from crm.core.money import ZERO
from crm.core.pages import plain_helper
from crm.core.widgets import DayField, MoneyField, RemoteChoiceField
from customers.models import Contact
from receivables.forms.documents import HouseForm
from receivables.models import Case, CauseCode, CollectionContact, Dispute
from receivables.services.collection import DisputeTerms, PromiseTerms

Outcome = CollectionContact.Outcome
WEEK = dt.timedelta(days=7)
SATURDAY = 5

# Which field a refusal of the services belongs to; the rest stand above the form.
FIELD_OF_ERROR = {
    "amount_not_positive": "amount",
    "promise_too_far": "promised_on",
    "promise_date_past": "promised_on",
    "promise_stands_already": "replace",
    "currency_not_overdue": "currency",
    "dispute_too_much": "amount",
    "culprit_missing": "culprit",
    "opt_out_dates": "until",
    "reason_missing": "reason",
}


def next_working_day(day: dt.date) -> dt.date:
    """The day after, past the weekend."""
    day += dt.timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += dt.timedelta(days=1)
    return day


class CollectionForm(HouseForm):
    """A form that shows what the rules of collection refuse beside its field."""

    def refuse(self, error: Any) -> None:
        name = FIELD_OF_ERROR.get(error.code)
        if name in self.fields:
            self.add_error(name, str(error))
        else:
            super().refuse(error)


class ContactForm(CollectionForm):
    """What came of speaking with a customer: the way, with whom, the words, when to follow up."""

    outcome: ClassVar[Outcome] = Outcome.REACHED

    note = forms.CharField(
        label=gettext_lazy("What was said"), max_length=1000, required=False, widget=forms.Textarea({"rows": 2})
    )
    next_on = DayField(label=gettext_lazy("Follow up on"), required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("Way"), choices=CollectionContact.Channel.choices, initial=CollectionContact.Channel.CALL
    )
    contact = forms.ModelChoiceField(
        Contact.objects.none(),
        label=gettext_lazy("Spoken with"),
        required=False,
        empty_label=gettext_lazy("Nobody named"),
    )

    def __init__(
        self, *args: Any, case: Case, contacts: Sequence[Contact], invoices: Sequence[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, prefix=str(self.outcome), **kwargs)
        self.helper = plain_helper()
        self.case, self.invoices = case, invoices
        chooser: Any = self.fields["contact"]
        chooser.queryset = Contact.objects.filter(customer_id=case.customer_id, is_active=True)
        # What was read for the page already is not asked for again by each form.
        chooser.choices = [("", chooser.empty_label), *((contact.pk, contact.name) for contact in contacts)]
        if contacts and self.outcome != Outcome.UNREACHABLE:
            chooser.initial = contacts[0].pk

    def clean_next_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["next_on"]
        if day is not None and day < business_today():
            raise forms.ValidationError(_("This day is past."))
        return day

    def promise(self) -> PromiseTerms | None:
        return None

    def dispute(self) -> DisputeTerms | None:
        return None


class ReachedForm(ContactForm):
    outcome = Outcome.REACHED


class UnreachableForm(ContactForm):
    """Nobody there: tried again on the next working day unless another is named."""

    outcome = Outcome.UNREACHABLE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["next_on"].initial = next_working_day(business_today())
        del self.fields["contact"]


class PromisedForm(ContactForm):
    """How much until when; what is overdue in the currency owed most is suggested."""

    outcome = Outcome.PROMISED

    amount = MoneyField(label=gettext_lazy("Promised amount"))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    promised_on = DayField(label=gettext_lazy("Promised for"))
    replace = forms.BooleanField(label=gettext_lazy("Takes the place of the open promise"), required=False)

    field_order = ["amount", "currency", "promised_on", "note", "replace", "channel", "contact"]

    def __init__(self, *args: Any, open_promise: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sums: dict[str, Decimal] = {}
        for invoice in self.invoices:
            sums[invoice.currency] = sums.get(invoice.currency, ZERO) + invoice.chased
        most = max(sums, key=lambda code: sums[code], default="")
        chooser: Any = self.fields["currency"]
        chooser.choices = [(code, code) for code in sorted(sums)]
        chooser.initial = most
        self.fields["amount"].initial = sums.get(most)
        self.fields["promised_on"].initial = business_today() + WEEK
        del self.fields["next_on"]
        if not open_promise:
            del self.fields["replace"]

    def promise(self) -> PromiseTerms:
        values = self.cleaned_data
        return PromiseTerms(
            amount=values["amount"],
            promised_on=values["promised_on"],
            currency=values["currency"],
            replace=values.get("replace", False),
        )


class DisputeFields(CollectionForm):
    """What is disputed of which invoice, why, and who settles it."""

    invoice = forms.ChoiceField(label=gettext_lazy("Invoice"))
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=Dispute.Reason.choices)
    amount = MoneyField(
        label=gettext_lazy("Disputed amount"),
        required=False,
        help_text=gettext_lazy("Leave empty when all that is open is disputed."),
    )
    owner = RemoteChoiceField(
        get_user_model().objects.none(),
        url_name="receivables:people",
        label=gettext_lazy("Who settles it"),
        required=False,
        placeholder=gettext_lazy("Owner of the customer"),
    )

    def offer(self, invoices: Sequence[Any]) -> None:
        """The invoices that can be disputed, the largest part first looked at stands first."""
        self.of_number = {str(invoice.pk): invoice for invoice in invoices}
        chooser: Any = self.fields["invoice"]
        chooser.choices = [
            (
                str(invoice.pk),
                _("%(number)s · due %(due_on)s · %(amount)s %(currency)s")
                % {
                    "number": invoice.number,
                    "due_on": isodate(invoice.due_on),
                    "amount": money(invoice.chased),
                    "currency": invoice.currency,
                },
            )
            for invoice in invoices
        ]
        owners: Any = self.fields["owner"]
        owners.queryset = get_user_model().objects.filter(is_active=True)

    def terms(self, note: str) -> DisputeTerms:
        values = self.cleaned_data
        invoice = self.of_number[values["invoice"]]
        amount = values["amount"]
        return DisputeTerms(
            invoice_id=invoice.pk,
            amount=invoice.chased if amount is None else amount,
            reason=values["reason"],
            owner_id=values["owner"].pk if values["owner"] else None,
            note=note,
        )


class DisputedForm(DisputeFields, ContactForm):
    """The customer does not accept an invoice, or a part of it."""

    outcome = Outcome.DISPUTED

    field_order = ["invoice", "reason", "amount", "owner", "note", "next_on", "channel", "contact"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(self.invoices)

    def dispute(self) -> DisputeTerms:
        return self.terms(self.cleaned_data["note"])


class DisputeForm(DisputeFields):
    """A dispute that came in by another way than a call."""

    note = forms.CharField(
        label=gettext_lazy("What the customer says"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, invoices: Sequence[Any], chosen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(invoices)
        self.fields["invoice"].initial = chosen


CONTACT_FORMS: dict[str, type[ContactForm]] = {
    form.outcome: form for form in (ReachedForm, PromisedForm, DisputedForm, UnreachableForm)
}


class ResolveForm(CollectionForm):
    """How a dispute ended and what was agreed."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=Dispute.Outcome.choices)
    resolution = forms.CharField(
        label=gettext_lazy("Resolution"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("What was found and agreed; a credit note is posted on its own."),
    )


class CauseForm(CollectionForm):
    """Why the case is overdue; a cause of our own making names whose it was."""

    cause = forms.ModelChoiceField(
        CauseCode.objects.filter(is_active=True), label=gettext_lazy("Cause"), empty_label=None
    )
    culprit = RemoteChoiceField(
        get_user_model().objects.none(),
        url_name="receivables:people",
        label=gettext_lazy("Whose fault"),
        required=False,
        help_text=gettext_lazy("Only for a cause that is our own fault."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["culprit"]
        chooser.queryset = get_user_model().objects.filter(is_active=True)
        causes: Any = self.fields["cause"]
        causes.label_from_instance = cause_label


def cause_label(cause: CauseCode) -> str:
    return _("%(cause)s (our own fault)") % {"cause": cause.name} if cause.own_fault else cause.name


class OptOutForm(CollectionForm):
    """For how long, and why, a customer is not dunned."""

    until = DayField(label=gettext_lazy("Until and including"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))


class WhyForm(CollectionForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))


class StepDoneForm(CollectionForm):
    """What came of a task."""

    note = forms.CharField(
        label=gettext_lazy("What was done"), max_length=255, required=False, widget=forms.Textarea({"rows": 2})
    )


class SendForm(CollectionForm):
    """Sending letters asks nothing: the page says what will happen."""
