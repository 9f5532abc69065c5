"""Collection in the administration: policies with their versions and dry run, letters, causes; the rest to look at."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin
from crm.core.dates import business_today
from crm.core.version_admin import TrialAdmin
from crm.core.versions import PolicyState
from receivables.models import (
    Case,
    CaseStep,
    CauseCode,
    CollectionContact,
    CollectionPolicy,
    CollectionRate,
    Dispute,
    DunningOptOut,
    Instalment,
    InstalmentInvoice,
    InstalmentPlan,
    Letter,
    LetterLine,
    LetterTemplate,
    OverdueCause,
    PaymentPrediction,
    PaymentPromise,
    PolicyStep,
)
from receivables.selectors.collection import dry_run
from receivables.selectors.collection.conditions import MATCHED_BY, words_of
from receivables.services.collection.policies import (
    activate_policy,
    clean_conditions,
    new_version,
    retire_policy,
    take_policy_authorship,
)

DRAFT = PolicyState.DRAFT


def match_field(name: str) -> str:
    return f"match_{name}"


class CollectionPolicyForm(forms.ModelForm):
    """Whom the policy is for is chosen from what is known of customers; nothing chosen is everybody."""

    class Meta:
        model = CollectionPolicy
        fields = (
            "code", "name_zh", "name_en", "priority", "tolerance", "letter_interval_days", "cause_due_days",
            "promise_grace_days", "longest_promise_days", "dispute_days",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, values in self.instance.conditions.items():
            field = self.fields[match_field(name)]
            many = isinstance(field, forms.MultipleChoiceField)
            self.initial[match_field(name)] = values if many else ", ".join(values)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        chosen = {}
        for name in MATCHED_BY:
            value = data.get(match_field(name)) or []
            values = value if isinstance(value, list) else [part.strip() for part in value.split(",") if part.strip()]
            if values:
                chosen[name] = values
        self.instance.conditions = clean_conditions(chosen)
        return data


def choice_of(name: str) -> forms.Field:
    """The field a policy's customers are chosen by: a list where there is one, else values with commas."""
    label: Any = MATCHED_BY[name].label
    if choices := MATCHED_BY[name].choices:
        return forms.MultipleChoiceField(
            choices=choices, label=label, required=False, widget=forms.CheckboxSelectMultiple
        )
    return forms.CharField(label=label, required=False, help_text=gettext_lazy("Several with commas."))


for _name in MATCHED_BY:
    CollectionPolicyForm.base_fields[match_field(_name)] = choice_of(_name)
    CollectionPolicyForm.declared_fields[match_field(_name)] = CollectionPolicyForm.base_fields[match_field(_name)]


class PolicyStepInline(admin.TabularInline):
    model = PolicyStep
    extra = 0
    fields = (
        "position", "code", "name_zh", "name_en", "days", "fraction", "gap_days", "actor", "action", "template",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: CollectionPolicy | None = None) -> bool:
        return super().has_add_permission(request, obj) and (obj is None or obj.state == DRAFT)

    def has_change_permission(self, request: HttpRequest, obj: CollectionPolicy | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: CollectionPolicy | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == DRAFT)


@admin.register(CollectionPolicy)
class CollectionPolicyAdmin(TrialAdmin):
    """A draft is edited, tried on today's ledger and put into force by another person; then it stays as it is."""

    form = CollectionPolicyForm
    inlines = (PolicyStepInline,)
    list_display = ("name_zh", "name_en", "code", "version", "state", "priority", "for_whom", "activated_at")
    list_filter = ("state", "code")
    may_copy, may_activate = "receivables.add_collectionpolicy", "receivables.activate_policy"
    trial_title = gettext_lazy("What the policy would do tomorrow")
    deeds = {
        "copy": (new_version, gettext_lazy("This is a new version; change it, try it, and have it put into force.")),
        "activate": (activate_policy, gettext_lazy("The policy is in force from the next night on.")),
        "retire": (retire_policy, gettext_lazy("The policy is not in force any more.")),
    }
    readonly_fields = ("state", "version", "written_by", "activated_by", "activated_at", "for_whom")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first = (*CollectionPolicyForm.Meta.fields, *self.readonly_fields[:-1])
        editable = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        customers = tuple(match_field(name) for name in MATCHED_BY) if editable else ("for_whom",)
        return ((None, {"fields": first}), (gettext_lazy("Customers"), {"fields": customers}))

    @admin.display(description=gettext_lazy("customers"))
    def for_whom(self, policy: CollectionPolicy) -> str:
        """The customers the policy is for, in words."""
        return words_of(policy.conditions) or _("every customer")

    def save_model(self, request: HttpRequest, obj: CollectionPolicy, form: Any, change: bool) -> None:
        """Whoever saves a draft is one of its authors, also where only a step was changed."""
        if change:
            obj.author_ids = take_policy_authorship(actor=request.user, policy_id=obj.pk)
        else:
            author: Any = request.user
            obj.author_ids = [author.pk]
        super().save_model(request, obj, form, change)

    def trial(self, policy: CollectionPolicy) -> dict[str, Any]:
        return {"found": dry_run(policy, business_today() + dt.timedelta(days=1))}


@admin.register(LetterTemplate)
class LetterTemplateAdmin(KeptAdmin):
    """Letters sent keep their words; a change counts for the letters to come."""

    list_display = ("code", "kind", "name_zh", "name_en")
    list_filter = ("kind",)


@admin.register(CauseCode)
class CauseCodeAdmin(KeptAdmin):
    list_display = ("code", "name_zh", "name_en", "own_fault", "is_active", "position")
    list_filter = ("own_fault", "is_active")


class CollectionRowAdmin(ReadOnlyAdmin):
    """What services wrote, for those who see the customer."""

    list_select_related: ClassVar[Any] = ("customer",)
    search_fields: ClassVar[Any] = ("customer__code", "customer__search_text")
    show_full_result_count = False
    list_per_page = 50


@admin.register(Case)
class CaseAdmin(CollectionRowAdmin):
    list_display = (
        "customer", "legal_entity", "state", "opened_on", "closed_on", "step", "stepped_on", "paused_by", "overdue",
        "disputed", "expected", "looked_on",
    )  # fmt: skip
    list_filter = ("state", "paused_by", "legal_entity", "supply_stopped")
    list_select_related: ClassVar[Any] = ("customer", "legal_entity", "step")


@admin.register(CaseStep)
class CaseStepAdmin(CollectionRowAdmin):
    list_display = ("case", "policy_step", "cycle", "on", "run_on", "state", "amount", "days", "raised", "done_on")
    list_filter = ("state", "raised")
    list_select_related: ClassVar[Any] = ("case__customer", "case__legal_entity", "policy_step")
    search_fields: ClassVar[Any] = ("case__customer__code",)


@admin.register(Dispute)
class DisputeAdmin(CollectionRowAdmin):
    list_display = ("customer", "invoice", "reason", "amount", "owner", "on", "due_on", "state", "outcome")
    list_filter = ("state", "reason", "outcome")
    list_select_related: ClassVar[Any] = ("customer", "invoice", "owner")


@admin.register(PaymentPromise)
class PaymentPromiseAdmin(CollectionRowAdmin):
    list_display = ("customer", "currency", "amount", "on", "promised_on", "state", "received", "judged_on")
    list_filter = ("state",)


@admin.register(InstalmentPlan)
class InstalmentPlanAdmin(CollectionRowAdmin):
    list_display = ("customer", "legal_entity", "currency", "amount", "on", "state", "decided_on", "ended_on")
    list_filter = ("state",)
    list_select_related: ClassVar[Any] = ("customer", "legal_entity")


@admin.register(Instalment)
class InstalmentAdmin(CollectionRowAdmin):
    list_display = ("plan", "number", "due_on", "amount", "state", "received", "judged_on")
    list_filter = ("state",)
    list_select_related: ClassVar[Any] = ("plan",)
    search_fields: ClassVar[Any] = ("plan__customer__code",)


@admin.register(InstalmentInvoice)
class InstalmentInvoiceAdmin(CollectionRowAdmin):
    list_display = ("plan", "invoice", "amount", "received_before")
    list_select_related: ClassVar[Any] = ("plan", "invoice")
    search_fields: ClassVar[Any] = ("invoice__number__startswith",)


@admin.register(CollectionContact)
class CollectionContactAdmin(CollectionRowAdmin):
    list_display = ("customer", "on", "channel", "outcome", "note", "created_by")
    list_filter = ("outcome", "channel")
    list_select_related: ClassVar[Any] = ("customer", "created_by")


@admin.register(DunningOptOut)
class DunningOptOutAdmin(CollectionRowAdmin):
    list_display = ("customer", "on", "until", "ended_on", "reason", "created_by")
    list_select_related: ClassVar[Any] = ("customer", "created_by")


@admin.register(OverdueCause)
class OverdueCauseAdmin(CollectionRowAdmin):
    list_display = ("customer", "on", "cause", "culprit", "note", "created_by")
    list_filter = ("cause",)
    list_select_related: ClassVar[Any] = ("customer", "cause", "culprit", "created_by")


@admin.register(Letter)
class LetterAdmin(CollectionRowAdmin):
    list_display = ("customer", "legal_entity", "template", "channel", "on", "state", "base_amount", "sent_on")
    list_filter = ("state", "channel", "template")
    list_select_related: ClassVar[Any] = ("customer", "legal_entity", "template")
    exclude = ("file",)  # served by the page of the letter alone, to those who see the customer


@admin.register(LetterLine)
class LetterLineAdmin(CollectionRowAdmin):
    list_display = ("letter", "invoice", "due_on", "currency", "amount", "open_amount")
    list_select_related: ClassVar[Any] = ("letter", "invoice")
    search_fields: ClassVar[Any] = ("invoice__number__startswith",)


@admin.register(PaymentPrediction)
class PaymentPredictionAdmin(CollectionRowAdmin):
    list_display = ("invoice", "expected_on", "late_probability", "model_version", "made_on")
    list_select_related: ClassVar[Any] = ("invoice",)
    search_fields: ClassVar[Any] = ("invoice__number__startswith",)


@admin.register(CollectionRate)
class CollectionRateAdmin(ReadOnlyAdmin):
    list_display = ("days_from", "days_to", "entered", "collected", "rate", "on")
