"""Login, logout, profile, language and the demo's one-click login."""

from typing import Any

from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any) -> HttpResponse:
    return HttpResponse(status=429)


class Login(auth_views.LoginView):
    """The login page."""
