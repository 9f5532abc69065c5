"""Answers /health/live and /health/ready before anything else looks at the request: whoever probes a container knows
neither its public name nor https, and has no session."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from crm.health.checks import readiness

LIVE = "/health/live"
READY = "/health/ready"


class HealthMiddleware:
    """The first middleware: everything that is not a probe passes through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info.rstrip("/")
        if path == LIVE:
            return uncached(HttpResponse("ok\n", content_type="text/plain"))
        if path == READY:
            found = readiness()
            return uncached(JsonResponse(found, status=200 if all(found.values()) else 503))
        return self.get_response(request)


def uncached(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - the checks log their causes
    return response
