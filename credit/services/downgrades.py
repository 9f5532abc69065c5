"""Grades lowered at once by a signal: they hold provisionally, and go to those who confirm or lift them."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any

from django.db.models import Q

from credit import rating_rules as rules
from credit.models import AccountGrade, Rating, RatingState, Trigger
from credit.rating_errors import NoScorecard, NotToConfirm
from credit.rating_inputs import gather
from credit.rating_models import IN_FORCE
from credit.services.entries import lock_account, lock_accounts
from credit.services.ratings import (
    CONFIRM,
    KIND,
    MAY_RATE,
    SERIES,
    as_rating,
    check_may,
    figures_of_rating,
    put_into_force,
    told,
)
from credit.services.routing import SEE, responsible, submit_by_itself
from credit.services.scorecards import scorecard_in_force
from crm.approvals.models import UNDECIDED, Request, RequestState
from crm.approvals.services import submit
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
            EventRow(accounts[rating.account_id].customer_id, "grade_lowered", on, told(rating), actor_id)
            for rating in made
        )
        for rating in made:
            rating.account = accounts[rating.account_id]
            route_confirmation(rating, on=on)
    return {accounts[rating.account_id].customer_id: rating.grade for rating in made}


def lowered_grade(now: AccountGrade | None, trigger: str, bounced_cap: str) -> str:
    """The grade after a signal; empty where nothing is to be lowered."""
    if trigger == Trigger.BOUNCED:
        return rules.worst([now.grade, bounced_cap]) if now else bounced_cap
    if now is None or now.provisional or now.grade == rules.WORST:
        return ""
    return rules.lower(now.grade)


# Confirmed or lifted
def unconfirmed() -> Any:
    """Accounts whose grade is provisional, with nothing on its way that would decide it."""
    waiting = Rating.objects.filter(state=RatingState.PROPOSED).values("account")
    on_its_way = Q(rating__approval__state__in=UNDECIDED)
    return AccountGrade.objects.filter(provisional=True).exclude(on_its_way).exclude(account__in=waiting)


def asked(rating: Rating, on: dt.date) -> dict[str, Any]:
    """The request to confirm a provisional rating (reads its customer)."""
    account = rating.account
    customer = Customer.objects.select_related("team").get(pk=account.customer_id)
    return {
        "variant": CONFIRM,
        "customer_id": customer.pk,
        "customer_name": customer.name,
        "amount": account.terms_on(on).limit or ZERO,
        "days": account.term_days,
        "grade": rating.grade,
        "figures": figures_of_rating(rating, account),
        "team": customer.team,
        "on": on,
    }


def route_confirmation(rating: Rating, *, on: dt.date) -> bool:
    """Send a stored provisional rating of a locked account to those who decide; whether it went.

    In the name of who recorded the signal, who then decides nothing of it, or of who answers for ratings.
    """
    if not rating.scorecard.routes_itself:
        return False
    recorder = rating.proposed_by
    applicants = [recorder] if recorder is not None and recorder.has_perm(SEE) else responsible()
    approval = submit_by_itself(applicants=applicants, **asked(rating, on))
    if approval is None:
        return False
    rating.approval = approval
    rating.save(update_fields=["approval"])
    return True


def route_confirmations(
    *, on: dt.date, transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy
) -> int:
    """Send what could not be sent when the signal came, or whose request ended undecided; answers how many went."""
    waiting = list(
        unconfirmed().filter(rating__scorecard__routes_itself=True).order_by("pk").values_list("pk", flat=True)
    )
    went = 0
    for pk in waiting:
        with transaction():
            now = unconfirmed().filter(pk=pk).values_list("account__customer", flat=True).first()
            if now is None:
                continue
            account = lock_account(customer_id=now)
            found = unconfirmed().filter(pk=pk).select_related("rating__scorecard", "rating__proposed_by").first()
            if found is not None:
                found.rating.account = account
                went += route_confirmation(found.rating, on=on)
    return went


def submit_confirmation(*, actor: Any, rating_id: int, reason: str, on: dt.date | None = None) -> Rating:
    """A person sends a provisional rating to those who decide, where it did not go by itself.

    Raises NotAllowed, NotToConfirm, and what approvals raise.
    """
    customer_id = Rating.objects.values_list("account__customer", flat=True).get(pk=rating_id)
    check_may(actor, MAY_RATE, customer_id)
    today = on or business_today()
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        found = unconfirmed().filter(rating=rating_id).select_related("rating").first()
        if found is None:
            raise NotToConfirm
        rating: Rating = found.rating
        rating.account = account
        wanted = asked(rating, today)
        rating.approval = submit(
            **{**wanted, "team": wanted["team"] or actor.team},
            kind=KIND,
            label=f"RT{next_number(SERIES):06d}",
            applicant=actor,
            reason=reason,
        )
        rating.save(update_fields=["approval"])
    return rating


def decide_confirmation(approval: Request) -> None:
    """Approved, the lowered grade is confirmed; rejected, it is lifted and the rating before counts again.

    A request that expired or was withdrawn leaves the grade as it is, provisional. Where a newer rating counts
    already, what was decided is kept and the grade stays with the newer one.
    """
    outcomes = {RequestState.APPROVED: RatingState.ACCEPTED, RequestState.REJECTED: RatingState.LIFTED}
    state = outcomes.get(RequestState(approval.state))
    if state is None:
        return
    found = Rating.objects.select_related("account").get(approval=approval)
    account = lock_account(customer_id=found.account.customer_id)
    rating = Rating.objects.select_for_update(no_key=True).get(pk=found.pk)
    on: dt.date = approval.decided_on or business_today()
    rating.state, rating.decided_on = state, on
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
        data=told(rating, approval.label),
        actor_id=last.actor_id if last else None,
    )
