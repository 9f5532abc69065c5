"""Addresses of records by their number: the pattern is resolved once, since a page prints hundreds of them."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.http import url_has_allowed_host_and_scheme

SAMPLE = 918273645  # stands in a resolved address where the number of a record will stand


@lru_cache(maxsize=512)
def pattern(name: str, more: tuple[str, ...], urlconf: str, prefix: str) -> tuple[str, str]:
    """What stands before and after the number in the addresses of that name."""
    before, _sample, after = reverse(name, args=[SAMPLE, *more]).partition(str(SAMPLE))
    return before, after


@lru_cache(maxsize=512)
def plain(name: str, urlconf: str, prefix: str) -> str:
    return reverse(name)


def record_url(name: str, pk: int, *more: str) -> str:
    """`reverse(name, args=[pk, *more])` for an address whose first argument is a whole number.

    `more` are words there are few of, such as the key of a panel.
    """
    before, after = pattern(name, more, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())
    return f"{before}{pk}{after}"


def page_url(name: str) -> str:
    """`reverse(name)` for an address without arguments."""
    return plain(name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where a form leads that a page sent its reader to: the page of this site that `back` names, else `otherwise`."""
    back = request.GET.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else otherwise
