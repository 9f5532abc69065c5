"""The credit check policy in the administration: versions, their dry run, and the four eyes that put one into force."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import CreditCheckPolicy
from credit.models.checks import POLICY_FIGURES
from credit.rules.checks import RULES
from credit.selectors.accounts import try_policy
from credit.services import activate_check_policy, new_check_policy, take_check_policy_authorship
from crm.core.version_admin import TrialAdmin

SHOWN = 20


@admin.register(CreditCheckPolicy)
class CreditCheckPolicyAdmin(TrialAdmin):
    """A version begins as a copy; a draft is edited, tried on the last checks and put into force by another."""

    list_display = ("name_zh", "name_en", "version", "state", *POLICY_FIGURES, "activated_at")
    list_filter = ("state",)
    may_copy, may_activate = "credit.add_creditcheckpolicy", "credit.activate_check_policy"
    trial_title = gettext_lazy("What the policy would have decided")
    deeds = {
        "copy": (
            new_check_policy,
            gettext_lazy("This is a new version; change it, try it, and have it put into force."),
        ),
        "activate": (activate_check_policy, gettext_lazy("The policy is in force from the next check on.")),
    }
    readonly_fields = ("version", "state", "activated_by", "activated_at")
    fieldsets = (
        (None, {"fields": ("name_zh", "name_en", *readonly_fields)}),
        (gettext_lazy("What each rule does"), {"fields": RULES}),
        (gettext_lazy("What passes"), {"fields": POLICY_FIGURES}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CreditCheckPolicy, form: Any, change: bool) -> None:
        obj.author_ids = take_check_policy_authorship(actor=request.user, policy_id=obj.pk)
        super().save_model(request, obj, form, change)

    def trial(self, policy: CreditCheckPolicy) -> dict[str, Any]:
        found = try_policy(policy)
        return {
            "found": found,
            "changed": [
                (_("would be held"), found.newly_held[:SHOWN]),
                (_("would be released"), found.newly_released[:SHOWN]),
            ],
        }
