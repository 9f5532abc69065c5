"""The credit policy in the administration: drafted, put into force by another than its authors, followed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from credit.policy_models import CreditPolicy, PolicyClass
from credit.services.credit_policies import activate_credit_policy, new_credit_policy
from crm.approvals.rules import GRADES
from crm.core.version_admin import VersionAdmin
from crm.core.versions import PolicyState, take_authorship


class CreditPolicyForm(forms.ModelForm):
    class Meta:
        model = CreditPolicy
        fields = ("name_zh", "name_en", "factors", "reference_percent", "capital_percent", "unrated_grade")

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
        return obj is not None and obj.state == PolicyState.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a version begins with its four classes

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.change_creditpolicy")) and self.is_open(obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.view_creditpolicy"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CreditPolicy)
class CreditPolicyAdmin(VersionAdmin):
    form = CreditPolicyForm
    inlines = (PolicyClassInline,)
    list_display = ("name", "version", "state", "activated_by", "activated_at")
    list_filter = ("state",)
    may_copy, may_activate = "credit.add_creditpolicy", "credit.activate_creditpolicy"
    readonly_fields = ("version", "state", "written_by", "activated_by", "activated_at")

    @staticmethod
    def make_draft(actor: Any, key: int) -> CreditPolicy:
        return new_credit_policy(actor=actor, policy_id=key)

    @staticmethod
    def put_into_force(actor: Any, key: int) -> CreditPolicy:
        return activate_credit_policy(actor=actor, policy_id=key)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a version begins as a copy of another

    def save_model(self, request: HttpRequest, obj: CreditPolicy, form: Any, change: bool) -> None:
        """Whoever saves a draft is one of its authors, also where only a class was changed."""
        obj.author_ids = take_authorship(versions=CreditPolicy.objects.all(), key=obj.pk, actor=request.user)
        super().save_model(request, obj, form, change)
