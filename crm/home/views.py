"""My day: what needs me now."""

from django.http import HttpRequest, HttpResponse


def my_day(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")
