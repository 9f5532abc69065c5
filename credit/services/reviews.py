"""The quarterly review: every account is rated, whose grade stays is confirmed, the others are decided together."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from credit.errors import GradeOutOfReach, NotOnList, ReviewNotOpen
from credit.models import AccountGrade, CreditAccount, Rating, RatingReview, RatingState, Trigger
from credit.models.ratings import IN_FORCE
from credit.rules import ratings as rules
from credit.selectors.rating_inputs import gather
from credit.services.entries import lock_account
from credit.services.ratings import (
    KIND,
    MAY_RATE,
    REVIEW,
    SERIES,
    as_rating,
    event_data,
    previous_grade,
    propose,
    put_into_force,
)
from credit.services.routing import responsible, submit_by_itself
from credit.services.scorecards import scorecard_in_force
from crm.approvals.models import UNDECIDED, Request, RequestState
from crm.approvals.services import submit
from crm.core.dates import business_today
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO
from crm.core.numbering import next_number
from customers.models import CustomerState
from customers.services import EventRow, record_events

CHUNK = 2000  # accounts of one transaction
LEFT_OUT = (CustomerState.CLOSED,)
MADE_OF = (
    "account_id", "scorecard_id", "inputs", "points", "missing", "caps", "known", "score", "raw_grade", "founded_on",
    "bounced_on", "statement_id", "investigation_id",
)  # fmt: skip
MAY_EXCLUDE = "credit.exclude_rating"


def quarter_of(on: dt.date) -> tuple[int, int]:
    return on.year, (on.month - 1) // 3 + 1


def begin_review(*, on: dt.date) -> RatingReview:
    """The review of the quarter of a day, begun where there is none yet. Raises NoScorecard."""
    year, quarter = quarter_of(on)
    with atomic_or_busy():
        found: RatingReview = RatingReview.objects.get_or_create(
            year=year, quarter=quarter, defaults={"on": on, "scorecard": scorecard_in_force()}
        )[0]
    return found


def review_ratings(
    *,
    on: dt.date,
    transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy,
    tell: Callable[[int], None] | None = None,
) -> RatingReview:
    """Rate all accounts for the quarter of a day, some thousand in a transaction; begun again it goes on where it was.

    `tell` hears how many accounts were looked at.
    """
    review, seen = begin_review(on=on), 0
    while review.finished_at is None:
        with transaction():
            review, count = review_chunk(review.pk)
        seen += count
        if tell is not None:
            tell(seen)
    return review


def review_chunk(review_id: int) -> tuple[RatingReview, int]:
    """Rate the next accounts of a review, in the transaction of the caller."""
    review = lock_review(review_id)
    if review.finished_at is not None:
        return review, 0
    wanted = CreditAccount.objects.filter(pk__gt=review.reached, customer__merged_into=None).exclude(
        customer__state__in=LEFT_OUT
    )
    keys = list(wanted.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    locked = CreditAccount.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk", flat=True))
    version, on = review.scorecard, review.on
    card = version.scorecard()
    known = gather(keys, on=on, version=version)
    now = {row.account_id: row for row in AccountGrade.objects.filter(account__in=keys)}
    waiting = set(
        Rating.objects.filter(account__in=keys)
        .filter(Q(state=RatingState.PROPOSED) | Q(state=RatingState.PROVISIONAL, approval__state__in=UNDECIDED))
        .values_list("account_id", flat=True)
    )
    made = []
    for pk in keys:
        outcome = rules.rate(card, known[pk].inputs, on=on, **known[pk].facts)
        if not outcome.grade or pk in waiting:
            continue
        before = now.get(pk)
        rating = as_rating(
            pk, version, known[pk], outcome, on=on, trigger=Trigger.REVIEW, previous=before.grade if before else ""
        )
        rating.review = review
        if before is not None and before.grade == rating.grade and not before.provisional:
            rating.state, rating.decided_on = RatingState.ACCEPTED, on
        made.append(rating)
    Rating.objects.bulk_create(made, batch_size=CHUNK)
    confirmed = [rating for rating in made if rating.state == RatingState.ACCEPTED]
    put_into_force(confirmed)
    review.rated += len(made)
    review.changed += len(made) - len(confirmed)
    review.not_rated += len(keys) - len(made)
    review.reached = keys[-1] if keys else review.reached
    if len(keys) < CHUNK:
        review.finished_at = timezone.now()
    review.save(update_fields=["rated", "changed", "not_rated", "reached", "finished_at"])
    return review, len(keys)


def figures_of_review(review: RatingReview) -> dict[str, Any]:
    """What a decision about a review is taken on: how many go up, down, or are rated for the first time."""
    moves = changes_of(review)
    excluded = review.ratings.filter(excluded_by__isnull=False).count()
    first = sum(count for (before, _after), count in moves.items() if not before)
    up = sum(count for (b, a), count in moves.items() if b and rules.rank(a) < rules.rank(b))
    down = sum(count for (b, a), count in moves.items() if b and rules.rank(a) > rules.rank(b))
    return {
        "review": review.pk,
        "rated": review.rated,
        "changed": review.changed,
        "not_rated": review.not_rated,
        "excluded": excluded,
        "first": first,
        "up": up,
        "down": down,
        "confirmed": max(review.changed - sum(moves.values()) - excluded, 0),  # provisional before, the same again
    }


def changes_of(review: RatingReview) -> dict[tuple[str, str], int]:
    """How many ratings of a review lead from a grade (or none) to another; without those taken off the list."""
    moves = review.ratings.exclude(previous=F("grade")).filter(excluded_by=None)
    rows = moves.order_by().values_list("previous", "grade").annotate(count=Count("pk"))
    return {(before, after): count for before, after, count in rows}


def request_fields(review: RatingReview, on: dt.date) -> dict[str, Any]:
    """The request to decide a locked review. Raises ReviewNotOpen."""
    proposed = review.ratings.filter(state=RatingState.PROPOSED)
    if review.finished_at is None or review.approval_id is not None or not proposed.exists():
        raise ReviewNotOpen
    return {
        "variant": REVIEW,
        "customer_id": 0,
        "customer_name": str(review),
        "amount": proposed.aggregate(total=Sum("account__limit"))["total"] or ZERO,
        "days": 0,
        "figures": figures_of_review(review),
        "team": None,
        "on": on,
    }


def lock_review(review_id: int) -> RatingReview:
    """The review with its scorecard, locked until the end of the transaction: it is submitted once."""
    return (
        RatingReview.objects.select_for_update(no_key=True, of=("self",)).select_related("scorecard").get(pk=review_id)
    )


def route_review(*, review_id: int, on: dt.date) -> Request | None:
    """Send a finished review to those who decide, once, in the name of who answers for ratings.

    None where its scorecard leaves that to a person, where it is on its way or decided already, where nothing changes,
    and where a step has nobody to decide it; then it may be tried again.
    """
    with atomic_or_busy():
        review = lock_review(review_id)
        if not review.scorecard.routes_itself:
            return None
        try:
            wanted = request_fields(review, on)
        except ReviewNotOpen:
            return None
        approval = submit_by_itself(applicants=responsible(), **wanted)
        if approval is not None:
            review.approval = approval
            review.save(update_fields=["approval"])
    return approval


def submit_review(*, actor: Any, review_id: int, reason: str, on: dt.date | None = None) -> RatingReview:
    """Send the changed grades of a finished review to those who decide. Raises NotAllowed, ReviewNotOpen."""
    if not actor.has_perm(MAY_RATE) or not RatingReview.objects.visible_to(actor).filter(pk=review_id).exists():
        raise NotAllowed
    today = on or business_today()
    with atomic_or_busy():
        review = lock_review(review_id)
        review.approval = submit(
            **{**request_fields(review, today), "team": actor.team},
            kind=KIND,
            label=f"RT{next_number(SERIES):06d}",
            applicant=actor,
            reason=reason,
        )
        review.save(update_fields=["approval"])
    return review


def take_off_list(actor: Any, rating_id: int, reason: str, on: dt.date) -> tuple[CreditAccount, Rating]:
    """Reject one rating of a review that nobody has decided yet, under the lock of its account.

    Raises NotAllowed, ReasonMissing, NotOnList.
    """
    if not actor.has_perm(MAY_EXCLUDE):
        raise NotAllowed
    seen = Rating.objects.visible_to(actor).filter(pk=rating_id, review__in=RatingReview.objects.visible_to(actor))
    customer_id = seen.values_list("account__customer", flat=True).first()
    if customer_id is None:
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    account = lock_account(customer_id=customer_id)
    rating = Rating.objects.select_for_update(no_key=True, of=("self",)).select_related("scorecard").get(pk=rating_id)
    if rating.state != RatingState.PROPOSED:
        raise NotOnList
    rating.state, rating.decided_on = RatingState.REJECTED, on
    rating.excluded_by, rating.excluded_reason = actor, reason.strip()
    rating.save(update_fields=["state", "decided_on", "excluded_by", "excluded_reason"])
    record_events([EventRow(customer_id, "rating_excluded", on, event_data(rating), actor.pk)])
    return account, rating


def exclude_from_review(*, actor: Any, rating_id: int, reason: str, on: dt.date | None = None) -> Rating:
    """Take one account off the list of a review before it is decided: it keeps the grade it has.

    Raises NotAllowed, ReasonMissing, NotOnList.
    """
    with atomic_or_busy():
        return take_off_list(actor, rating_id, reason, on or business_today())[1]


def override_in_review(*, actor: Any, rating_id: int, grade: str, reason: str, on: dt.date | None = None) -> Rating:
    """Take one account off the list and propose another grade for it, which is decided alone by others.

    No hand lifts a grade over its bounds. Raises NotAllowed, ReasonMissing, NotOnList, GradeOutOfReach, and what
    approvals raise.
    """
    if not actor.has_perm(MAY_RATE):
        raise NotAllowed
    today = on or business_today()
    with atomic_or_busy():
        account, listed = take_off_list(actor, rating_id, reason, today)
        bound = rules.worst([cap["grade"] for cap in listed.caps]) if listed.caps else rules.BEST
        if grade == listed.grade or rules.rank(grade) < rules.rank(bound):
            raise GradeOutOfReach(grade=listed.grade, bound=bound)
        copied = {name: getattr(listed, name) for name in MADE_OF}
        rating = Rating(**copied, on=today, trigger=Trigger.OVERRIDE, grade=grade, previous=previous_grade(account))
        return propose(rating, account, actor=actor, reason=reason, on=today)


def decide_review(approval: Request) -> None:
    """The changed grades of a review are accepted or rejected together. One that a signal has overtaken is rejected."""
    review = RatingReview.objects.get(approval=approval)
    on: dt.date = approval.decided_on or business_today()
    keys = review.ratings.filter(state=RatingState.PROPOSED).values_list("account_id", flat=True)
    locked = CreditAccount.objects.filter(pk__in=list(keys)).order_by("pk").select_for_update(no_key=True)
    customers = dict(locked.values_list("pk", "customer_id"))
    ratings = list(review.ratings.filter(state=RatingState.PROPOSED, account__in=customers).order_by("account"))
    last = approval.decisions.order_by("-pk").first()
    actor_id = last.actor_id if last else None
    accepted: list[Rating] = []
    if approval.state == RequestState.APPROVED:
        newest = dict(
            Rating.objects.filter(account__in=customers, state__in=IN_FORCE)
            .order_by("account", "-pk")
            .distinct("account")
            .values_list("account_id", "pk")
        )
        accepted = [rating for rating in ratings if newest.get(rating.account_id, 0) < rating.pk]
    chosen = {rating.pk for rating in accepted}
    for rating in ratings:
        rating.state = RatingState.ACCEPTED if rating.pk in chosen else RatingState.REJECTED
        rating.decided_on = on
    proposed = review.ratings.filter(state=RatingState.PROPOSED)
    proposed.filter(pk__in=chosen).update(state=RatingState.ACCEPTED, decided_on=on)
    proposed.filter(pk__in=[rating.pk for rating in ratings]).update(state=RatingState.REJECTED, decided_on=on)
    put_into_force(accepted)
    record_events(
        EventRow(customers[rating.account_id], "rating_decided", on, event_data(rating, approval.label), actor_id)
        for rating in ratings
    )
