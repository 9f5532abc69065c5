"""What waits for a user, and the whole way of a request: done, now, next."""

import datetime as dt
from collections.abc import Collection, Sequence
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
from crm.approvals.rules import still_to_ask
from crm.approvals.selectors.people import MAY_DECIDE, People, people_of, principals, words_for_others

HISTORY = Prefetch("decisions", Decision.objects.select_related("actor", "principal", "step").order_by("pk"))


def waiting(user: Any, on: dt.date) -> QuerySet[Request]:
    """Requests that wait for the user, or for somebody the user stands in for, the oldest first.

    One past its last day waits for nobody, whether or not the night has closed it.
    """
    if not (user.is_active and user.has_perm(MAY_DECIDE)):
        return Request.objects.none()
    own, *others = principals(user, on)
    asked = Assignment.objects.filter(is_done=False, step__state=StepState.OPEN)
    # Who has approved a step as a stand-in decides no other of that request, not even their own.
    own_steps = asked.filter(user_id=own).exclude(step__request_id__in=words_for_others(actor=own).values("request_id"))
    keys = own_steps.values("step__request_id")
    if others:
        # Who has approved a step may not approve another as a stand-in.
        spoken = Decision.objects.filter(actor_id=own, verb__in=APPROVING).values("request_id")
        keys = keys.union(
            asked.filter(user_id__in=others).exclude(step__request_id__in=spoken).values("step__request_id")
        )
    found: QuerySet[Request] = Request.objects.filter(state=RequestState.SUBMITTED, expires_on__gte=on, pk__in=keys)
    return found.exclude(applicant=user).exclude(author_ids__contains=[user.pk]).order_by("waits_since", "pk")


def spoke_for_another(request: Request, user: Any) -> bool:
    """Whether the open step is the user's own, who has approved another as a stand-in and so may not decide it."""
    asked = Assignment.objects.filter(is_done=False, step__state=StepState.OPEN, step__request=request, user=user)
    return asked.exists() and words_for_others(request=request, actor=user).exists()


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
    passes: bool = False  # it will be passed over: people are those who will have approved before

    @property
    def state(self) -> str:
        return str(getattr(self.step, "state", StepState.WAITING))


def way_of(request: Request) -> list[WayStep]:
    """The steps of a request in order: those that were decided, the one that is open, and whom it will reach next."""
    people = people_of(request)
    said = list(request.decisions.select_related("actor", "principal").order_by("pk"))
    sure = {row.principal_id for row in said if row.verb in APPROVING and row.principal_id and not row.by_stand_in}
    way = []
    for step in request.steps.select_related("user").order_by("position"):
        own = [row for row in said if row.step_id == step.pk]
        by_fallback = step.by_fallback
        if step.state == StepState.OPEN:
            names = [row.user for row in step.assignments.select_related("user").order_by("pk") if not row.is_done]
            sure.update(user.pk for user in names if step.needs_all or len(names) == 1)
        elif step.state == StepState.WAITING and not request.is_decided:
            way.append(coming(step, people, sure))
            continue
        else:
            spoken = (*APPROVING, Verb.REJECT, Verb.PASS_OVER)
            names = [row.principal for row in own if row.verb in spoken and row.principal]
        way.append(WayStep(step, names, own, by_fallback))
    return way


def preview(rule: Any, *, applicant_id: int, team: Any, author_ids: Collection[int] = ()) -> list[WayStep]:
    """Whom a request would reach, were it submitted now: nobody is asked.

    A step is passed over where one of its people is the only one an earlier step asks, or one of all that it needs.
    """
    people = People(applicant_id, team, author_ids)
    sure: set[int] = set()
    return [coming(step, people, sure) for step in rule.steps.select_related("user").order_by("position", "pk")]


def coming(step: Any, people: People, sure: set[int]) -> WayStep:
    """A step nobody has looked at yet. `sure`: who will have approved before it; whoever is sure to now, is added."""
    found, by_fallback = people.candidates(step)
    asked = still_to_ask([user.pk for user in found], approved=sure, needs_all=step.needs_all)
    passes = bool(found) and not asked
    if passes:
        found = [user for user in found if user.pk in sure]
    elif step.needs_all or len(asked) == 1:
        sure.update(asked)
    return WayStep(step, found, by_fallback=by_fallback, passes=passes)
