"""How a request moves: the next step opens, people are assigned and told, the end is told to the subject's app.

Everything here runs inside a transaction that holds the request's lock.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from crm.approvals.errors import NotWaiting, RequestExpired, StepOver
from crm.approvals.kinds import approval_kind
from crm.approvals.models import (
    APPROVING,
    UNDECIDED,
    Assignment,
    Decision,
    Request,
    RequestState,
    RequestStep,
    StepState,
    Verb,
)
from crm.approvals.rules import still_to_ask
from crm.approvals.selectors.people import People, people_of, stand_ins_of
from crm.notices.services import notify


def lock_request(request_id: int) -> Request:
    """The request, locked until the end of the transaction: two deciders never act on the same state."""
    return (
        Request.objects.select_for_update(no_key=True, of=("self",))
        .select_related("applicant", "team", "chain")
        .get(pk=request_id)
    )


def refuse_expired(request: Request, on: dt.date) -> None:
    """After its last day nobody decides or answers, whether or not the night has closed it. Raises RequestExpired."""
    if request.expires_on < on:
        raise RequestExpired(label=request.label, day=request.expires_on)


def move(request: Request, state: RequestState, *, among: Collection[str], **changes: Any) -> None:
    """Change the state if it is still one of those; raises NotWaiting otherwise."""
    changed = Request.objects.filter(pk=request.pk, state__in=among).update(state=state, **changes)
    if not changed:
        raise NotWaiting(label=request.label, state=str(RequestState(request.state).label))
    request.state = state
    for name, value in changes.items():
        setattr(request, name, value)


def close_step(step: RequestStep, state: StepState, *, among: StepState) -> None:
    if not RequestStep.objects.filter(pk=step.pk, state=among).update(state=state):
        raise StepOver(label=step.request.label)
    step.state = state


def approved_before(request: Request) -> list[int]:
    """Who has approved an earlier step in their own name."""
    own = request.decisions.filter(verb__in=APPROVING)
    return [row.principal_id for row in own if row.principal_id is not None and not row.by_stand_in]


def open_next(request: Request, *, on: dt.date, people: People | None = None) -> None:
    """Open the next step, pass over those who have approved already; after the last step the request is approved."""
    people = people or people_of(request)
    approved = approved_before(request)
    for step in request.steps.filter(state=StepState.WAITING).select_related("user", "request").order_by("position"):
        candidates, by_fallback = people.candidates(step)
        ask = still_to_ask([user.pk for user in candidates], approved=approved, needs_all=step.needs_all)
        if candidates and not ask:
            pass_over(request, step, candidates, among=StepState.WAITING, on=on)
            continue
        close_step(step, StepState.OPEN, among=StepState.WAITING)
        RequestStep.objects.filter(pk=step.pk).update(by_fallback=by_fallback)
        Assignment.objects.bulk_create(Assignment(step=step, user_id=pk) for pk in ask)
        move(request, RequestState.SUBMITTED, among=UNDECIDED, waits_since=on, reminded_on=None)
        tell_deciders(request, [user for user in candidates if user.pk in ask], "approval_wanted", on=on)
        return
    finish(request, RequestState.APPROVED, on=on)


def pass_over(request: Request, step: RequestStep, candidates: list[Any], *, among: StepState, on: dt.date) -> None:
    """A step whose deciders have approved an earlier one counts with that word."""
    approved = approved_before(request)
    step.assignments.filter(is_done=False).delete()
    close_step(step, StepState.PASSED, among=among)
    before = next(user for user in candidates if user.pk in approved)
    Decision.objects.create(request=request, step=step, verb=Verb.PASS_OVER, principal=before, on=on)


def finish(request: Request, state: RequestState, *, on: dt.date) -> None:
    """The request has an end: its app acts on it in this transaction, and who asked is told."""
    move(request, state, among=UNDECIDED, decided_on=on)
    Assignment.objects.filter(step__request=request, is_done=False).delete()
    request.steps.filter(state=StepState.OPEN).update(state=StepState.WAITING)
    approval_kind(request.kind).on_decided(request)
    less = state == RequestState.APPROVED and request.for_less and request.asks_amount
    amounts = {"granted": str(request.granted), "asked": str(request.amount)} if less else {}
    tell(request, [request.applicant], "approval_decided", state=state, **amounts)


def tell(request: Request, users: Iterable[Any], kind: str, **params: Any) -> None:
    """A notice that leads to the request."""
    told = {"kind": request.kind, "variant": request.variant, "label": request.label, "customer": request.customer_name}
    closed_to_them = request.is_decided and "whom" in params  # a stand-in sees what waits, not what is over
    url = "" if closed_to_them else request.get_absolute_url()
    notify(users=users, kind=kind, params={**told, **params}, url=url)


def tell_deciders(request: Request, users: Collection[Any], kind: str, *, on: dt.date, **params: Any) -> None:
    """A notice for those whose word is wanted, and for whoever stands in for them that day."""
    tell(request, users, kind, **params)
    for stand_in, whom in stand_ins_of(request, users, on).values():
        tell(request, [stand_in], kind, whom=str(whom), **params)


def open_step(request: Request) -> RequestStep | None:
    return request.steps.filter(state=StepState.OPEN).select_related("request").first()


def renew_assignments(request: Request, *, on: dt.date) -> list[Any]:
    """Ask whoever stands in a role now instead of whoever stood in it when the step opened; answers who is new."""
    step = open_step(request)
    if step is None:
        return []
    people = people_of(request)
    candidates, by_fallback = people.candidates(step)
    wanted = still_to_ask([user.pk for user in candidates], approved=approved_before(request), needs_all=step.needs_all)
    if not candidates:
        return []  # nobody is left: those asked so far stay, until somebody fills the role or the request expires
    if not wanted and step.needs_all:  # those who had not decided yet are gone; the others have
        step.assignments.filter(is_done=False).delete()
        close_step(step, StepState.APPROVED, among=StepState.OPEN)
        open_next(request, on=on, people=people)
        return []
    if not wanted:
        asked = set(step.assignments.filter(is_done=False).values_list("user_id", flat=True))
        if not asked & {user.pk for user in candidates}:  # whoever was asked is gone; who is left said yes before
            pass_over(request, step, candidates, among=StepState.OPEN, on=on)
            open_next(request, on=on, people=people)
        return []
    now = set(step.assignments.values_list("user_id", flat=True))
    step.assignments.filter(is_done=False).exclude(user_id__in=wanted).delete()
    fresh = [user for user in candidates if user.pk in wanted and user.pk not in now]
    Assignment.objects.bulk_create(Assignment(step=step, user=user) for user in fresh)
    RequestStep.objects.filter(pk=step.pk).update(by_fallback=by_fallback)
    return fresh
