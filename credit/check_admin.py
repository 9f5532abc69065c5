"""The credit check policy in the administration: versions, their dry run, and the four eyes that put one into force."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.check_models import POLICY_FIGURES
from credit.check_rules import RULES
from credit.models import CreditCheckPolicy
from credit.selectors import try_policy
from credit.services import activate_check_policy, new_check_policy, take_authorship
from crm.core.admin_site import KeptAdmin
from crm.core.errors import DomainError
from crm.core.money import base_currency
from crm.core.versions import PolicyState

SHOWN = 20


class CreditCheckPolicyAdmin(KeptAdmin):
    """A version begins as a copy; a draft is edited, tried on the last checks and put into force by another."""

    list_display = ("name_zh", "name_en", "version", "state", *POLICY_FIGURES, "activated_at")
    list_filter = ("state",)
    change_form_template = "admin/credit/creditcheckpolicy/change_form.html"
    readonly_fields = ("version", "state", "activated_by", "activated_at")
    fieldsets = (
        (None, {"fields": ("name_zh", "name_en", *readonly_fields)}),
        (gettext_lazy("What each rule does"), {"fields": RULES}),
        (gettext_lazy("What passes"), {"fields": POLICY_FIGURES}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CreditCheckPolicy | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == PolicyState.DRAFT)

    def save_model(self, request: HttpRequest, obj: CreditCheckPolicy, form: Any, change: bool) -> None:
        obj.author_ids = take_authorship(actor=request.user, policy_id=obj.pk)
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        try_it = path(
            "<int:policy_id>/dry-run/",
            self.admin_site.admin_view(self.dry_run_view),
            name="credit_creditcheckpolicy_dry_run",
        )
        return [try_it, *super().get_urls()]

    def dry_run_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """What the policy would have decided; a POST makes a new version of it or puts it into force."""
        policy = self.get_object(request, str(policy_id))
        if policy is None:
            return HttpResponseRedirect(reverse("admin:credit_creditcheckpolicy_changelist"))
        if not self.has_view_permission(request, policy):
            raise PermissionDenied
        if request.method == "POST":
            return self.act(request, policy)
        found = try_policy(policy)
        user: Any = request.user
        context = {
            **self.admin_site.each_context(request),
            "title": _("What the policy would have decided"),
            "opts": self.opts,
            "original": policy,
            "found": found,
            "changed": [
                (_("would be held"), found.newly_held[:SHOWN]),
                (_("would be released"), found.newly_released[:SHOWN]),
            ],
            "currency": base_currency(),
            "is_draft": policy.state == PolicyState.DRAFT,
            "is_own": user.pk in policy.author_ids,
            "may_activate": user.has_perm("credit.activate_check_policy"),
            "may_copy": user.has_perm("credit.add_creditcheckpolicy"),
        }
        return TemplateResponse(request, "admin/credit/creditcheckpolicy/dry_run.html", context)

    def act(self, request: HttpRequest, policy: CreditCheckPolicy) -> HttpResponse:
        done = {
            "copy": (new_check_policy, _("This is a new version; change it, try it, and have it put into force.")),
            "activate": (activate_check_policy, _("The policy is in force from the next check on.")),
        }
        service, said = done.get(request.POST.get("do", ""), (None, ""))
        if service is None:
            raise PermissionDenied
        try:
            policy = service(actor=request.user, policy_id=policy.pk)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:credit_creditcheckpolicy_dry_run", args=[policy.pk]))
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:credit_creditcheckpolicy_change", args=[policy.pk]))
