"""Who may do it, and on which documents: checked by the services, since they bind shell and API too."""

from collections.abc import Collection
from typing import Any

from crm.accounts.roles import Scope
from crm.core.errors import NotAllowed
from customers.models import Customer


def require(actor: Any, permission: str, customer_ids: Collection[int] = ()) -> None:
    """Raise NotAllowed unless the actor holds the permission and sees every customer; None is the system itself."""
    if actor is None:
        return
    if not actor.has_perm(permission):
        raise NotAllowed
    wanted = set(customer_ids)
    if not wanted or actor.scope is Scope.ALL:
        return
    if Customer.objects.visible_to(actor).filter(pk__in=wanted).count() != len(wanted):
        raise NotAllowed


def actor_id_of(actor: Any) -> int | None:
    return None if actor is None else actor.pk
