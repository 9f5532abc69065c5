"""Versions of a policy in the administration: a draft is edited, another than its authors puts it into force."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.core.admin_site import KeptAdmin
from crm.core.errors import DomainError
from crm.core.money import base_currency
from crm.core.versions import PolicyState, discard_draft


class DraftAdmin(KeptAdmin):
    """Only a draft is edited. `may_copy` and `may_activate` are the permissions that the services ask for.

    A draft is discarded from the list, by an author or whoever may put it into force.
    """

    actions: Any = ("discard",)
    may_copy: ClassVar[str]
    may_activate: ClassVar[str]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == PolicyState.DRAFT)

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """Whether the user may write or put into force at all; whose draft it is, the service asks."""
        return any(request.user.has_perm(permission) for permission in (self.may_copy, self.may_activate))

    @admin.action(description=gettext_lazy("Discard the draft"), permissions=["discard"])
    def discard(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Says first what goes; asked again, it goes."""
        if "sure" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": _("Discard the draft"),
                "opts": self.opts,
                "versions": [version for version in queryset if version.state == PolicyState.DRAFT],
                "kept": [version for version in queryset if version.state != PolicyState.DRAFT],
            }
            return TemplateResponse(request, "admin/versions/discard.html", context)
        versions = self.model._default_manager.all()
        for version in queryset:
            try:
                discard_draft(versions=versions, key=version.pk, actor=request.user, permission=self.may_activate)
            except DomainError as error:
                self.message_user(request, f"{version}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%(version)s is gone.") % {"version": version}, messages.SUCCESS)
        return None

    @admin.display(description=gettext_lazy("Written by"))
    def written_by(self, version: Any) -> str:
        return _(", ").join(str(user) for user in User.objects.filter(pk__in=version.author_ids)) or "–"


class VersionAdmin(DraftAdmin):
    """Versions that are copied and put into force from their list, by services that a subclass names."""

    actions = ("make_version", "activate", "discard")
    list_select_related: ClassVar[Any] = ("activated_by",)

    @staticmethod
    def make_draft(actor: Any, key: int) -> Any:
        """A draft that begins as a copy of that version."""
        raise NotImplementedError

    @staticmethod
    def put_into_force(actor: Any, key: int) -> Any:
        """That draft in force."""
        raise NotImplementedError

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.may_copy))

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.may_activate))

    @admin.action(description=gettext_lazy("Make a new version as a draft"), permissions=["copy"])
    def make_version(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        for version in queryset[:1]:
            draft = type(self).make_draft(request.user, version.pk)
            place = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(place, args=[draft.pk]))
        return None

    @admin.action(description=gettext_lazy("Put into force"), permissions=["activate"])
    def activate(self, request: HttpRequest, queryset: Any) -> None:
        for version in queryset:
            try:
                type(self).put_into_force(request.user, version.pk)
            except DomainError as error:
                self.message_user(request, f"{version}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%(version)s is in force.") % {"version": version}, messages.SUCCESS)


class TrialAdmin(DraftAdmin):
    """Versions with a page of their own that tells what one of them would do, from which it is copied and put into
    force. `deeds`: by the name of a button there the service, which takes `actor` and `policy_id`, and what is said
    when it is done.
    """

    change_form_template = "admin/versions/change_form.html"
    trial_title: ClassVar[Any]
    deeds: ClassVar[dict[str, tuple[Callable[..., Any], Any]]]

    def trial(self, policy: Any) -> dict[str, Any]:
        """What the policy would do, for the template `dry_run.html` of its model."""
        raise NotImplementedError

    def place(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def get_urls(self) -> list[URLPattern]:
        dry_run = path(
            "<int:policy_id>/dry-run/",
            self.admin_site.admin_view(self.dry_run_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_dry_run",
        )
        return [dry_run, *super().get_urls()]

    def dry_run_view(self, request: HttpRequest, policy_id: int) -> HttpResponse:
        """What the policy would do; a POST does one of the deeds with it."""
        policy = self.get_object(request, str(policy_id))
        if policy is None:
            return HttpResponseRedirect(self.place("changelist"))
        if not self.has_view_permission(request, policy):
            raise PermissionDenied
        if request.method == "POST":
            return self.act(request, policy)
        user: Any = request.user
        context = {
            **self.admin_site.each_context(request),
            **self.trial(policy),
            "title": self.trial_title,
            "opts": self.opts,
            "original": policy,
            "currency": base_currency(),
            "is_draft": policy.state == PolicyState.DRAFT,
            "is_active": policy.state == PolicyState.ACTIVE,
            "is_own": user.pk in policy.author_ids,
            "may_activate": user.has_perm(self.may_activate),
            "may_copy": user.has_perm(self.may_copy),
        }
        return TemplateResponse(request, f"admin/{self.opts.app_label}/{self.opts.model_name}/dry_run.html", context)

    def act(self, request: HttpRequest, policy: Any) -> HttpResponse:
        service, said = self.deeds.get(request.POST.get("do", ""), (None, ""))
        if service is None:
            raise PermissionDenied
        try:
            policy = service(actor=request.user, policy_id=policy.pk)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self.place("dry_run", policy.pk))
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(self.place("change", policy.pk))
