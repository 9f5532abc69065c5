"""Chains in the administration: drafted here, tried in a dry run, put into force by another than their authors."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.approvals.kinds import approval_kind, kind_choices
from crm.approvals.models import ChainRule, ChainStep, ChainVersion, Delegation, Request
from crm.approvals.rules import GRADES, Facts
from crm.approvals.selectors.inbox import preview
from crm.approvals.services import activate_chain, new_chain_version, note_author, pick_rule
from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin
from crm.core.errors import DomainError
from crm.core.version_admin import VersionAdmin
from crm.core.versions import PolicyState, next_version
from crm.core.widgets import MoneyField, WholeField


class RuleInline(admin.StackedInline):
    """The lines of a chain, each in three rows; its steps are written on a page of their own, and told here."""

    model = ChainRule
    extra = 0
    show_change_link = True
    fields = (
        ("position", "name_zh", "name_en"), ("amount_over", "amount_up_to", "days_over", "days_up_to"),
        ("grades", "deviation", "variants"), "who_decides",
    )  # fmt: skip
    readonly_fields = ("who_decides",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("steps__user")

    @admin.display(description=gettext_lazy("Who decides"))
    def who_decides(self, rule: ChainRule) -> str:
        if not rule.pk:
            return _("Save the rule first: then its steps are written on its own page.")
        return " → ".join(f"{step.name} ({step.whom})" for step in rule.steps.all()) or _("No steps yet.")


class StepInline(admin.StackedInline):
    model = ChainStep
    extra = 0
    fields = (
        ("position", "task"), ("name_zh", "name_en"), ("actor_kind", "role", "level", "user"),
        ("mode", "fallback_role", "may_decrease"),
    )  # fmt: skip
    autocomplete_fields = ()
    raw_id_fields = ("user",)


class DraftOnly(KeptAdmin):
    """Only a draft is edited; who edits it is one of its authors from then on."""

    def chain_of(self, obj: Any) -> ChainVersion:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or self.chain_of(obj).state == PolicyState.DRAFT)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            note_author(chain_id=self.chain_of(obj).pk, actor=request.user)  # also where only lines below changed
        super().save_model(request, obj, form, change)


class ChainForm(forms.ModelForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=kind_choices)

    class Meta:
        model = ChainVersion
        fields = ("kind", "name_zh", "name_en", "expires_after_days", "remind_after_days")


class DryRunForm(forms.Form):
    """Figures to try a chain with."""

    amount = MoneyField(label=gettext_lazy("Amount"), min_value=0)
    days = WholeField(label=gettext_lazy("Days"), min_value=0, max_value=3650)
    grade = forms.ChoiceField(label=gettext_lazy("Grade"), required=False)
    deviation = forms.BooleanField(label=gettext_lazy("Deviation"), required=False)
    variant = forms.ChoiceField(label=gettext_lazy("Sort of request"), required=False)
    applicant = forms.ModelChoiceField(
        User.objects.filter(is_active=True, groups__permissions__codename="view_request").distinct().order_by("name"),
        label=gettext_lazy("Asked by"),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grade: Any = self.fields["grade"]
        grade.choices = [("", _("unrated")), *((code, code) for code in GRADES)]
        variant: Any = self.fields["variant"]
        variant.choices = [("", "–"), *approval_kind(kind).variants.items()]


@admin.register(ChainVersion)
class ChainVersionAdmin(DraftOnly, VersionAdmin):
    """Versions of the chains, kind by kind."""

    form = ChainForm
    list_display = ("name", "kind_label", "version", "state", "activated_by", "activated_at", "dry_run_link")
    list_filter = ("state",)
    inlines = (RuleInline,)
    may_copy, may_activate = "approvals.add_chainversion", "approvals.activate_chain"
    readonly_fields = ("kind_label", "version", "state", "written_by", "activated_by", "activated_at", "dry_run_link")
    fields = (
        "kind", "name_zh", "name_en", "expires_after_days", "remind_after_days", "version", "state", "written_by",
        "activated_by", "activated_at", "dry_run_link",
    )  # fmt: skip

    @staticmethod
    def make_draft(actor: Any, key: int) -> ChainVersion:
        return new_chain_version(actor=actor, chain_id=key)

    @staticmethod
    def put_into_force(actor: Any, key: int) -> ChainVersion:
        return activate_chain(actor=actor, chain_id=key)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever only looks reads the kind in words."""
        named = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return self.fields if named else ["kind_label", *self.fields[1:]]

    def chain_of(self, obj: Any) -> ChainVersion:
        found: ChainVersion = obj
        return found

    def save_model(self, request: HttpRequest, obj: ChainVersion, form: Any, change: bool) -> None:
        """A new chain begins as the next version of its kind; its author may not put it into force."""
        author: Any = request.user
        obj.author_ids = sorted({*obj.author_ids, author.pk})
        if not change:
            obj.version = next_version(ChainVersion.objects.filter(kind=obj.kind))
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("Kind"))
    def kind_label(self, chain: ChainVersion) -> str:
        return chain.kind_label

    @admin.display(description=gettext_lazy("Dry run"))
    def dry_run_link(self, chain: ChainVersion) -> Any:
        if not chain.pk:
            return "–"
        address = reverse("admin:approvals_chainversion_dry_run", args=[chain.pk])
        return format_html('<a href="{}">{}</a>', address, _("Who would approve?"))

    def get_urls(self) -> Any:
        dry_run = path(
            "<int:pk>/dry-run/", self.admin_site.admin_view(self.dry_run), name="approvals_chainversion_dry_run"
        )
        return [dry_run, *super().get_urls()]

    def dry_run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who would decide a request of these figures, by this version: nothing is sent."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        chain = get_object_or_404(ChainVersion, pk=pk)
        form = DryRunForm(request.GET or None, kind=chain.kind)
        context = {**self.admin_site.each_context(request), "title": _("Who would approve?"), "chain": chain}
        if form.is_valid():
            data = form.cleaned_data
            facts = Facts(data["amount"], data["days"], data["grade"], data["deviation"], data["variant"])
            try:
                rule = pick_rule(kind=chain.kind, facts=facts, chain=chain)
            except DomainError as error:
                context["problem"] = str(error)
            else:
                applicant = data["applicant"]
                context |= {"rule": rule, "way": preview(rule, applicant_id=applicant.pk, team=applicant.team)}
        return TemplateResponse(request, "admin/approvals/dry_run.html", {**context, "form": form, "opts": self.opts})


@admin.register(ChainRule)
class ChainRuleAdmin(DraftOnly):
    """A line of the matrix with its steps."""

    list_display = ("name", "chain", "position", "amount_over", "amount_up_to", "days_over", "days_up_to")
    list_filter = ("chain",)
    list_select_related = ("chain",)
    inlines = (StepInline,)
    readonly_fields = ("chain",)

    def chain_of(self, obj: Any) -> ChainVersion:
        found: ChainVersion = obj.chain
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Request)
class RequestAdmin(ReadOnlyAdmin):
    list_display = ("label", "kind", "variant", "customer_name", "amount", "state", "applicant", "submitted_on")
    list_filter = ("kind", "state")
    search_fields = ("label", "customer_name")
    list_select_related = ("applicant",)


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    """All of them: whoever is let in here oversees who stands in for whom."""

    list_display = ("delegator", "delegate", "starts_on", "ends_on", "ended_at")
    list_select_related = ("delegator", "delegate")

    def get_queryset(self, request: HttpRequest) -> Any:
        return Delegation.objects.all()
