"""Pages of the house itself: errors, search."""

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from crm.core.addresses import page_url
from crm.core.errors import Busy, DomainError, NotAllowed
from crm.core.pages import search_text
from crm.core.registry import registry

SHORTEST_SEARCH = 2
MOST_HITS = 8  # of one group; a list shows the rest
# What a retry of a busy request must not send again.
NOT_RESENT = frozenset({"csrfmiddlewaretoken"})
LARGEST_RETRY = 200_000


def status_of(error: DomainError) -> int:
    return 503 if isinstance(error, Busy) else 403 if isinstance(error, NotAllowed) else 409


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The sentence of a domain error: a toast when htmx asked, otherwise a page; busy offers to send it again."""
    status = status_of(error)
    if request.headers.get("HX-Request"):
        notice = {"toast": {"text": str(error), "tone": "danger"}}
        return HttpResponse(str(error), status=status, headers={"HX-Reswap": "none", "HX-Trigger": json.dumps(notice)})
    if isinstance(error, Busy):
        response = render(request, "errors/busy.html", {"error": error, "again": resendable(request)}, status=status)
        response.headers["Retry-After"] = "2"
        return response
    return render(request, "errors/domain.html", {"error": error, "back": came_from(request)}, status=status)


def came_from(request: HttpRequest) -> str:
    """The page of this site the reader came from, else 'My day'."""
    referer = request.headers.get("Referer", "")
    return referer if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}) else "/"


def resendable(request: HttpRequest) -> list[tuple[str, str]] | None:
    """The fields of a POST that may be sent again by a button; None where that is not possible (files, too large)."""
    if request.method != "POST":
        return []
    if request.FILES:
        return None
    pairs = [(key, str(value)) for key, values in request.POST.lists() if key not in NOT_RESENT for value in values]
    return pairs if sum(len(key) + len(value) for key, value in pairs) <= LARGEST_RETRY else None


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere."""
    return render(request, "errors/csrf.html", status=403)


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, "errors/403.html", 403, _("You are not allowed to do this."))


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, "errors/404.html", 404, _("This record does not exist, or you may not see it."))


def error_page(request: HttpRequest, template: str, status: int, sentence: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        notice = {"toast": {"text": sentence, "tone": "danger"}}
        return HttpResponse(sentence, status=status, headers={"HX-Trigger": json.dumps(notice)})
    return render(request, template, status=status)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke: the page asks nothing of the database or the session."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """The mark of the product, for what asks without reading the page's own link to it."""
    return HttpResponseRedirect(static("images/mark.svg"))


def search(request: HttpRequest) -> HttpResponse:
    """What the search box finds, group by group: each provider respects what the user may see."""
    text = search_text(request)
    groups: list[dict[str, Any]] = []
    if len(text) >= SHORTEST_SEARCH:
        for provider in sorted(registry.searches.values(), key=lambda provider: provider.order):
            if not request.user.has_perm(provider.permission):
                continue
            if hits := list(provider.search(request.user, text)):
                more = f"{page_url(provider.list_url)}?{urlencode({'q': text})}" if provider.list_url else ""
                groups.append({"title": provider.title, "hits": hits, "more": more if len(hits) >= MOST_HITS else ""})
    dropdown = request.headers.get("HX-Target") == "search-results"
    context = {"title": _("Search"), "text": text, "groups": groups, "too_short": len(text) < SHORTEST_SEARCH}
    return render(request, "search/dropdown.html" if dropdown else "search/page.html", context)
