"""Forms of the steps of a contract: submitted, sealed, signed, amended, its original lent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from contracts.errors import SignedInFuture
from crm.accounts.models import User
from crm.core.pages import ReasonForm
from crm.core.widgets import DayField, PastDayField, WholeField


class DeviationForm(ReasonForm):
    """Why a contract deviates, for the edition that was read."""

    edition = forms.IntegerField(widget=forms.HiddenInput)


class SealForm(forms.Form):
    copies = WholeField(label=gettext_lazy("Copies"), min_value=1, max_value=20, initial=2)


class SignForm(forms.Form):
    """The scan of the signed contract."""

    signed_on = PastDayField(label=gettext_lazy("Signed on"), error_messages={"too_late": SignedInFuture.message})
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
