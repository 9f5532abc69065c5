"""The form of limit and terms, on the page and in the administration."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credit.models import TERMS, AccountStatus, CreditAccount, Settlement
from crm.core.widgets import DateInput, MoneyField


class TermsForm(forms.Form):
    """What is agreed with a customer. Every change has a reason, which stays in the history."""

    limit = MoneyField(
        label=_("Credit limit"), min_value=0, required=False, help_text=_("In base currency. Empty: never set.")
    )
    term_days = forms.IntegerField(label=_("Term in days"), min_value=0, max_value=3650)
    settlement = forms.ChoiceField(label=_("Settlement"), choices=Settlement.choices)
    status = forms.ChoiceField(label=_("Status"), choices=AccountStatus.choices)
    next_review_on = forms.DateField(label=_("Next review"), widget=DateInput(), required=False)
    counts_unallocated = forms.BooleanField(label=_("Unallocated receipts reduce exposure"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the history, with your name and the time."),
    )

    def __init__(self, *args: Any, account: CreditAccount | None = None, **kwargs: Any) -> None:
        if account is not None:
            kwargs["initial"] = {name: getattr(account, name) for name in TERMS} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class AccountAdminForm(forms.ModelForm):
    """The same fields over the account's row; what it saves goes through the service."""

    reason = TermsForm.base_fields["reason"]

    class Meta:
        model = CreditAccount
        fields = TERMS
