"""Grades lowered at once by a signal: they hold provisionally, and go to those who confirm or lift them."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from django.db.models import Q

from credit.errors import LiftOutdated, NoScorecard, NotToConfirm
from credit.models import AccountGrade, Rating, RatingState, Trigger
from credit.models.ratings import IN_FORCE
from credit.rules import ratings as rules
from credit.selectors.accounts import grades_before
from credit.selectors.rating_inputs import gather
from credit.services.entries import lock_account, lock_accounts
from credit.services.ratings import (
    CONFIRM,
    KIND,
    LIFT,
    MAY_RATE,
    SERIES,
    as_rating,
    check_may,
    event_data,
    figures_of_rating,
    put_into_force,
)
from credit.services.routing import SEE, responsible, submit_by_itself
from credit.services.scorecards import scorecard_in_force
from crm.accounts.models import User
from crm.approvals.models import UNDECIDED, Ending, Request, RequestState
from crm.approvals.services import end_request, submit
from crm.core.dates import business_today
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO
from crm.core.numbering import next_number
from customers.models import Customer
from customers.services import EventRow, record_event, record_events


def downgrade_provisionally(
    *, customer_ids: Iterable[int], trigger: str, on: dt.date, actor_id: int | None = None
) -> dict[int, str]:
    """Lower grades at once because of a signal, until the next accepted rating; answers the grade by customer.

    A bounced cheque presses the grade down to what the scorecard allows after one, also of who was not rated. A broken
    promise or plan takes one grade, once while the grade is provisional; the unrated have none to lose. Where no
    scorecard is in force there are no grades to lower, and what raised the signal goes on. Each goes to those who
    confirm or lift it in the same transaction (whose last lock is the number's), unless the scorecard says otherwise.
    """
    wanted: Collection[int] = set(customer_ids)
    if not wanted:
        return {}
    with atomic_or_busy():
        try:
            version = scorecard_in_force()
        except NoScorecard:
            return {}
        accounts = {account.pk: account for account in lock_accounts(customer_ids=wanted).values()}
        now = {row.account_id: row for row in AccountGrade.objects.filter(account__in=accounts)}
        lowered = {}
        for pk in accounts:
            grade = lowered_grade(now.get(pk), trigger, version.bounced_cap)
            if grade:
                lowered[pk] = grade
        known = gather(lowered, on=on, version=version)
        card = version.scorecard()
        made = []
        for pk, grade in lowered.items():
            if trigger == Trigger.BOUNCED:
                known[pk].bounced_on = on
            outcome = rules.rate(card, known[pk].inputs, on=on, **known[pk].facts)
            previous = now[pk].grade if pk in now else ""
            rating = as_rating(pk, version, known[pk], outcome, on=on, trigger=trigger, previous=previous)
            rating.grade, rating.state, rating.decided_on = grade, RatingState.PROVISIONAL, on
            rating.proposed_by_id = actor_id
            made.append(rating)
        Rating.objects.bulk_create(made, batch_size=5000)
        put_into_force(made)
        record_events(
            EventRow(accounts[rating.account_id].customer_id, "grade_lowered", on, event_data(rating), actor_id)
            for rating in made
        )
        recorder = User.objects.filter(pk=actor_id).first() if actor_id else None
        answering = cache(responsible)
        for rating in made:
            rating.account, rating.proposed_by = accounts[rating.account_id], recorder
            route_confirmation(rating, on=on, answering=answering)
    return {accounts[rating.account_id].customer_id: rating.grade for rating in made}


def lowered_grade(now: AccountGrade | None, trigger: str, bounced_cap: str) -> str:
    """The grade after a signal; empty where nothing is to be lowered."""
    if trigger == Trigger.BOUNCED:
        return rules.worst([now.grade, bounced_cap]) if now else bounced_cap
    if now is None or now.provisional or now.grade == rules.WORST:
        return ""
    return rules.lower(now.grade)


# Confirmed or lifted
ON_ITS_WAY = Q(rating__approval__state__in=UNDECIDED)
SENT_BACK = Q(rating__approval__state=RequestState.REJECTED, rating__approval__variant=CONFIRM)


def lowered_now() -> Any:
    """Accounts whose grade is provisional, with no proposal that would decide it."""
    waiting = Rating.objects.filter(state=RatingState.PROPOSED).values("account")
    return AccountGrade.objects.filter(provisional=True).exclude(account__in=waiting)


def unconfirmed() -> Any:
    """Of these whom nobody is asked about."""
    return lowered_now().exclude(ON_ITS_WAY)


def liftable() -> Any:
    """Of these for whom nobody asked yet to lift the grade; a confirmation on its way gives way to that question."""
    return lowered_now().exclude(ON_ITS_WAY & Q(rating__approval__variant=LIFT))


def request_fields(rating: Rating, on: dt.date, variant: str = CONFIRM) -> dict[str, Any]:
    """The request to confirm or lift a provisional rating (reads its customer).

    A lift is routed by the grade it gives back, a confirmation by the lowered one. Who recorded the signal decides
    neither.
    """
    account = rating.account
    gives_back = grades_before([rating.pk])[rating.pk] if variant == LIFT else None
    customer = Customer.objects.select_related("team").get(pk=account.customer_id)
    return {
        "variant": variant,
        "customer_id": customer.pk,
        "customer_name": customer.name,
        "amount": account.terms_on(on).limit or ZERO,
        "days": account.term_days,
        "grade": rating.grade if gives_back is None else gives_back,
        "figures": figures_of_rating(rating, account, gives_back=gives_back),
        "author_ids": [rating.proposed_by_id] if rating.proposed_by_id else [],
        "team": customer.team,
        "on": on,
    }


def route_confirmation(rating: Rating, *, on: dt.date, answering: Callable[[], Iterable[User]]) -> bool:
    """Send a stored provisional rating of a locked account to those who decide; whether it went.

    In the name of who recorded the signal, who then decides nothing of it, or of those `answering` for ratings, who
    are found once for all that a run sends: every one after the first holds the row of numbers.
    """
    if not rating.scorecard.routes_itself:
        return False
    recorder = rating.proposed_by
    applicants = [recorder] if recorder is not None and recorder.has_perm(SEE) else answering()
    approval = submit_by_itself(applicants=applicants, **request_fields(rating, on))
    if approval is None:
        return False
    rating.approval = approval
    rating.save(update_fields=["approval"])
    return True


def route_confirmations(
    *, on: dt.date, transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy
) -> int:
    """Send what could not be sent when the signal came, or whose request ended undecided; answers how many went.

    What was sent back (its confirmation rejected) is for people to ask about again. Questions that a newer rating has
    answered are ended.
    """
    overtaken = Rating.objects.filter(state=RatingState.SUPERSEDED, approval__state__in=UNDECIDED)
    for key in list(overtaken.order_by("pk").values_list("approval", flat=True)):
        with transaction():
            end_request(request_id=key, why=Ending.OVERTAKEN, on=on)
    wanted = unconfirmed().exclude(SENT_BACK).filter(rating__scorecard__routes_itself=True)
    waiting = list(wanted.order_by("pk").values_list("pk", flat=True))
    went = 0
    answering = cache(responsible)
    for pk in waiting:
        with transaction():
            now = unconfirmed().filter(pk=pk).values_list("account__customer", flat=True).first()
            if now is None:
                continue
            account = lock_account(customer_id=now)
            found = unconfirmed().filter(pk=pk).select_related("rating__scorecard", "rating__proposed_by").first()
            if found is not None:
                found.rating.account = account
                went += route_confirmation(found.rating, on=on, answering=answering)
    return went


def submit_confirmation(*, actor: Any, rating_id: int, reason: str, on: dt.date | None = None) -> Rating:
    """A person sends a provisional rating to those who confirm it, where it did not go by itself or was sent back.

    Raises NotAllowed, NotToConfirm, and what approvals raise.
    """
    customer_id = customer_of(actor, rating_id)
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        return ask_about(account, rating_id, CONFIRM, actor=actor, reason=reason, on=on)


def submit_lift(*, actor: Any, rating_id: int, reason: str, on: dt.date | None = None) -> Rating:
    """A person asks to take a lowered grade back, saying why; a confirmation on its way ends with that.

    To lift is to give credit: everybody of the chain has to agree, the lower grade holds until then.
    Raises NotAllowed, NotToConfirm, and what approvals raise.
    """
    customer_id = customer_of(actor, rating_id)
    today = on or business_today()
    with atomic_or_busy():
        asked = Request.objects.filter(rating=rating_id, variant=CONFIRM, state__in=UNDECIDED).first()
        if asked is not None:
            end_request(request_id=asked.pk, why=Ending.REPLACED, actor=actor, on=today)
        account = lock_account(customer_id=customer_id)
        return ask_about(account, rating_id, LIFT, actor=actor, reason=reason, on=today)


def customer_of(actor: Any, rating_id: int) -> int:
    """The customer of a rating that the actor may ask about. Raises NotAllowed."""
    customer_id: int = Rating.objects.values_list("account__customer", flat=True).get(pk=rating_id)
    check_may(actor, MAY_RATE, customer_id)
    return customer_id


def ask_about(account: Any, rating_id: int, variant: str, *, actor: Any, reason: str, on: dt.date | None) -> Rating:
    """Send a lowered rating of a locked account on its way in the actor's name.

    Raises NotToConfirm, also where a confirmation set out in this very moment: one question at a time.
    """
    found = unconfirmed().filter(rating=rating_id).select_related("rating").first()
    if found is None:
        raise NotToConfirm
    rating: Rating = found.rating
    rating.account = account
    wanted = request_fields(rating, on or business_today(), variant)
    rating.approval = submit(
        **{**wanted, "team": wanted["team"] or actor.team},
        kind=KIND,
        label=f"RT{next_number(SERIES):06d}",
        applicant=actor,
        reason=reason,
    )
    rating.save(update_fields=["approval"])
    return rating


def decide_lowered(approval: Request) -> None:
    """What the whole chain approved is done: a confirmed grade is accepted; a lifted one goes, and the rating before
    counts again.

    A request that ends otherwise (rejected, expired, withdrawn) leaves the grade as it is, provisional: silence or one
    person's no never gives credit back. A rating that a newer one has overtaken stays so.
    Raises LiftOutdated where another grade would come back than the one the lift was routed by and approved for.
    """
    if approval.state != RequestState.APPROVED:
        return
    found = Rating.objects.select_related("account").get(approval=approval)
    account = lock_account(customer_id=found.account.customer_id)
    rating = Rating.objects.select_for_update(no_key=True).get(pk=found.pk)
    if rating.state != RatingState.PROVISIONAL:
        return
    lifts = approval.variant == LIFT
    if lifts and grades_before([rating.pk])[rating.pk] != approval.grade:
        raise LiftOutdated
    on: dt.date = approval.decided_on or business_today()
    rating.state = RatingState.LIFTED if lifts else RatingState.ACCEPTED
    rating.decided_on = on
    rating.save(update_fields=["state", "decided_on"])
    newest = account.ratings.filter(state__in=IN_FORCE).order_by("-pk").first()
    if newest is None:
        AccountGrade.objects.filter(account=account).delete()
    else:
        put_into_force([newest], since=on)
    last = approval.decisions.order_by("-pk").first()
    record_event(
        customer_id=account.customer_id,
        kind="rating_decided",
        on=on,
        data=event_data(rating, approval.label),
        actor_id=last.actor_id if last else None,
    )
