"""What people do with a request: approve it, also for less, reject it, ask back, answer, withdraw it."""

import datetime as dt
from decimal import Decimal
from typing import Any

from crm.approvals.errors import (
    AmountNotLess,
    MayNotDecrease,
    NotApplicant,
    NotReturned,
    NotWaiting,
    NotYours,
    OneWord,
    OwnRequest,
    OwnWords,
    StepOver,
)
from crm.approvals.models import (
    APPROVING,
    UNDECIDED,
    Assignment,
    Decision,
    Ending,
    Request,
    RequestState,
    RequestStep,
    StepState,
    Verb,
)
from crm.approvals.selectors.people import MAY_DECIDE, principals, words_for_others
from crm.approvals.services.progress import (
    close_step,
    finish,
    lock_request,
    move,
    open_next,
    open_step,
    refuse_expired,
    tell,
)
from crm.core.dates import business_today
from crm.core.display import money
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy


def decide(
    *,
    request_id: int,
    step_id: int,
    actor: Any,
    verb: Verb,
    amount: Decimal | None = None,
    reason: str = "",
    on: dt.date | None = None,
) -> Request:
    """Decide the step somebody looked at: approve, approve for less, reject, ask back (Verb).

    The same decision sent twice counts once. Raises NotAllowed, OwnRequest, OwnWords, NotYours, OneWord, NotWaiting,
    RequestExpired, StepOver, MayNotDecrease, AmountNotLess, ReasonMissing.
    """
    if verb not in (*APPROVING, Verb.REJECT, Verb.ASK):
        raise NotAllowed
    if not actor.has_perm(MAY_DECIDE):
        raise NotAllowed
    reason = reason.strip()
    if verb is not Verb.APPROVE and not reason:
        raise ReasonMissing
    today = on or business_today()
    with atomic_or_busy():
        request = lock_request(request_id)
        if was_done(request, step_id=step_id, actor=actor, verb=verb, amount=amount, reason=reason):
            return request
        step = open_step(request)
        if request.state != RequestState.SUBMITTED:
            raise NotWaiting(label=request.label, state=str(RequestState(request.state).label))
        if step is None or step.pk != step_id:
            raise StepOver(label=request.label)
        mine = claim_assignment(request, step, actor, today)
        refuse_expired(request, today)
        if verb is Verb.APPROVE_LESS:
            less = check_less(request, step, amount)
            Request.objects.filter(pk=request.pk).update(granted=less)
            request.granted = less
        Decision.objects.create(
            request=request,
            step=step,
            verb=verb,
            actor=actor,
            principal_id=mine.user_id,
            amount=request.granted if verb in APPROVING else None,
            reason=reason,
            figures=request.approval_kind.figures([request]).get(request.pk, {}),
            on=today,
        )
        if verb is Verb.REJECT:
            finish(request, RequestState.REJECTED, on=today)
        elif verb is Verb.ASK:
            move(request, RequestState.RETURNED, among=(RequestState.SUBMITTED,), waits_since=today, reminded_on=None)
            tell(request, [request.applicant], "approval_returned", by=str(actor), question=reason)
        else:
            approve_step(request, step, mine, on=today)
    return request


def was_done(request: Request, *, step_id: int, actor: Any, verb: Verb, amount: Decimal | None, reason: str) -> bool:
    """Whether this very decision arrived before: a double click, or a page sent again."""
    last = request.decisions.filter(step_id=step_id, actor=actor).order_by("-pk").first()
    if last is None or last.verb != verb or last.reason != reason:
        return False
    if verb is Verb.ASK and request.state != RequestState.RETURNED:
        return False  # the question was answered: asking the same again is a new question
    return verb is not Verb.APPROVE_LESS or last.amount == amount


def claim_assignment(request: Request, step: RequestStep, actor: Any, today: dt.date) -> Assignment:
    """In whose name the actor decides: the own one first, then of those the actor stands in for.

    One person gives one word: who has approved a step may not approve another as a stand-in, and who has approved one
    as a stand-in may not approve another at all. Raises OwnRequest, OneWord, NotYours.
    """
    if request.applicant_id == actor.pk:
        raise OwnRequest
    if actor.pk in request.author_ids:
        raise OwnWords
    waiting = {row.user_id: row for row in step.assignments.filter(is_done=False)}
    if actor.pk in waiting:
        if words_for_others(request=request, actor=actor).exists():
            raise OneWord(label=request.label)
        return waiting[actor.pk]
    has_approved = request.decisions.filter(actor=actor, verb__in=APPROVING).exists()
    for principal in principals(actor, today):
        if principal in waiting and not has_approved:
            return waiting[principal]
    raise NotYours(label=request.label)


def check_less(request: Request, step: RequestStep, amount: Decimal | None) -> Decimal:
    """The amount, if this step may approve so much less."""
    kind = request.approval_kind
    if not step.may_decrease or not kind.may_decrease(request):
        raise MayNotDecrease
    if amount is None or not 0 < amount < request.granted:
        raise AmountNotLess(amount=money(request.granted))
    kind.check_amount(request, amount)
    return amount


def approve_step(request: Request, step: RequestStep, mine: Assignment, *, on: dt.date) -> None:
    Assignment.objects.filter(pk=mine.pk).update(is_done=True)
    if step.needs_all and step.assignments.filter(is_done=False).exists():
        return
    step.assignments.filter(is_done=False).delete()
    close_step(step, StepState.APPROVED, among=StepState.OPEN)
    open_next(request, on=on)


def answer(*, request_id: int, actor: Any, text: str, on: dt.date | None = None) -> Request:
    """The applicant answers the open question; the request goes on where it stood.

    Raises NotApplicant, NotReturned, RequestExpired, ReasonMissing.
    """
    if not text.strip():
        raise ReasonMissing
    today = on or business_today()
    with atomic_or_busy():
        request = lock_request(request_id)
        own_request(request, actor)
        last = request.decisions.order_by("-pk").first()
        if last and last.verb == Verb.ANSWER and last.reason == text.strip():
            return request
        if request.state != RequestState.RETURNED:
            raise NotReturned(label=request.label)
        refuse_expired(request, today)
        move(request, RequestState.SUBMITTED, among=(RequestState.RETURNED,), waits_since=today, reminded_on=None)
        step = open_step(request)
        asked = request.decisions.filter(verb=Verb.ASK).select_related("actor").order_by("-pk").first()
        Decision.objects.create(
            request=request, step=step, verb=Verb.ANSWER, actor=actor, principal=actor, reason=text.strip(), on=today
        )
        tell(request, [asked.actor] if asked else [], "approval_answered", answer=text.strip())
    return request


def withdraw(*, request_id: int, actor: Any, reason: str = "", on: dt.date | None = None) -> Request:
    """The applicant takes the request back. Raises NotApplicant, NotWaiting."""
    today = on or business_today()
    with atomic_or_busy():
        request = lock_request(request_id)
        own_request(request, actor)
        if request.state == RequestState.WITHDRAWN:
            return request
        if request.state not in UNDECIDED:
            raise NotWaiting(label=request.label, state=str(RequestState(request.state).label))
        Decision.objects.create(
            request=request, verb=Verb.WITHDRAW, actor=actor, principal=actor, reason=reason.strip(), on=today
        )
        finish(request, RequestState.WITHDRAWN, on=today)
    return request


def end_request(*, request_id: int, why: str, actor: Any = None, on: dt.date | None = None) -> bool:
    """What a request asks for is gone, so it is withdrawn, by whoever made it so; nothing where it is decided.

    `why` is an Ending. For the app of the request: whether the actor may is its own to say.
    """
    today = on or business_today()
    with atomic_or_busy():
        request = lock_request(request_id)
        if request.state not in UNDECIDED:
            return False
        Decision.objects.create(
            request=request,
            verb=Verb.WITHDRAW,
            actor=actor,
            principal=actor,
            figures={"ended": Ending(why).value},
            on=today,
        )
        finish(request, RequestState.WITHDRAWN, on=today)
    return True


def own_request(request: Request, actor: Any) -> None:
    if request.applicant_id != actor.pk:
        raise NotApplicant(label=request.label)
