"""Where a visitor comes from: the address that wrong passwords are counted under and that stands in the log."""

from ipaddress import ip_address
from typing import Any

import structlog
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata


def address_of(request: HttpRequest) -> str | None:
    """The address that the outermost of our PROXY_COUNT proxies saw; without proxies that of the connection.

    Each proxy adds the address it was asked from at the end of X-Forwarded-For. What stands before those entries was
    sent by the visitor, who may write there what he likes.
    """
    named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.PROXY_COUNT <= len(named) and is_address(seen := named[-settings.PROXY_COUNT].strip()):
        return seen
    return request.META.get("REMOTE_ADDR") or None


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@receiver(bind_extra_request_metadata, dispatch_uid="accounts.address_in_log")
def put_address_into_log(request: HttpRequest, **kwargs: Any) -> None:
    structlog.contextvars.bind_contextvars(ip=address_of(request))
