"""Ratings: one is proposed by the scorecard in force, and decided by others."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import F

from credit.errors import RatingOpen, RatingOutdated, TooLittleKnown
from credit.models import (
    AccountGrade,
    CreditAccount,
    Rating,
    RatingState,
    ScorecardVersion,
    Trigger,
)
from credit.models.ratings import IN_FORCE, SIGNALS
from credit.rules import ratings as rules
from credit.selectors.rating_inputs import Known, gather
from credit.services.entries import lock_account
from credit.services.scorecards import scorecard_in_force
from crm.approvals.models import Request, RequestState
from crm.approvals.services import submit
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO
from crm.core.numbering import next_number
from customers.models import Customer
from customers.services import record_event

KIND = "rating"
SERIES = "rating"
MAY_RATE = "credit.add_rating"
FIRST, UP, DOWN, SAME, REVIEW = "first", "up", "down", "same", "review"  # sorts of request
CONFIRM, LIFT = "confirm", "lift"  # of a grade that a signal lowered


def check_may(actor: Any, permission: str, customer_id: int) -> None:
    if not actor.has_perm(permission) or not Customer.objects.visible_to(actor).filter(pk=customer_id).exists():
        raise NotAllowed


def rate_customer(*, actor: Any, customer_id: int, reason: str, on: dt.date | None = None) -> Rating:
    """Rate a customer by the scorecard in force: a proposal that others decide.

    Raises NotAllowed, NoScorecard, RatingOpen, TooLittleKnown, and what approvals raise.
    """
    check_may(actor, MAY_RATE, customer_id)
    today = on or business_today()
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        waiting = account.ratings.filter(state=RatingState.PROPOSED).first()
        if waiting is not None:
            raise RatingOpen(grade=waiting.grade, on=waiting.on)
        version = scorecard_in_force()
        known = gather([account.pk], on=today, version=version)[account.pk]
        outcome = rules.rate(version.scorecard(), known.inputs, on=today, **known.facts)
        if not outcome.grade:
            raise TooLittleKnown(known=outcome.known, least=version.least_known, codes=outcome.missing)
        previous = previous_grade(account)
        rating = as_rating(account.pk, version, known, outcome, on=today, trigger=Trigger.REQUEST, previous=previous)
        return propose(rating, account, actor=actor, reason=reason, on=today)


def propose(rating: Rating, account: CreditAccount, *, actor: Any, reason: str, on: dt.date) -> Rating:
    """Store a rating of a locked account as a proposal and send it to those who decide. Raises what approvals raise."""
    rating.reason, rating.proposed_by = reason.strip(), actor
    customer = Customer.objects.select_related("team").get(pk=account.customer_id)
    rating.save()
    number = f"RT{next_number(SERIES):06d}"
    rating.approval = submit(
        kind=KIND,
        variant=sort_of(rating),
        label=number,
        applicant=actor,
        customer_id=customer.pk,
        customer_name=customer.name,
        amount=account.terms_on(on).limit or ZERO,
        days=account.term_days,
        grade=rating.grade,
        reason=reason,
        figures=figures_of_rating(rating, account),
        team=customer.team or actor.team,
        on=on,
    )
    rating.save(update_fields=["approval"])
    record_event(
        customer_id=customer.pk, kind="rating_proposed", on=on, data=event_data(rating, number), actor_id=actor.pk
    )
    return rating


def previous_grade(account: CreditAccount) -> str:
    return AccountGrade.objects.filter(account=account).values_list("grade", flat=True).first() or ""


def sort_of(rating: Rating) -> str:
    """Whether it is the first rating, better, worse, or the same grade again."""
    if not rating.previous:
        return FIRST
    now, before = rules.rank(rating.grade), rules.rank(rating.previous)
    return UP if now < before else DOWN if now > before else SAME


def as_rating(
    account_id: int,
    version: ScorecardVersion,
    known: Known,
    outcome: rules.Outcome,
    *,
    on: dt.date,
    trigger: str,
    previous: str,
) -> Rating:
    """A rating as it comes out, not stored yet."""
    return Rating(
        account_id=account_id,
        scorecard=version,
        on=on,
        trigger=trigger,
        inputs=known.stored,
        points={key: float(points) for key, points in outcome.points.items()},
        missing=outcome.missing,
        caps=[stored_cap(cap) for cap in outcome.caps],
        known=outcome.known,
        score=outcome.score,
        raw_grade=outcome.raw_grade,
        grade=outcome.grade,
        previous=previous,
        statement_id=known.statement_id,
        investigation_id=known.investigation_id,
        founded_on=known.founded_on,
        bounced_on=known.bounced_on,
    )


def stored_cap(cap: rules.Cap) -> dict[str, Any]:
    kept: dict[str, Any] = {"code": cap.code, "grade": cap.grade}
    if cap.points is not None:
        kept["points"] = float(cap.points)
    if cap.on is not None:
        kept["on"] = cap.on.isoformat()
    return kept


def figures_of_rating(rating: Rating, account: CreditAccount, *, gives_back: str | None = None) -> dict[str, Any]:
    """What a decision about a rating, or about its lift, is taken on.

    `gives_back`: the grade that a lift gives back, empty for none; None where it is no lift.
    """
    return {
        "rating": rating.pk,
        "customer": account.customer_id,
        "grade": rating.grade,
        "previous": rating.previous if gives_back is None else gives_back,
        "signal": rating.trigger if rating.trigger in SIGNALS else "",
        "lifts": gives_back is not None,
        "raw_grade": rating.raw_grade,
        "score": None if rating.score is None else str(rating.score),
        "known": str(rating.known),
        "caps": rating.caps,
        "missing": len(rating.missing),
        "limit": None if account.limit is None else str(account.limit),
        "exposure": str(account.exposure),
    }


def event_data(rating: Rating, number: str = "") -> dict[str, Any]:
    """A rating as the timeline keeps it."""
    return {
        "id": rating.pk,
        "number": number,
        "grade": rating.grade,
        "previous": rating.previous,
        "trigger": rating.trigger,
        "state": rating.state,
    }


def put_into_force(ratings: Sequence[Rating], *, since: dt.date | None = None) -> None:
    """Stored ratings in force become the grades of their locked accounts; `since` a day, default their decision's.

    An accepted one overtakes what was provisional before it.
    """
    before = {row.account_id: row for row in AccountGrade.objects.filter(account__in=[r.account_id for r in ratings])}
    rows = []
    for rating in ratings:
        old = before.get(rating.account_id)
        kept = old is not None and old.grade == rating.grade
        begun: Any = old.since if old is not None and kept else since or rating.decided_on
        rows.append(
            AccountGrade(
                account_id=rating.account_id,
                grade=rating.grade,
                rank=rules.rank(rating.grade),
                rating=rating,
                since=begun,
                provisional=rating.state == RatingState.PROVISIONAL,
            )
        )
    AccountGrade.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["grade", "rank", "rating", "since", "provisional"],
        batch_size=5000,
    )
    accepted = [rating.account_id for rating in ratings if rating.state == RatingState.ACCEPTED]
    before_it = Rating.objects.filter(account__in=accepted, pk__lt=F("account__grade_now__rating"))
    before_it.filter(state=RatingState.PROVISIONAL).update(state=RatingState.SUPERSEDED)


def decide_rating(approval: Request) -> None:
    """A proposed rating is decided: accepted it becomes the grade. Raises RatingOutdated."""
    found = Rating.objects.select_related("account").get(approval=approval)
    account = lock_account(customer_id=found.account.customer_id)
    rating = Rating.objects.select_for_update(no_key=True).get(pk=found.pk)
    on: dt.date = approval.decided_on or business_today()
    accepted = approval.state == RequestState.APPROVED
    if accepted:
        newer = account.ratings.filter(state__in=IN_FORCE, pk__gt=rating.pk).order_by("-pk").first()
        if newer is not None:
            raise RatingOutdated(on=newer.on)
    rating.state, rating.decided_on = (RatingState.ACCEPTED if accepted else RatingState.REJECTED), on
    rating.save(update_fields=["state", "decided_on"])
    if accepted:
        put_into_force([rating])
    last = approval.decisions.order_by("-pk").first()
    record_event(
        customer_id=account.customer_id,
        kind="rating_decided",
        on=on,
        data=event_data(rating, approval.label),
        actor_id=last.actor_id if last else None,
    )
