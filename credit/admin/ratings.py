"""Scorecards in the administration: drafted and weighed here, put into force by another than their authors."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.admin.accounts import AccountRowAdmin
from credit.models import (
    AccountGrade,
    FinancialStatement,
    Investigation,
    InvestigationAnswer,
    Rating,
    RatingReview,
    ScorecardItem,
    ScorecardVersion,
    StatementConfirmation,
)
from credit.models.scorecards import WORDS_OF, Source
from credit.rules import ratings as rules
from credit.services import activate_scorecard, new_scorecard_version, weigh_by_judgements
from crm.approvals.rules import GRADES
from crm.core.admin_site import ReadOnlyAdmin
from crm.core.errors import DomainError
from crm.core.version_admin import VersionAdmin
from crm.core.versions import PolicyState, next_version, take_authorship

SCALE = (9, 7, 5, 3, 1, 1 / 3, 1 / 5, 1 / 7, 1 / 9)  # how much more the first counts than the second


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class ItemForm(forms.ModelForm):
    class Meta:
        model = ScorecardItem
        fields = ("position", "key", "name_zh", "name_en", "weight", "indicator", "bins")

    def clean(self) -> dict[str, Any]:
        """Points from 0 to 100, for words of the item or from numbers on, each once."""
        data: dict[str, Any] = super().clean() or {}
        key, bins = data.get("key"), data.get("bins")
        if key is None or bins is None:
            return data
        wanted = "word" if key in WORDS_OF else "from"
        known = set(WORDS_OF[key].values) if key in WORDS_OF else None
        usable = isinstance(bins, list) and all(
            isinstance(each, dict)
            and set(each) == {wanted, "points"}
            and is_number(each["points"])
            and 0 <= each["points"] <= 100
            and (each[wanted] in known if known else each[wanted] is None or is_number(each[wanted]))
            for each in bins
        )
        if not usable or len({each[wanted] for each in bins}) < len(bins):
            self.add_error("bins", _("A list with points from 0 to 100, each value once: see the help below."))
        return data


class ItemInline(admin.StackedInline):
    model = ScorecardItem
    form = ItemForm
    extra = 0
    fields = (("position", "key", "weight", "indicator"), ("name_zh", "name_en"), "bins")

    def is_open(self, obj: ScorecardVersion | None) -> bool:
        return obj is None or obj.state == PolicyState.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and self.is_open(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.is_open(obj)


class ScorecardForm(forms.ModelForm):
    class Meta:
        model = ScorecardVersion
        fields = (
            "name_zh", "name_en", "missing_rule", "least_known", "least", "young_years", "young_cap", "bounced_cap",
            "bounced_months", "statement_months", "investigation_months", "routes_itself",
        )  # fmt: skip

    def clean_least(self) -> dict[str, Any]:
        least: Any = self.cleaned_data["least"]
        if not isinstance(least, dict) or set(least) != set(GRADES[:-1]) or not all(map(is_number, least.values())):
            raise forms.ValidationError(_("A number of points for each grade from AAA to C."))
        return least


class JudgementForm(forms.Form):
    """How much more one source counts than another, for each pair of sources."""

    def __init__(self, *args: Any, scorecard: ScorecardVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Source.choices)
        for first, second in pairs():
            kept = scorecard.judgements.get(f"{first}:{second}", 1)
            self.fields[f"{first}_{second}"] = forms.TypedChoiceField(
                label=_("%(first)s against %(second)s") % {"first": labels[first], "second": labels[second]},
                choices=[(f"{value:.4f}", scale_word(value)) for value in SCALE],
                coerce=float,
                initial=f"{kept:.4f}",
            )

    @property
    def judgements(self) -> dict[tuple[str, str], float]:
        # The choices carry four places; what was meant is the value of the scale.
        return {
            (first, second): min(SCALE, key=lambda each: abs(each - self.cleaned_data[f"{first}_{second}"]))
            for first, second in pairs()
        }


def pairs() -> list[tuple[str, str]]:
    return [(first, second) for at, first in enumerate(rules.SOURCES) for second in rules.SOURCES[at + 1 :]]


def scale_word(value: float) -> str:
    if value == 1:
        return _("the same")
    times = round(value if value > 1 else 1 / value)
    return (_("%(times)s times as much") if value > 1 else _("%(times)s times less")) % {"times": times}


@admin.register(ScorecardVersion)
class ScorecardVersionAdmin(VersionAdmin):
    """Versions of the scorecard: a draft is edited and weighed, another person puts it into force; then it stays."""

    form = ScorecardForm
    inlines = (ItemInline,)
    list_display = ("name", "version", "state", "activated_by", "activated_at", "weigh_link")
    list_filter = ("state",)
    may_copy, may_activate = "credit.add_scorecardversion", "credit.activate_scorecard"
    readonly_fields = (
        "version", "state", "written_by", "activated_by", "activated_at", "consistency_ratio", "weigh_link",
    )  # fmt: skip
    fields = (*ScorecardForm.Meta.fields, *readonly_fields)

    @staticmethod
    def make_draft(actor: Any, key: int) -> ScorecardVersion:
        return new_scorecard_version(actor=actor, scorecard_id=key)

    @staticmethod
    def put_into_force(actor: Any, key: int) -> ScorecardVersion:
        return activate_scorecard(actor=actor, scorecard_id=key)

    def save_model(self, request: HttpRequest, obj: ScorecardVersion, form: Any, change: bool) -> None:
        """A new scorecard begins as the next version; whoever saves it is one of its authors."""
        if change:
            obj.author_ids = take_authorship(versions=ScorecardVersion.objects.all(), key=obj.pk, actor=request.user)
        else:
            author: Any = request.user
            obj.version, obj.author_ids = next_version(ScorecardVersion.objects.all()), [author.pk]
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("Weights"))
    def weigh_link(self, scorecard: ScorecardVersion) -> Any:
        if not scorecard.pk:
            return "–"
        address = reverse("admin:credit_scorecardversion_weigh", args=[scorecard.pk])
        return format_html('<a href="{}">{}</a>', address, _("Compare in pairs"))

    def get_urls(self) -> Any:
        weigh = path("<int:pk>/weigh/", self.admin_site.admin_view(self.weigh), name="credit_scorecardversion_weigh")
        return [weigh, *super().get_urls()]

    def weigh(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Weights from judgements in pairs: shown with their consistency; kept in a draft when they can be used."""
        scorecard = get_object_or_404(ScorecardVersion, pk=pk)
        if not self.has_view_permission(request, scorecard):
            raise PermissionDenied
        form = JudgementForm(request.POST or None, scorecard=scorecard)
        may = self.has_change_permission(request, scorecard)
        context: dict[str, Any] = {}
        if form.is_valid():
            context = self.weighed(form.judgements)
            if "keep" in request.POST:
                if not may:
                    raise PermissionDenied
                try:
                    weigh_by_judgements(actor=request.user, scorecard_id=pk, judgements=form.judgements)
                except DomainError as error:
                    self.message_user(request, str(error), messages.ERROR)
                else:
                    self.message_user(request, _("The weights are kept in the draft."), messages.SUCCESS)
                    return HttpResponseRedirect(reverse("admin:credit_scorecardversion_change", args=[pk]))
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Weights from comparing in pairs"),
            "scorecard": scorecard,
            "form": form,
            "may_keep": may,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/credit/weigh.html", context)

    def weighed(self, judgements: dict[tuple[str, str], float]) -> dict[str, Any]:
        shares = rules.weights_from_judgements(rules.SOURCES, judgements)
        ratio = rules.consistency_ratio(rules.SOURCES, judgements)
        labels = dict(Source.choices)
        return {
            "shares": [(labels[source], f"{share * 100:.1f}") for source, share in shares.items()],
            "ratio": f"{ratio:.3f}",
            "usable": ratio <= rules.MOST_INCONSISTENT,
        }


@admin.register(Rating)
class RatingAdmin(AccountRowAdmin):
    list_display = ("on", "account", "previous", "grade", "score", "trigger", "state", "proposed_by")
    list_filter = ("state", "trigger", "grade")
    list_select_related: ClassVar[Any] = ("account__customer", "proposed_by")


@admin.register(AccountGrade)
class AccountGradeAdmin(AccountRowAdmin):
    list_display = ("account", "grade", "provisional", "since")
    list_filter = ("grade", "provisional")


class ConfirmationInline(admin.TabularInline):
    model = StatementConfirmation
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(FinancialStatement)
class FinancialStatementAdmin(AccountRowAdmin):
    list_display = ("account", "year", "total_assets", "liabilities", "revenue", "profit", "audited", "created_by")
    list_filter = ("year", "needs_confirmation")
    inlines = (ConfirmationInline,)
    list_select_related: ClassVar[Any] = ("account__customer", "created_by")


class AnswerInline(admin.TabularInline):
    model = InvestigationAnswer
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Investigation)
class InvestigationAdmin(AccountRowAdmin):
    list_display = ("account", "on", "created_by")
    list_select_related: ClassVar[Any] = ("account__customer", "created_by")
    inlines = (AnswerInline,)


@admin.register(RatingReview)
class RatingReviewAdmin(ReadOnlyAdmin):
    list_display = ("year", "quarter", "on", "rated", "changed", "not_rated", "finished_at")
