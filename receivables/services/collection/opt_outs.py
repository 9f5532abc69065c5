"""Customers taken out of dunning for a time, for a reason, and back."""

import datetime as dt
from typing import Any

from django.db import IntegrityError

from crm.core.errors import ReasonMissing
from crm.core.locks import atomic_or_busy
from customers.services import record_event
from receivables.errors.collection import OptOutDates, OptOutIsOver, OptOutStands
from receivables.models import Case, DunningOptOut
from receivables.services.access import actor_id_of, require
from receivables.services.collection.locking import open_cases
from receivables.services.collection.pauses import pause_of

LONGEST_OPT_OUT = dt.timedelta(days=366)


def opt_out(*, actor: Any, customer_id: int, reason: str, on: dt.date, until: dt.date) -> DunningOptOut:
    """Take a customer out of dunning for a time, with all its cases; `until` is the last day.

    Raises NotAllowed, ReasonMissing, OptOutDates, OptOutStands.
    """
    require(actor, "receivables.opt_out_of_dunning", [customer_id])
    if not reason.strip():
        raise ReasonMissing
    if not on <= until <= on + LONGEST_OPT_OUT:
        raise OptOutDates(first=on, last=on + LONGEST_OPT_OUT)
    try:
        with atomic_or_busy():
            cases = open_cases(customer_id)
            found = DunningOptOut.objects.create(
                customer_id=customer_id,
                reason=reason.strip()[:500],
                on=on,
                until=until,
                created_by_id=actor_id_of(actor),
            )
            for case in cases:
                case.paused_by, case.paused_until = Case.Pause.OPT_OUT, until
                case.save(update_fields=["paused_by", "paused_until"])
            record_event(
                customer_id=customer_id,
                kind="dunning_opt_out",
                on=on,
                data={"reason": reason.strip()[:200], "until": str(until)},
                actor_id=actor_id_of(actor),
            )
    except IntegrityError as error:
        if "opt_out_one_at_a_time" not in str(error):
            raise
        standing = DunningOptOut.objects.filter(customer_id=customer_id, ended_on__isnull=True)
        raise OptOutStands(until=max(standing.values_list("until", flat=True), default=until)) from error
    return found


def end_opt_out(*, actor: Any, opt_out_id: int, on: dt.date, reason: str) -> DunningOptOut:
    """Dun the customer again from `on`, before the opt-out would have ended."""
    if not reason.strip():
        raise ReasonMissing
    with atomic_or_busy():
        customer_id = DunningOptOut.objects.values_list("customer_id", flat=True).get(pk=opt_out_id)
        require(actor, "receivables.opt_out_of_dunning", [customer_id])
        cases = open_cases(customer_id)
        found = DunningOptOut.objects.select_for_update(no_key=True).get(pk=opt_out_id)
        if found.ended_on is not None or found.until < on:
            raise OptOutIsOver
        found.ended_on = on
        found.save(update_fields=["ended_on"])
        for case in cases:
            case.paused_by, case.paused_until = pause_of(case)
            case.save(update_fields=["paused_by", "paused_until"])
        record_event(
            customer_id=customer_id,
            kind="dunning_resumed",
            on=on,
            data={"reason": reason.strip()[:200]},
            actor_id=actor_id_of(actor),
        )
    return found
