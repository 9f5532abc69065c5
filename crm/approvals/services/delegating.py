"""Stand-ins for days of absence."""

import datetime as dt
from typing import Any

from django.db import IntegrityError
from django.db.models.functions import Now

from crm.approvals.errors import DelegationInvalid, DelegationOverlaps
from crm.approvals.models import Delegation
from crm.approvals.selectors.people import MAY_DECIDE
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.notices.services import notify


def delegate_to(
    *, actor: Any, delegate: Any, starts_on: dt.date, ends_on: dt.date, reason: str = "", today: dt.date
) -> Delegation:
    """Let a colleague decide what waits for the actor, from today or a later day up to another.

    Raises NotAllowed, DelegationInvalid, DelegationOverlaps.
    """
    if not actor.has_perm(MAY_DECIDE):
        raise NotAllowed
    fit = delegate.is_active and delegate.pk != actor.pk and delegate.has_perm(MAY_DECIDE)
    if not fit or ends_on < starts_on or starts_on < today:
        raise DelegationInvalid
    try:
        with atomic_or_busy():
            made: Delegation = Delegation.objects.create(
                delegator=actor, delegate=delegate, starts_on=starts_on, ends_on=ends_on, reason=reason.strip()
            )
            params = {"by": str(actor), "from": starts_on.isoformat(), "to": ends_on.isoformat()}
            notify(users=[delegate], kind="approval_delegated", params=params)
    except IntegrityError as error:
        if "delegation_one_at_a_time" in str(error):
            raise DelegationOverlaps from error
        raise
    return made


def end_delegation(*, actor: Any, delegation_id: int) -> Delegation:
    """End a delegation one gave, at once: the stand-in is told. Raises NotAllowed."""
    with atomic_or_busy():
        given: Delegation | None = (
            Delegation.objects.select_for_update(no_key=True).filter(pk=delegation_id, delegator=actor).first()
        )
        if given is None:
            raise NotAllowed
        if given.ended_at is None:
            Delegation.objects.filter(pk=given.pk).update(ended_at=Now())
            given.refresh_from_db()
            params = {"by": str(actor), "to": given.ends_on.isoformat()}
            notify(users=[given.delegate], kind="approval_undelegated", params=params)
    return given
