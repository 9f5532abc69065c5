"""Nobody reads a page without a login unless the page says so, and everybody reads in the chosen language."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation


class LoginRequired(LoginRequiredMiddleware):
    """Every address asks for a login, except views marked `login_not_required`; htmx leads the whole page there."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("accounts:login")})
        return super().handle_no_permission(request, view_func)


class UserLanguageMiddleware:
    """A signed-in user reads in the language of the profile; before login the cookie and the browser decide."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers["Content-Language"] = translation.get_language() or "en"
        return response
