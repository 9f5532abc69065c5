"""The administration: users, teams, master data and policies. Who may enter is a permission, not a flag."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

MAY_ENTER = "accounts.use_admin"


class AdministrationSite(admin.AdminSite):
    """Open to holders of `accounts.use_admin`; what they find there follows from their other permissions."""

    site_title = _("OpenAccount administration")
    site_header = _("Administration")
    index_title = _("Users, master data and policies")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.has_perm(MAY_ENTER))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One login for the whole product; who is signed in but may not enter learns so there."""
        if request.user.is_authenticated:
            raise PermissionDenied(MAY_ENTER)
        target = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('accounts:login')}?{urlencode({'next': target})}")


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that services write: to be looked at, never changed here, and of customers only those the user may see."""

    def get_queryset(self, request: HttpRequest) -> Any:
        found: Any = super().get_queryset(request)
        return found.visible_to(request.user) if hasattr(found, "visible_to") else found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeptAdmin(admin.ModelAdmin):
    """Master data that may be changed but is never deleted, because documents refer to it."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
