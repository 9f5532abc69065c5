"""Versions of a policy in the administration: a draft is edited, another than its authors puts it into force."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.core.admin_site import KeptAdmin
from crm.core.errors import DomainError
from crm.core.versions import PolicyState


class VersionAdmin(KeptAdmin):
    """A subclass names its services, and in `may_copy` and `may_activate` the permissions they ask for."""

    may_copy: ClassVar[str]
    may_activate: ClassVar[str]
    actions = ("make_version", "activate")

    @staticmethod
    def make_draft(actor: Any, key: int) -> Any:
        """A draft that begins as a copy of that version."""
        raise NotImplementedError

    @staticmethod
    def put_into_force(actor: Any, key: int) -> Any:
        """That draft in force."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == PolicyState.DRAFT)

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.may_copy))

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.may_activate))

    @admin.display(description=gettext_lazy("Written by"))
    def written_by(self, version: Any) -> str:
        return ", ".join(str(user) for user in User.objects.filter(pk__in=version.author_ids)) or "–"

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
