"""What the night does with requests: those whose time is over end, those who keep others waiting are reminded."""

import datetime as dt
from dataclasses import dataclass
from functools import partial

from crm.accounts.models import User
from crm.approvals.models import UNDECIDED, Assignment, Decision, Request, RequestState, StepState, Verb
from crm.approvals.services.progress import finish, lock_request, renew_assignments, tell, tell_deciders
from crm.core.locks import atomic_or_busy


@dataclass
class NightsWork:
    expired: int = 0
    reminded: int = 0
    reassigned: int = 0


def look_after_requests(*, on: dt.date) -> NightsWork:
    """Bring the undecided requests up to the morning of `on`; may be called again for the same day."""
    done = NightsWork()
    for pk in Request.objects.filter(state__in=UNDECIDED).order_by("pk").values_list("pk", flat=True):
        with atomic_or_busy():
            request = lock_request(pk)
            if request.state not in UNDECIDED:
                continue
            if request.expires_on < on:
                expire(request, on=on)
                done.expired += 1
                continue
            done.reassigned += len(fresh := renew_assignments(request, on=on))
            tell_deciders(request, fresh, "approval_wanted", on=on)
            done.reminded += remind(request, on=on)
    return done


def expire(request: Request, *, on: dt.date) -> None:
    waited_for = people_waited_for(request)
    tell_them = tell if request.state == RequestState.RETURNED else partial(tell_deciders, on=on)
    Decision.objects.create(request=request, verb=Verb.EXPIRE, on=on)
    finish(request, RequestState.EXPIRED, on=on)
    tell_them(request, waited_for, "approval_expired")


def people_waited_for(request: Request) -> list[User]:
    """Those the open step waits for; the applicant while a question is open."""
    if request.state == RequestState.RETURNED:
        return [request.applicant]
    waiting = Assignment.objects.filter(is_done=False, step__request=request, step__state=StepState.OPEN)
    return list(User.objects.filter(pk__in=waiting.values("user")).order_by("pk"))


def remind(request: Request, *, on: dt.date) -> int:
    """Remind whom it waits for, once every so many days of its chain."""
    last = max(filter(None, (request.waits_since, request.reminded_on)))
    if (on - last).days < request.chain.remind_after_days:
        return 0
    people = people_waited_for(request)
    Request.objects.filter(pk=request.pk).update(reminded_on=on)
    days = (on - request.waits_since).days
    tell_them = tell if request.state == RequestState.RETURNED else partial(tell_deciders, on=on)
    tell_them(request, people, "approval_reminder", days=days, expires=request.expires_on)
    return len(people)
