"""The form of limit and terms, on the page and in the administration."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credit.models import TERMS, AccountStatus, CreditAccount, Settlement
from crm.core.widgets import DateInput, MoneyField


class TermsForm(forms.Form):
    """What is agreed with a customer. Every change has a reason, which stays in the history.

    `seen` carries the terms as they were when the form was opened, so that two tabs do not overwrite each other.
    """

    seen = forms.CharField(widget=forms.HiddenInput(), required=False)

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
            now = {name: getattr(account, name) for name in TERMS} | {"seen": account.terms_as_text}
            kwargs["initial"] = now | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class AccountAdminForm(forms.ModelForm):
    """The same fields over the account's row; what it saves goes through the service."""

    reason = TermsForm.base_fields["reason"]
    seen = TermsForm.base_fields["seen"]

    class Meta:
        model = CreditAccount
        fields = TERMS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.terms_as_text

    def clean_seen(self) -> str:
        """Two windows of the administration do not overwrite each other; the service looks again under the lock."""
        seen: str = self.cleaned_data["seen"]
        if seen and seen != self.initial["seen"]:
            raise forms.ValidationError(gettext("Somebody changed these terms meanwhile. Open the page again."))
        return seen
