"""Who looks after a customer, and who else sees it."""

import datetime as dt
from typing import Any

import pghistory

from crm.accounts.models import Team, User
from crm.accounts.roles import Scope
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from customers.errors import AlreadyShared, OwnerNotFit, OwnerOutsideTeams
from customers.models import Assignment, Customer, CustomerShare
from customers.services.access import actor_id, check, given_reason, locked_customer
from customers.services.events import record_event


def assign_owner(
    *, actor: Any, customer_id: int, owner_id: int | None, team_id: int | None = None, reason: str, today: dt.date
) -> Assignment:
    """Hand a customer to an owner and a team (the owner's own when none is given); the history keeps who had it before.

    Without an owner the customer belongs to the team alone. A manager hands on within the own teams.
    """
    check(actor, "customers.assign_customer")
    reason = given_reason(reason)
    with atomic_or_busy(), pghistory.context(user=actor_id(actor), reason=reason):
        customer = locked_customer(actor=actor, customer_id=customer_id)
        owner = None if owner_id is None else fit_owner(actor=actor, owner_id=owner_id)
        if team_id is None and owner is not None:
            team_id = owner.team_id
        if team_id is not None:
            check_team(actor, team_id)
        assignment = Assignment.objects.create(
            customer=customer, owner=owner, team_id=team_id, on=today, reason=reason, created_by_id=actor_id(actor)
        )
        record_event(
            customer_id=customer.pk,
            kind="owner_assigned",
            on=today,
            data={
                "from": str(customer.owner) if customer.owner else "",
                "to": str(owner) if owner else "",
                "reason": reason,
            },
            actor_id=actor_id(actor),
        )
        customer.owner, customer.team_id = owner, team_id
        customer.save(update_fields=["owner", "team"])
    return assignment


def share_customer(*, actor: Any, customer_id: int, user_id: int, reason: str, today: dt.date) -> CustomerShare:
    """Let a colleague outside the owner's team see a customer too."""
    check(actor, "customers.share_customer")
    reason = given_reason(reason)
    with atomic_or_busy():
        customer = locked_customer(actor=actor, customer_id=customer_id)
        user = User.objects.filter(pk=user_id).first()
        if user is None or not user.is_active or user.scope is Scope.NOTHING:
            raise OwnerNotFit(user=user or user_id)
        if Customer.objects.visible_to(user).filter(pk=customer_id).exists():
            raise AlreadyShared(user=user)
        share = CustomerShare.objects.create(customer=customer, user=user, reason=reason, created_by_id=actor_id(actor))
        record_event(
            customer_id=customer_id,
            kind="customer_shared",
            on=today,
            data={"user": str(user), "reason": reason},
            actor_id=actor_id(actor),
        )
    return share


def unshare_customer(*, actor: Any, share_id: int, reason: str, today: dt.date) -> None:
    """Take back what `share_customer` gave."""
    check(actor, "customers.share_customer")
    reason = given_reason(reason)
    with atomic_or_busy():
        share = CustomerShare.objects.filter(pk=share_id).first()
        if share is None:
            raise NotAllowed
        locked_customer(actor=actor, customer_id=share.customer_id)
        record_event(
            customer_id=share.customer_id,
            kind="customer_unshared",
            on=today,
            data={"user": str(share.user), "reason": reason},
            actor_id=actor_id(actor),
        )
        share.delete()


def default_owner_id(actor: Any) -> int | None:
    """A new customer belongs to the rep or manager who brings it; one that others create waits for its owner."""
    return actor.pk if actor is not None and actor.scope in {Scope.OWN, Scope.TEAM} else None


def fit_owner(*, actor: Any, owner_id: int) -> User:
    """The user as an owner: active, with a role that sees customers, and within the actor's reach."""
    owner = User.objects.filter(pk=owner_id).first()
    if owner is None or not owner.is_active or owner.scope is Scope.NOTHING:
        raise OwnerNotFit(user=owner or owner_id)
    if actor is not None and owner.pk != actor.pk:
        check(actor, "customers.assign_customer")
        if actor.scope is Scope.TEAM and owner.team_id not in actor.team_ids:
            raise OwnerOutsideTeams
    return owner


def check_team(actor: Any, team_id: int) -> None:
    """The team exists and is within the actor's reach."""
    if not Team.objects.filter(pk=team_id).exists():
        raise NotAllowed
    if actor is not None and actor.scope is Scope.TEAM and team_id not in actor.team_ids:
        raise OwnerOutsideTeams
