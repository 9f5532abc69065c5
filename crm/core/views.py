"""Pages of the house itself: errors, health, search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.core.errors import Busy, DomainError, NotAllowed


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The sentence of a domain error with its status: 503 busy, 403 not allowed, 409 otherwise."""
    status = 503 if isinstance(error, Busy) else 403 if isinstance(error, NotAllowed) else 409
    return HttpResponse(str(error), status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return HttpResponse(status=403)


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")
