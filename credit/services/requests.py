"""Credit requests: drafted, completed with papers, submitted, and carried out when they are approved."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from credit.errors import (
    GrantedTooLittle,
    LiftIncomplete,
    NeverLifted,
    NotHeld,
    NotIdentified,
    NotLower,
    ReleaseOver,
    ReleaseTooLong,
    RequestIncomplete,
    RequestOpen,
    RequestSubmitted,
    TemporaryOver,
)
from credit.instruments import in_order
from credit.models import (
    AccountStatus,
    CreditAccount,
    CreditRequest,
    GroupAccount,
    Hold,
    Lift,
    RequestKind,
)
from credit.models.requests import FIELDS
from credit.rules import requests as rules
from credit.selectors.accounts import grade_of
from credit.selectors.limits import limit_sheet, next_review, policy_in_force
from credit.services.checks import active_policy
from credit.services.entries import lock_account
from credit.services.groups import set_group_limit
from credit.services.terms import change_terms
from credit.words.requests import figures_of, in_words, plain, proposal_of, unlike_kept
from crm.approvals.models import Decision, Request, RequestState, Verb
from crm.approvals.rules import Facts
from crm.approvals.services import submit
from crm.core.dates import business_today
from crm.core.display import figure
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.numbering import next_number
from customers.models import Customer
from customers.services import record_event

KIND = "credit_request"
SERIES = "credit_request"
PROPOSAL = "proposal"  # among the figures kept with a submission (credit.words.requests.proposal_of)
MAY_ASK = "credit.add_creditrequest"


def draft_request(*, actor: Any, customer_id: int, kind: str, **fields: Any) -> CreditRequest:
    """Begin a request for a customer the actor sees. Raises NotAllowed."""
    if not actor.has_perm(MAY_ASK) or not Customer.objects.visible_to(actor).filter(pk=customer_id).exists():
        raise NotAllowed
    if kind == rules.RELEASE:
        raise NotAllowed  # of a document, by draft_release
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        made: CreditRequest = CreditRequest.objects.create(
            account=account, kind=RequestKind(kind), created_by=actor, **only_fields(fields)
        )
    return made


def draft_release(*, actor: Any, source_kind: str, source_id: int, until: dt.date, reason: str) -> CreditRequest:
    """Begin to ask both directors for the release of one held document, up to a last day.

    Raises NotAllowed (who does not see its customer), NotHeld, NeverLifted, ReleaseTooLong.
    """
    hold = Hold.objects.filter(source_kind=source_kind, source_id=source_id).select_related("last_check").first()
    if hold is None:
        raise NotHeld
    if not actor.has_perm(MAY_ASK) or not Hold.objects.visible_to(actor).filter(pk=hold.pk).exists():
        raise NotAllowed
    if not hold.may_be_lifted:
        raise NeverLifted
    check_last_day(until, business_today())
    made: CreditRequest = CreditRequest.objects.create(
        account_id=hold.account_id,
        kind=RequestKind.RELEASE,
        source_kind=source_kind,
        source_id=source_id,
        source_amount=hold.last_check.amount,
        until=until,
        reason=reason,
        created_by=actor,
    )
    return made


def last_day_of_release(on: dt.date) -> dt.date:
    """The latest day up to which a release may be asked for. Raises NoCheckPolicy."""
    return on + dt.timedelta(days=active_policy().lift_days)


def check_last_day(until: dt.date | None, on: dt.date) -> None:
    """Raises ReleaseTooLong."""
    if until is not None and until > (last := last_day_of_release(on)):
        raise ReleaseTooLong(last=last)


def change_request(*, actor: Any, request_id: int, **fields: Any) -> CreditRequest:
    """Change a draft. Raises NotAllowed, RequestSubmitted."""
    with atomic_or_busy():
        request = lock_draft(actor, request_id)
        for name, value in only_fields(fields).items():
            setattr(request, name, value)
        request.save(update_fields=list(only_fields(fields)))
    return request


def discard_request(*, actor: Any, request_id: int) -> None:
    """Throw a draft away, with its papers: it has no number yet. Raises NotAllowed, RequestSubmitted."""
    with atomic_or_busy():
        request = lock_draft(actor, request_id)
        files = [(file.file.storage, str(file.file.name)) for file in request.attachments.all()]
        request.delete()
        for storage, name in files:
            transaction.on_commit(partial(storage.delete, name))


def only_fields(fields: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in fields.items() if name in FIELDS}
    if "wanted_instruments" in known:
        known["wanted_instruments"] = in_order(known["wanted_instruments"])
    return known


def lock_draft(actor: Any, request_id: int) -> CreditRequest:
    """A draft the actor may work on, locked."""
    if not actor.has_perm(MAY_ASK):
        raise NotAllowed
    visible = CreditRequest.objects.visible_to(actor).filter(pk=request_id)
    request: CreditRequest | None = (
        CreditRequest.objects.filter(pk__in=visible.order_by().values("pk"))
        .select_for_update(no_key=True, of=("self",))
        .select_related("account__customer__team")
        .first()
    )
    if request is None:
        raise NotAllowed
    if not request.is_draft:
        raise RequestSubmitted
    return request


def submit_request(*, actor: Any, request_id: int, on: dt.date | None = None) -> CreditRequest:
    """Submit a complete draft: it gets its number and sets out for approval. Sent twice it is submitted once.

    A release is asked for with the amount its document has now. Raises NotAllowed, RequestIncomplete, RequestOpen,
    ReleaseTooLong and what approvals raise (NoChain, NobodyToDecide).
    """
    today = on or business_today()
    with atomic_or_busy():
        try:
            request = lock_draft(actor, request_id)
        except RequestSubmitted:
            submitted: CreditRequest = CreditRequest.objects.select_related("approval").get(pk=request_id)
            if submitted.approval and submitted.approval.applicant_id == actor.pk:
                return submitted
            raise
        account = CreditAccount.objects.select_for_update(no_key=True).get(pk=request.account_id)
        asked, now = request.asked(), account.terms_on(today)
        lacking = rules.missing(asked, now, exposure=account.exposure, today=today)
        if lacking:
            raise RequestIncomplete(items=in_words(lacking), codes=lacking)
        if request.kind == rules.RELEASE:
            check_last_day(request.until, today)
            request.source_amount = request.hold().last_check.amount
        waiting = waiting_before(account, request)
        if waiting is not None:
            raise RequestOpen(number=waiting.number)
        customer = request.account.customer
        figures, facts = figures_of([request])[request.pk], facts_of(request, account, on=today)
        figures |= proposal_of(request, today)
        # The number comes last: whoever asks for the next one waits only for what is left, which waits for nobody.
        number = f"CR{next_number(SERIES):06d}"
        approval = submit(
            kind=KIND,
            variant=facts.variant,
            label=number,
            applicant=actor,
            customer_id=customer.pk,
            customer_name=customer.name,
            amount=facts.amount,
            days=facts.days,
            grade=facts.grade,
            deviation=facts.deviation,
            reason=request.reason,
            figures=figures,
            team=customer.team or actor.team,
            on=today,
        )
        request.number, request.approval, request.is_open = number, approval, True
        request.source_codes = request.holding()
        request.save(update_fields=["number", "approval", "is_open", "source_codes", "source_amount"])
        record_event(
            customer_id=customer.pk,
            kind="credit_requested",
            on=today,
            data={"id": request.pk, "number": number, "kind": request.kind, "amount": str(approval.amount)},
            actor_id=actor.pk,
        )
    return request


def facts_of(request: CreditRequest, account: CreditAccount, *, on: dt.date) -> Facts:
    """What decides who approves a request of this account on a day."""
    asked, now = request.asked(), account.terms_on(on)
    return Facts(
        rules.routed_amount(asked, now),
        rules.routed_days(asked, now),
        grade_of(account.customer_id),
        rules.deviates(asked),
        request.kind,
    )


def waiting_before(account: CreditAccount, request: CreditRequest) -> CreditRequest | None:
    """What must be decided first: another request for the terms, or for the release of the same document."""
    others = account.requests.filter(is_open=True)
    if request.kind == rules.RELEASE:
        return others.filter(source_kind=request.source_kind, source_id=request.source_id).first()
    return others.exclude(kind=rules.RELEASE).first()


def on_decided(approval: Request) -> None:
    """Carry out what was decided, in the transaction of the decision."""
    request = (
        CreditRequest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("account")
        .get(approval=approval)
    )
    CreditRequest.objects.filter(pk=request.pk).update(is_open=False)
    on: dt.date = approval.decided_on or business_today()
    last = approval.decisions.order_by("-pk").first()
    actor_id = last.actor_id if last else None
    if approval.state == RequestState.APPROVED:
        carry_out(request, approval.granted, actor_id=actor_id, on=on)
    record_event(
        customer_id=request.account.customer_id,
        kind="credit_decided",
        on=on,
        data={
            "id": request.pk,
            "number": request.number,
            "kind": request.kind,
            "state": approval.state,
            "amount": str(approval.amount),
            "granted": str(approval.granted),
        },
        actor_id=actor_id,
    )


def carry_out(request: CreditRequest, granted: Decimal, *, actor_id: int | None, on: dt.date) -> None:
    """Change the account as approved; a temporary increase that ran is over when a decision replaces it.

    Raises TemporaryOver, NotIdentified, GrantedTooLittle, NotLower, LiftIncomplete where the account is no longer what
    it was.

    A release changes no term: it lifts the hold of its document, which is then looked at again by itself. A group limit
    changes no term of the account either: it stands beside them.
    """
    if request.kind in rules.GROUP_KINDS:
        set_group_limit(
            account=request.account,
            limit=granted if request.kind == rules.GROUP else None,
            reason=f"{request.number}: {request.reason}",
            actor_id=actor_id,
            on=on,
        )
        return
    if request.kind == rules.RELEASE:
        lift_hold(request, granted, on=on)
        return
    if request.kind == rules.TEMPORARY and request.until and request.until < on:
        raise TemporaryOver(until=request.until)
    if request.kind in rules.GRANTING and not request.asked().is_identified:
        raise NotIdentified(customer=request.account.customer.name)
    account = CreditAccount.objects.select_for_update(no_key=True).get(pk=request.account_id)
    check_direction(request.kind, granted, account.terms_on(on))
    check_lift(request, account, on=on)
    wanted = rules.approved_terms(request.asked(), account.terms, granted, next_review(account, on))
    change_terms(account=account, wanted=wanted, reason=f"{request.number}: {request.reason}", actor_id=actor_id, on=on)
    if "limit" in wanted or "temporary_until" in wanted:
        running_increases(account).exclude(pk=request.pk).update(ended_on=on)


def check_direction(kind: str, granted: Decimal, now: rules.Terms) -> None:
    """By the terms when it is carried out, a temporary increase may have ended. Raises GrantedTooLittle, NotLower."""
    if not rules.keeps_direction(kind, granted, now):
        limit = now.limit_before(kind)
        refusal = NotLower if kind == rules.DECREASE else GrantedTooLittle
        raise refusal(limit=figure(limit))


def check_lift(request: CreditRequest, account: CreditAccount, *, on: dt.date) -> None:
    """A restriction may have become stricter on the way: its lift needs what that one needs. Raises LiftIncomplete.

    An account that is not restricted any more lacks nothing: there is nothing left to lift.
    """
    if request.kind != rules.UNFREEZE or account.status == AccountStatus.NORMAL:
        return
    lacking = rules.missing(request.asked(), account.terms_on(on), exposure=account.exposure, today=on)
    if lacking:
        raise LiftIncomplete(items=in_words(lacking), codes=lacking, status=str(AccountStatus(account.status).label))


def lift_hold(request: CreditRequest, granted: Decimal, *, on: dt.date) -> None:
    """Both directors let one document go. Raises ReleaseOver when its last day is gone."""
    if request.until is None or request.until < on:
        raise ReleaseOver(until=request.until)
    assert request.source_id is not None  # the database says so of every release
    Lift.objects.create(
        account_id=request.account_id,
        source_kind=request.source_kind,
        source_id=request.source_id,
        amount=granted,
        codes=request.source_codes,
        on=on,
        until=request.until,
        request=request,
    )


def running_increases(account: CreditAccount) -> QuerySet[CreditRequest]:
    """The approved temporary increases of a locked account that are not over."""
    found: QuerySet[CreditRequest] = account.requests.filter(
        kind=rules.TEMPORARY, ended_on__isnull=True, approval__state=RequestState.APPROVED
    )
    return found


def end_temporary_limits(
    *, on: dt.date, transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy
) -> int:
    """Temporary increases whose last day is before `on` end: the limit is again what it was. May be called any time.

    The account is locked first, as by whoever carries out a decision, which may end the same increase.
    """
    due = CreditAccount.objects.filter(temporary_until__lt=on).order_by("pk").values_list("pk", flat=True)
    ended = 0
    for pk in list(due):
        with transaction():
            account = CreditAccount.objects.select_for_update(no_key=True).get(pk=pk)
            if account.temporary_until is None or account.temporary_until >= on:
                continue
            requests = running_increases(account)
            number = requests.values_list("number", flat=True).first() or ""
            last_day = account.temporary_until
            back = {"limit": account.regular_limit, "regular_limit": None, "temporary_until": None}
            change_terms(account=account, wanted=back, reason=number, actor_id=None, on=on)
            requests.update(ended_on=last_day + dt.timedelta(days=1))
            ended += 1
    return ended


# What approvals ask about requests
def of_approvals(approvals: Sequence[Request]) -> dict[int, CreditRequest]:
    found = CreditRequest.objects.filter(approval__in=approvals).select_related("account__customer")
    return {request.approval_id: request for request in found if request.approval_id}


def figures_for(approvals: Sequence[Request]) -> dict[int, dict[str, Any]]:
    """Figures of now; what the figures supported, and the policy said, is that of the day it was submitted, with grade
    and class of now where they are others.
    """
    requests, kept = of_approvals(approvals), kept_proposals(approvals)
    found = figures_of(list(requests.values()))
    policy, today = policy_in_force() if kept else None, business_today()
    for key, proposal in kept.items():
        figures = found[requests[key].pk]
        figures[PROPOSAL] = proposal
        if policy is not None:
            figures |= unlike_kept(proposal, figures["grade"] or policy.terms.unrated_grade, today)
    return {key: found[request.pk] for key, request in requests.items()}


def figures_of_today(approval: Request) -> dict[str, Any]:
    """Grade, class and limit that the figures support now, where they are others than at submission (ten queries)."""
    request, proposal = of_approvals([approval]).get(approval.pk), kept_proposals([approval]).get(approval.pk)
    if request is None or proposal is None:
        return {}
    today = business_today()
    sheet = limit_sheet(request.account, today, request)
    if sheet is None:
        return {}
    return unlike_kept(proposal, sheet.proposal.grade, today, amount=plain(sheet.proposal.amount))


def kept_proposals(approvals: Sequence[Request]) -> dict[int, dict[str, Any]]:
    """What the figures supported of each, and the policy said, on the day it was submitted, as far as it was kept."""
    asked = Decision.objects.filter(request__in=approvals, verb=Verb.SUBMIT, figures__has_key=PROPOSAL)
    return dict(asked.values_list("request_id", f"figures__{PROPOSAL}"))


def may_decrease(approval: Request) -> bool:
    """Less can be granted of a limit, but not of its decrease."""
    return approval.variant in (rules.NEW, rules.INCREASE, rules.TEMPORARY, rules.GROUP)


def check_granted(approval: Request, amount: Decimal) -> None:
    """An increase stays one. Raises GrantedTooLittle."""
    if approval.variant == rules.GROUP:
        of_group = GroupAccount.objects.filter(account__requests__approval=approval)
        limit = of_group.values_list("limit", flat=True).first()
        if limit is not None and amount <= limit:
            raise GrantedTooLittle(limit=figure(limit))
    else:
        account = CreditAccount.objects.get(requests__approval=approval)
        check_direction(approval.variant, amount, account.terms_on(business_today()))
