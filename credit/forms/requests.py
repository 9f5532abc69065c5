"""Forms of credit: a request by its kind, its papers, a restriction."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from credit.instruments import Instrument
from credit.models import AccountStatus, Attachment, CreditAccount, CreditRequest, RequestKind, Settlement
from credit.rules import requests as rules
from credit.services.attachments import MEGABYTES, MOST
from crm.core.uploads import PAPERS
from crm.core.widgets import DayField, FilesField, FilesInput, MoneyField, WholeField
from customers.models import Customer

# What is asked for each kind of request, in the order of the form.
FIELDS: dict[str, tuple[str, ...]] = {
    rules.NEW: (
        "wanted_limit", "wanted_term_days", "wanted_settlement", "wanted_instruments", "purchase_estimate",
        "bank_reference", "trade_reference", "reference_limit", "reason",
    ),
    rules.INCREASE: ("wanted_limit", "purchase_estimate", "reference_limit", "reason"),
    rules.DECREASE: ("wanted_limit", "plan", "reason"),
    rules.TERM: ("wanted_term_days", "reason"),
    rules.SETTLEMENT: ("wanted_settlement", "reason"),
    rules.INSTRUMENT: ("wanted_instruments", "reason"),
    rules.TEMPORARY: ("wanted_limit", "until", "reason"),
    rules.UNFREEZE: ("plan", "reason"),
    rules.RELEASE: ("until", "reason"),
    rules.GROUP: ("wanted_limit", "reason"),
    rules.GROUP_END: ("reason",),
}  # fmt: skip


def kinds_for(account: CreditAccount | None) -> list[RequestKind]:
    """The kinds of request that make sense for an account as it stands."""
    if account is None or account.limit is None:
        found = [RequestKind.NEW, RequestKind.INSTRUMENT]
    else:
        found = [
            kind
            for kind in RequestKind
            if kind not in (RequestKind.NEW, RequestKind.UNFREEZE, RequestKind.RELEASE, *rules.GROUP_KINDS)
        ]
    if account is not None and account.status != AccountStatus.NORMAL:
        found.append(RequestKind.UNFREEZE)
    return found


def group_kinds_for(customer: Customer, account: CreditAccount | None) -> list[RequestKind]:
    """The kinds that make sense for a company as the head of a group: it has one, or it has a group limit."""
    limited = account is not None and account.pk in (account.groups or ())
    found = [RequestKind.GROUP_END] if limited else []
    if Customer.objects.filter(parent=customer).exists():
        found.insert(0, RequestKind.GROUP)
    return found


class CreditRequestForm(forms.Form):
    """A draft may be incomplete: its page says what is missing before it can be submitted."""

    wanted_limit = MoneyField(
        label=_("Limit wanted"), min_value=0, required=False, help_text=_("The whole limit, in base currency.")
    )
    wanted_term_days = WholeField(label=_("Term in days"), min_value=0, max_value=365, required=False)
    wanted_settlement = forms.ChoiceField(
        label=_("Settlement"), choices=[("", "–"), *Settlement.choices], required=False
    )
    wanted_instruments = forms.MultipleChoiceField(
        label=_("Payment forms to be accepted"),
        choices=Instrument.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    until = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("At midnight after it the limit is what it was, by itself."),
    )
    purchase_estimate = MoneyField(
        label=_("Monthly purchases expected"),
        min_value=0,
        required=False,
        help_text=_("As the customer says, not as we hope."),
    )
    bank_reference = forms.CharField(
        label=_("Bank reference"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Bank, branch, who was asked, what was said."),
    )
    trade_reference = forms.CharField(
        label=_("Trade references"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Who else sells to this customer on credit, and how it pays them."),
    )
    reference_limit = MoneyField(
        label=_("Highest limit another supplier grants"),
        min_value=0,
        required=False,
        help_text=_("In base currency; the limit proposal looks at it."),
    )
    plan = forms.CharField(
        label=_("How it will be paid down"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is open above the new limit, or overdue: by when, from what."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, kind: str, record: CreditRequest | None = None, **kwargs: Any) -> None:
        if record is not None:
            kwargs["initial"] = {name: getattr(record, name) for name in FIELDS[kind]} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in FIELDS[kind]}


class AttachmentForm(forms.Form):
    """A paper of a request."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Attachment.Kind.choices)
    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(_("PDF, Word, Excel, JPEG or PNG, at most {megabytes} MB."), megabytes=MEGABYTES),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(PAPERS)}),
    )


class RestrictForm(forms.Form):
    """A stricter status, at once; what grants less needs no approval."""

    status = forms.ChoiceField(label=_("Status"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the history, with your name and the time."),
    )

    def __init__(self, *args: Any, status: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["status"]
        field.choices = [(code, word) for code, word in AccountStatus.choices if rules.tightens(status, code)]


class ReleaseForm(forms.Form):
    """What both directors are asked: to let one held document go, up to a last day."""

    until = DayField(label=_("Last day"), help_text=_("After it the document is held again if it still waits."))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why this order and not another: sales director and finance director read it."),
    )
    papers = FilesField(
        label=_("Files"),
        required=False,
        help_text=format_lazy(
            _("What speaks for it, at most {most} files: PDF, Word, Excel, JPEG or PNG, at most {megabytes} MB each."),
            most=MOST,
            megabytes=MEGABYTES,
        ),
        widget=FilesInput({"accept": ",".join(PAPERS), "class": "form-control"}),
    )
