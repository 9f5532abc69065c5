"""Forms of rating: a statement, an investigation, another grade."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credit.models import FinancialStatement
from credit.models.evidence import FIGURES
from credit.models.scorecards import GRADE_CHOICES, TOPIC_CHOICES
from credit.rules import ratings as rules
from credit.services.evidence import STATEMENT_ODDITIES
from crm.core.dates import business_today
from crm.core.widgets import MoneyField, PastDayField, WholeField


class StatementForm(forms.Form):
    """The figures of one year; what is not known is left empty."""

    year = WholeField(label=_("Year"), min_value=rules.OLDEST_YEAR, max_value=2200)
    audited = forms.BooleanField(label=_("Audited"), required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False, help_text=_("Where the figures come from."))
    accept_unusual = forms.MultipleChoiceField(
        label=_("The paper says so"),
        choices=list(STATEMENT_ODDITIES.items()),
        required=False,
        widget=forms.MultipleHiddenInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIGURES:
            label = str(FinancialStatement._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            bounds: dict[str, Any] = {} if name == "profit" else {"min_value": 0}
            self.fields[name] = MoneyField(label=label[:1].upper() + label[1:], required=False, **bounds)
        self.order_fields(["year", *FIGURES, "audited", "note", "accept_unusual"])

    def ask_about(self, codes: Collection[str]) -> None:
        """Let each of the figures that hardly any company has be ticked as right; what was not shown is not ticked."""
        asked: Any = self.fields["accept_unusual"]
        asked.widget = forms.CheckboxSelectMultiple()
        asked.choices = [(code, label) for code, label in STATEMENT_ODDITIES.items() if code in codes]


class InvestigationForm(forms.Form):
    """A score from 1 to 5 for each item that was looked at, with what it rests on."""

    on = PastDayField(label=_("Date"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = business_today()
        scores: list[tuple[str, Any]] = [("", _("not looked at"))]
        scores += [(str(score), str(score)) for score in range(rules.LEAST_SCORE, rules.MOST_SCORE + 1)]
        for topic, label in TOPIC_CHOICES:
            self.fields[f"score_{topic}"] = forms.ChoiceField(label=label, choices=scores, required=False)
            self.fields[f"evidence_{topic}"] = forms.CharField(
                label=_("What it rests on"), max_length=500, required=False
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for topic, _label in TOPIC_CHOICES:
            if data.get(f"score_{topic}") and not data.get(f"evidence_{topic}", "").strip():
                self.add_error(f"evidence_{topic}", _("Say what the score rests on."))
        return data

    @property
    def answers(self) -> dict[str, tuple[int, str]]:
        """Score and evidence by item, of those that were looked at."""
        data = self.cleaned_data
        return {
            topic: (int(data[f"score_{topic}"]), data[f"evidence_{topic}"])
            for topic, _label in TOPIC_CHOICES
            if data.get(f"score_{topic}")
        }


class OverrideForm(forms.Form):
    """Another grade than the scorecard proposes, and why."""

    grade = forms.ChoiceField(label=_("Grade"), choices=GRADE_CHOICES)
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
