"""What every use case asks first: may this actor do it, with this customer? `actor` None is a trusted system caller."""

from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from crm.core.errors import NotAllowed, ReasonMissing
from customers.errors import CodeTaken, FieldTooLong, UsccTaken
from customers.models import Customer

REASON_LENGTH = 200  # of Assignment.reason, StateChange.cause and CustomerShare.reason


def check(actor: Any, *permissions: str) -> None:
    """Refuse unless the actor holds every permission."""
    if actor is not None and not all(actor.has_perm(permission) for permission in permissions):
        raise NotAllowed


def actor_id(actor: Any) -> int | None:
    return None if actor is None else actor.pk


def locked_customer(*, actor: Any, customer_id: int) -> Customer:
    """The customer's row, locked until the end of the transaction; a customer the actor does not see is refused."""
    customers = Customer.objects.all() if actor is None else Customer.objects.visible_to(actor)
    customer: Customer | None = customers.select_for_update(no_key=True, of=("self",)).filter(pk=customer_id).first()
    if customer is None:
        raise NotAllowed
    return customer


def given_reason(reason: str) -> str:
    """The reason without stray blanks; a change that must be explained has one, and all of it is kept."""
    text = " ".join(reason.split())
    if not text:
        raise ReasonMissing
    if len(text) > REASON_LENGTH:
        raise FieldTooLong(field=_("Reason"), limit=REASON_LENGTH)
    return text


def taken(error: IntegrityError, *, code: str, uscc: str) -> Exception:
    """Which number of another customer stood in the way of a write."""
    text = str(error)
    if "customer_uscc_once" in text:
        return UsccTaken(uscc=uscc)
    if "customers_customer_code" in text:
        return CodeTaken(code=code)
    return error
