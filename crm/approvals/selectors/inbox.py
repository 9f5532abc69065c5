"""What waits for a user, and the whole way of a request: done, now, next."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, QuerySet

from crm.accounts.models import User
from crm.approvals.models import (
    APPROVING,
    Assignment,
    Decision,
    Request,
    RequestState,
    RequestStep,
    StepState,
    Verb,
)
from crm.approvals.selectors.people import MAY_DECIDE, People, principals

HISTORY = Prefetch("decisions", Decision.objects.select_related("actor", "principal", "step").order_by("pk"))


def waiting(user: Any, on: dt.date) -> QuerySet[Request]:
    """Requests that wait for the user, or for somebody the user stands in for, the oldest first.

    One past its last day waits for nobody, whether or not the night has closed it.
    """
    if not (user.is_active and user.has_perm(MAY_DECIDE)):
        return Request.objects.none()
    own, *others = principals(user, on)
    asked = Assignment.objects.filter(is_done=False, step__state=StepState.OPEN)
    keys = asked.filter(user_id=own).values("step__request_id")
    if others:
        # Who has approved a step may not approve another as a stand-in.
        spoken = Decision.objects.filter(actor_id=own, verb__in=APPROVING).values("request_id")
        keys = keys.union(
            asked.filter(user_id__in=others).exclude(step__request_id__in=spoken).values("step__request_id")
        )
    found: QuerySet[Request] = Request.objects.filter(state=RequestState.SUBMITTED, expires_on__gte=on, pk__in=keys)
    return found.exclude(applicant=user).order_by("waits_since", "pk")


@dataclass
class Row:
    """A request with all that is needed to decide it."""

    request: Request
    step: RequestStep
    figures: dict[str, Any]
    may_decrease: bool
    stands_in_for: User | None = None
    decisions: list[Decision] = field(default_factory=list)


def rows_of(requests: Sequence[Request], user: Any, on: dt.date) -> list[Row]:
    """The rows of the inbox, in a fixed number of queries for each kind."""
    steps = {
        step.request_id: step
        for step in RequestStep.objects.filter(request__in=requests, state=StepState.OPEN).prefetch_related(
            Prefetch("assignments", Assignment.objects.filter(is_done=False).select_related("user"))
        )
    }
    figures: dict[int, dict[str, Any]] = {}
    for kind in {request.kind for request in requests}:
        of_kind = [request for request in requests if request.kind == kind]
        figures |= of_kind[0].approval_kind.figures(of_kind)
    acting_for = set(principals(user, on))
    rows = []
    for request in requests:
        step = steps[request.pk]
        asked = [row.user for row in step.assignments.all() if row.user_id in acting_for]
        rows.append(
            Row(
                request=request,
                step=step,
                figures=figures.get(request.pk, {}),
                may_decrease=step.may_decrease and request.approval_kind.may_decrease(request),
                stands_in_for=None if any(person == user for person in asked) else next(iter(asked), None),
                decisions=list(request.decisions.all()),
            )
        )
    return rows


def waiting_rows(user: Any, on: dt.date, *, limit: int, offset: int = 0) -> list[Row]:
    found = waiting(user, on).select_related("applicant").prefetch_related(HISTORY)
    return rows_of(list(found[offset : offset + limit]), user, on)


def waiting_row(user: Any, on: dt.date, request_id: int) -> Row | None:
    """One request if it waits for the user."""
    found = list(waiting(user, on).filter(pk=request_id).select_related("applicant").prefetch_related(HISTORY))
    return rows_of(found, user, on)[0] if found else None


@dataclass
class WayStep:
    """A step on the way of a request, with the names of those who decide it and what they said."""

    step: Any
    people: list[Any]
    decisions: list[Decision] = field(default_factory=list)
    by_fallback: bool = False

    @property
    def state(self) -> str:
        return str(getattr(self.step, "state", StepState.WAITING))


def way_of(request: Request) -> list[WayStep]:
    """The steps of a request in order: those that were decided, the one that is open, and whom it will reach next."""
    people = People(request.applicant_id, request.team)
    said = list(request.decisions.select_related("actor", "principal").order_by("pk"))
    way = []
    for step in request.steps.select_related("user").order_by("position"):
        own = [row for row in said if row.step_id == step.pk]
        by_fallback = step.by_fallback
        if step.state == StepState.OPEN:
            names = [row.user for row in step.assignments.select_related("user").order_by("pk") if not row.is_done]
        elif step.state == StepState.WAITING and not request.is_decided:
            names, by_fallback = people.candidates(step)
        else:
            spoken = (*APPROVING, Verb.REJECT, Verb.PASS_OVER)
            names = [row.principal for row in own if row.verb in spoken and row.principal]
        way.append(WayStep(step, names, own, by_fallback))
    return way


def preview(rule: Any, *, applicant_id: int, team: Any) -> list[WayStep]:
    """Whom a request would reach, were it submitted now: nobody is asked."""
    people = People(applicant_id, team)
    steps = rule.steps.select_related("user").order_by("position", "pk")
    return [
        WayStep(step, found, by_fallback=fallback) for step in steps for found, fallback in [people.candidates(step)]
    ]
