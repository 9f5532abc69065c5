"""Who may open a page: a permission on the view (403 without it) and `visible_to` on the record (404 without it)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic import View

M = TypeVar("M", bound=models.Model)
ViewFunction = Callable[..., HttpResponseBase]


def check_permission(user: Any, permission: str | None) -> None:
    """Refuse with 403 unless the user holds the permission; None asks for nothing but a login."""
    if permission is not None and not user.has_perm(permission):
        raise PermissionDenied(permission)


def check_one_of(user: Any, *permissions: str) -> None:
    """Refuse with 403 unless the user holds one of the permissions."""
    if not any(user.has_perm(permission) for permission in permissions):
        raise PermissionDenied(permissions)


def requires(permission: str | None) -> Callable[[ViewFunction], ViewFunction]:
    """Decorator of a function view: `@requires("receivables.add_receipt")`."""

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            check_permission(request.user, permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


class Guarded(View):
    """A class view that asks for `permission` before anything else; the permission matrix test reads it."""

    permission: ClassVar[str | None]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        check_permission(request.user, self.permission)
        return super().dispatch(request, *args, **kwargs)


def visible_or_404(source: type[M] | models.QuerySet[M], user: Any, **lookup: Any) -> M:
    """One record the user may see; a stranger's record does not exist for this user."""
    queryset: Any = source.objects.all() if isinstance(source, type) else source  # type: ignore[attr-defined]
    found: M = get_object_or_404(queryset.visible_to(user), **lookup)
    return found
