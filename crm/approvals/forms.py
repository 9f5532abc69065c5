"""Forms of approvals: a decision, an answer, a stand-in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.approvals.models import Verb
from crm.core.widgets import DayField, MoneyField, RemoteChoiceField

VERBS = (Verb.APPROVE, Verb.APPROVE_LESS, Verb.REJECT, Verb.ASK)


class DecisionForm(forms.Form):
    """One decision about the step that was looked at. The button that was pressed is the verb."""

    step = forms.IntegerField(widget=forms.HiddenInput())
    verb = forms.ChoiceField(choices=[(verb.value, verb.label) for verb in VERBS])
    amount = MoneyField(label=_("Amount"), required=False, min_value=0)
    reason = forms.CharField(label=_("Reason or question"), max_length=1000, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        verb = data.get("verb")
        if verb and verb != Verb.APPROVE and not data.get("reason", "").strip():
            self.add_error(
                "reason", _("Write the question.") if verb == Verb.ASK else _("Say why: it stands in the history.")
            )
        if verb == Verb.APPROVE_LESS and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Enter the amount you approve."))
        return data


class AnswerForm(forms.Form):
    """The applicant's answer to an open question."""

    text = forms.CharField(label=_("Answer"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class StandInForm(forms.Form):
    """Who decides for me, from when to when."""

    delegate = RemoteChoiceField(User.objects.none(), url_name="approvals:colleagues", label=_("Stand-in"))
    starts_on = DayField(label=_("From"))
    ends_on = DayField(label=_("Up to"), help_text=_("This day included."))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, colleagues: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["delegate"]
        field.queryset = colleagues
