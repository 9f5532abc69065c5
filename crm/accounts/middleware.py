"""Nobody reads a page without a login unless the page says so, and everybody reads in the chosen language."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme


class LoginRequired(LoginRequiredMiddleware):
    """Every address asks for a login, except views marked `login_not_required`; htmx leads the whole page there.

    A part of a page, and what is sent after a session has ended, lead back to the page they were asked from: their own
    addresses show nothing. What was sent is not carried out, and the login says so.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        is_sent, is_part = request.method not in ("GET", "HEAD"), bool(request.headers.get("HX-Request"))
        if not is_sent and not is_part:
            return super().handle_no_permission(request, view_func)
        query = {"next": page_before(request), **({"unsent": "1"} if is_sent else {})}
        login = f"{reverse('accounts:login')}?{urlencode(query)}"
        if is_part:
            return HttpResponse(status=204, headers={"HX-Redirect": login})
        return HttpResponseRedirect(login)


def page_before(request: HttpRequest) -> str:
    """The page of the product a request was sent from; the first page where the browser does not tell."""
    sent_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(sent_from, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    return urlunsplit(urlsplit(sent_from)._replace(scheme="", netloc="", fragment=""))


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
