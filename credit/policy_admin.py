"""The credit policy in the administration: drafted, put into force by another than its authors, followed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.policy_models import CreditPolicy, PolicyClass
from credit.services.credit_policies import activate_credit_policy, new_credit_policy
from crm.approvals.rules import GRADES
from crm.core.admin_site import KeptAdmin
from crm.core.errors import DomainError


class CreditPolicyForm(forms.ModelForm):
    class Meta:
        model = CreditPolicy
        fields = ("name_zh", "name_en", "factors", "reference_percent", "unrated_grade")

    def clean_factors(self) -> dict[str, Any]:
        found: Any = self.cleaned_data["factors"]
        numbers = isinstance(found, dict) and all(
            isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 for value in found.values()
        )
        if not numbers or set(found) != set(GRADES):
            raise forms.ValidationError(_("A factor of zero or more for each grade from AAA to D."))
        return found


class PolicyClassInline(admin.TabularInline):
    model = PolicyClass
    extra = 0
    fields = ("credit_class", "treatment", "net_worth_percent", "most_days", "collection_months")

    def is_open(self, obj: CreditPolicy | None) -> bool:
        return obj is not None and obj.state == CreditPolicy.State.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a version begins with its four classes

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.change_creditpolicy")) and self.is_open(obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.view_creditpolicy"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CreditPolicy)
class CreditPolicyAdmin(KeptAdmin):
    form = CreditPolicyForm
    inlines = (PolicyClassInline,)
    list_display = ("name", "version", "state", "activated_by", "activated_at")
    list_filter = ("state",)
    actions = ("make_version", "activate")
    readonly_fields = ("version", "state", "activated_by", "activated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a version begins as a copy of another

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.state == CreditPolicy.State.DRAFT)

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("credit.add_creditpolicy"))

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("credit.activate_creditpolicy"))

    def save_model(self, request: HttpRequest, obj: CreditPolicy, form: Any, change: bool) -> None:
        author: Any = request.user
        obj.author_ids = sorted({*obj.author_ids, author.pk})  # also where only a class was changed
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Make a new version as a draft"), permissions=["copy"])
    def make_version(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        for policy in queryset[:1]:
            draft = new_credit_policy(actor=request.user, policy_id=policy.pk)
            return HttpResponseRedirect(reverse("admin:credit_creditpolicy_change", args=[draft.pk]))
        return None

    @admin.action(description=gettext_lazy("Put into force"), permissions=["activate"])
    def activate(self, request: HttpRequest, queryset: Any) -> None:
        for policy in queryset:
            try:
                activate_credit_policy(actor=request.user, policy_id=policy.pk)
            except DomainError as error:
                self.message_user(request, f"{policy}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%(policy)s is in force.") % {"policy": policy}, messages.SUCCESS)
