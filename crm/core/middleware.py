"""A rule of the business that says no becomes a sentence on the page, never a stack trace."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from crm.core.errors import DomainError
from crm.core.views import domain_error


class DomainErrorMiddleware:
    """Answers a `DomainError` that no view caught: a page of its own, or a notice when htmx asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return domain_error(request, exception)
        return None
