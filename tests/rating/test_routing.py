"""Reviews and lowered grades set out for their approval by themselves; single accounts leave the list with a reason."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from credit.models import AccountGrade, Rating, RatingReview, RatingState, ScorecardVersion, Trigger
from credit.rating_errors import GradeOutOfReach, NotOnList, NotToConfirm
from credit.rating_nightly import CONFIRM_STEP, REVIEW_STEP
from credit.rating_panels import provisional_card
from credit.selectors import grade_of
from credit.services import (
    downgrade_provisionally,
    exclude_from_review,
    override_in_review,
    review_ratings,
    route_confirmations,
    submit_confirmation,
)
from credit.services.reviews import figures_of_review, route_review
from credit.verification import verify_credit
from crm.accounts import roles
from crm.accounts.models import User
from crm.approvals.errors import NotYours, OwnRequest
from crm.approvals.models import Request, RequestState, Verb
from crm.approvals.services import withdraw
from crm.core.errors import NotAllowed, ReasonMissing
from crm.jobs.nightly import start_night
from crm.jobs.worker import Work, work_off
from crm.notices.models import Notice
from customers.models import Customer
from receivables.services import bounce_receipt
from tests.factories import Company, make_customer, make_invoice, make_receipt, make_user
from tests.rating.making import DAY, TODAY, accept, deciders, pays, proposed, say

pytestmark = pytest.mark.django_db
NEXT = dt.date(2026, 4, 1)


def carol() -> User:
    return make_user("carol", role=roles.CREDIT_CONTROLLER)


def two(company: Company) -> tuple[Customer, Customer]:
    """One paying well, one badly."""
    bad = make_customer(owner=company.bob)
    pays(company.customer)
    pays(bad, rate=0.45, late=80, promises_kept=0)
    return company.customer, bad


def night(on: dt.date, *steps: str) -> None:
    start_night(on=on, steps=list(steps or (REVIEW_STEP.key, CONFIRM_STEP.key)))
    work_off(worker="one")


def present(user: User, here: bool) -> None:
    User.objects.filter(pk=user.pk).update(is_active=here)


def graded(company: Company) -> Customer:
    """alice's customer, AAA."""
    pays(company.customer)
    accept(company, proposed(company))
    return company.customer


def lowered(company: Company, trigger: str = Trigger.BOUNCED, on: dt.date = TODAY) -> Rating:
    downgrade_provisionally(customer_ids=[company.customer.pk], trigger=trigger, on=on)
    return Rating.objects.order_by("-pk").filter(trigger=trigger)[0]


def decide_by_all(company: Company, approval: Request | None, on: dt.date = TODAY) -> None:
    assert approval is not None
    first = deciders()["director"] if approval.variant == "review" else company.mona
    for actor in (first, deciders()["finance"], company.greg):
        say(approval, actor, on=on)


def test_the_night_submits_the_review_once_in_the_controllers_name(company: Company) -> None:
    good, bad = two(company)
    controller, _people = carol(), deciders()
    for on in (NEXT, NEXT + DAY):
        night(on)
    review = RatingReview.objects.get()
    approval = Request.objects.get()
    assert (review.approval, approval.applicant, approval.reason) == (approval, controller, "")
    first = approval.decisions.get()
    assert (first.verb, first.actor, first.principal) == (Verb.SUBMIT, None, controller)
    assert Notice.objects.get(kind="review_ready").params["number"] == approval.label
    with pytest.raises((OwnRequest, NotAllowed)):
        say(approval, controller, on=NEXT)
    decide_by_all(company, approval, on=NEXT)
    assert (grade_of(good.pk), grade_of(bad.pk)) == ("AAA", "D")
    night(NEXT + 2 * DAY)
    assert Request.objects.count() == 1


@pytest.mark.thorough
def test_a_review_left_behind_by_a_killed_worker_is_submitted_by_the_next_night(company: Company) -> None:
    two(company)
    carol(), deciders()
    review = review_ratings(on=NEXT)
    assert review.approval is None
    night(NEXT + DAY)
    assert RatingReview.objects.get().approval == Request.objects.get()
    assert Rating.objects.count() == 2


@pytest.mark.thorough
def test_a_worker_killed_before_its_step_is_done_leaves_no_request(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    two(company)
    carol(), deciders()
    with monkeypatch.context() as patched:
        patched.setattr(Work, "mark_done", lambda work: 1 / 0)
        night(NEXT, REVIEW_STEP.key)
    assert (RatingReview.objects.get().approval, Request.objects.count()) == (None, 0)
    night(NEXT + DAY, REVIEW_STEP.key)
    assert Request.objects.get().label == "RT000001"  # the number of the one that broke off was given back


@pytest.mark.thorough
def test_without_anybody_to_decide_the_review_waits_and_goes_when_there_is(company: Company) -> None:
    two(company)
    controller = carol()
    present(company.greg, False)
    night(NEXT)
    assert not Request.objects.exists()
    assert Notice.objects.get(kind="review_ready").params["number"] == ""
    present(company.greg, True)
    night(NEXT + DAY)
    assert Request.objects.get().applicant == controller


def test_a_scorecard_may_leave_submitting_to_people(company: Company) -> None:
    ScorecardVersion.objects.update(routes_itself=False)
    two(company)
    controller, _people = carol(), deciders()
    night(NEXT)
    assert not Request.objects.exists()
    rating = lowered(company)
    assert (rating.state, rating.approval) == (RatingState.PROVISIONAL, None)
    assert route_confirmations(on=TODAY) == 0
    assert str(provisional_card(controller).rows[0].detail).endswith("to be submitted by a person")


def test_a_decided_review_is_not_sent_again(company: Company) -> None:
    two(company)
    carol()
    people = deciders()
    review = review_ratings(on=NEXT)
    approval = route_review(review_id=review.pk, on=NEXT)
    assert approval is not None
    say(approval, people["director"], Verb.REJECT, reason="Wrong figures", on=NEXT)
    assert route_review(review_id=review.pk, on=NEXT + DAY) is None
    assert Request.objects.count() == 1


def test_a_bounced_cheque_asks_for_its_confirmation_in_the_same_transaction(company: Company) -> None:
    customer = graded(company)
    carol()
    asked_before = Request.objects.count()
    invoice = make_invoice(customer, "100.00", on="2026-01-10")
    cheque = make_receipt(customer, "100.00", on="2026-02-01", lines=[(invoice, "100.00")], instrument="cheque")
    bounce_receipt(actor=company.fiona, receipt_id=cheque.pk, on=TODAY, reason="No funds")
    rating = Rating.objects.get(trigger=Trigger.BOUNCED)
    assert (rating.state, grade_of(customer.pk), Request.objects.count()) == ("provisional", "C", asked_before + 1)
    approval = rating.approval
    assert approval is not None
    assert (approval.variant, approval.applicant) == ("confirm", company.fiona)  # who recorded it never decides it
    with pytest.raises((OwnRequest, NotYours, NotAllowed)):
        say(approval, company.fiona)
    decide_by_all(company, approval, on=TODAY + DAY)
    now = AccountGrade.objects.get()
    assert (now.grade, now.provisional, now.since, now.rating) == ("C", False, TODAY, rating)
    assert list(verify_credit()) == []


def test_a_lifted_grade_is_what_it_was(company: Company) -> None:
    customer = graded(company)
    carol()
    rating = lowered(company, Trigger.PROMISE)
    assert grade_of(customer.pk) == "AA"
    assert rating.approval is not None
    say(rating.approval, company.mona, Verb.REJECT, reason="The bank was late", on=TODAY + DAY)
    rating.refresh_from_db()
    now = AccountGrade.objects.get()
    assert (rating.state, now.grade, now.provisional, now.since) == ("lifted", "AAA", False, TODAY + DAY)
    assert list(verify_credit()) == []


def test_the_lifted_grade_of_who_was_not_rated_is_none(company: Company) -> None:
    pays(company.customer)
    carol(), deciders()
    rating = lowered(company)
    assert rating.approval is not None
    say(rating.approval, company.mona, Verb.REJECT, reason="Another firm's cheque")
    assert grade_of(company.customer.pk) == ""
    assert list(verify_credit()) == []


@pytest.mark.thorough
def test_a_second_signal_is_decided_beside_the_first(company: Company) -> None:
    customer = graded(company)
    carol()
    promise = lowered(company, Trigger.PROMISE)
    cheque = lowered(company, on=TODAY + DAY)
    assert promise.approval is not None
    say(promise.approval, company.mona, Verb.REJECT, reason="Paid by cash", on=TODAY + DAY)
    assert grade_of(customer.pk) == "C"  # the later signal holds
    assert cheque.approval is not None
    say(cheque.approval, company.mona, Verb.REJECT, reason="The bank erred", on=TODAY + DAY)
    assert grade_of(customer.pk) == "AAA"
    assert list(verify_credit()) == []


@pytest.mark.thorough
def test_a_request_that_ends_undecided_leaves_the_grade_lowered_and_is_sent_again(company: Company) -> None:
    customer = graded(company)
    controller = carol()
    rating = lowered(company)
    assert rating.approval is not None
    withdraw(request_id=rating.approval.pk, actor=controller, on=TODAY)
    assert AccountGrade.objects.get().provisional
    for on in (TODAY + DAY, TODAY + 2 * DAY):
        night(on, CONFIRM_STEP.key)
    rating.refresh_from_db()
    assert rating.approval is not None
    assert (rating.approval.state, grade_of(customer.pk)) == (RequestState.SUBMITTED, "C")
    assert Request.objects.filter(variant="confirm").count() == 2


def test_where_nobody_can_be_asked_the_day_card_says_so(company: Company) -> None:
    pays(company.customer)
    controller = carol()
    present(company.greg, False)
    rating = lowered(company)
    assert rating.approval is None
    assert "nobody can be asked yet" in str(provisional_card(controller).rows[0].detail)
    present(company.greg, True)
    night(TODAY + DAY, CONFIRM_STEP.key)
    rating.refresh_from_db()
    assert rating.approval is not None
    assert f"in approval as {rating.approval.label}" in str(provisional_card(controller).rows[0].detail)


@pytest.mark.thorough
def test_a_person_submits_a_confirmation_that_did_not_go_by_itself(company: Company) -> None:
    ScorecardVersion.objects.update(routes_itself=False)
    graded(company)
    controller = carol()
    rating = lowered(company)
    with pytest.raises(NotAllowed):
        submit_confirmation(actor=company.charlie, rating_id=rating.pk, reason="Not mine")
    client = Client()
    client.force_login(controller)
    assert reverse("credit:confirm_rating", args=[rating.pk]) in client.get(rating.get_absolute_url()).content.decode()
    client.post(reverse("credit:confirm_rating", args=[rating.pk]), {"reason": "It bounced"})
    rating.refresh_from_db()
    assert rating.approval is not None
    assert (rating.approval.applicant, rating.approval.reason) == (controller, "It bounced")
    with pytest.raises(NotToConfirm):
        submit_confirmation(actor=controller, rating_id=rating.pk, reason="Again")


def test_a_review_leaves_alone_whose_confirmation_is_on_its_way(company: Company) -> None:
    two(company)
    carol(), deciders()
    lowered(company)
    review = review_ratings(on=NEXT)
    assert (review.rated, review.not_rated) == (1, 1)


def test_an_account_leaves_the_list_with_a_reason_and_keeps_its_grade(company: Company) -> None:
    good, bad = two(company)
    controller, _people = carol(), deciders()
    review = review_ratings(on=NEXT)
    approval = route_review(review_id=review.pk, on=NEXT)
    listed = review.ratings.get(account__customer=bad)
    for actor in (company.alice, company.mona, company.greg):
        with pytest.raises(NotAllowed):
            exclude_from_review(actor=actor, rating_id=listed.pk, reason="No", on=NEXT)
    with pytest.raises(ReasonMissing):
        exclude_from_review(actor=controller, rating_id=listed.pk, reason=" ", on=NEXT)
    listed.refresh_from_db()
    assert (listed.state, listed.excluded_by) == (RatingState.PROPOSED, None)
    exclude_from_review(actor=controller, rating_id=listed.pk, reason="Statement comes next week", on=NEXT)
    figures = figures_of_review(review)
    assert (figures["excluded"], figures["first"]) == (1, 1)
    decide_by_all(company, approval, on=NEXT)
    assert (grade_of(good.pk), grade_of(bad.pk)) == ("AAA", "")
    with pytest.raises(NotOnList):
        exclude_from_review(actor=controller, rating_id=listed.pk, reason="Again", on=NEXT)
    with pytest.raises(DatabaseError), transaction.atomic():
        Rating.objects.filter(pk=listed.pk).update(excluded_reason="Another")
    client = Client()
    client.force_login(controller)
    assert "Statement comes next week" in client.get(review.get_absolute_url()).content.decode()


def test_another_grade_than_the_lists_is_decided_alone_and_within_its_bounds(company: Company) -> None:
    good, bad = two(company)
    controller, _people = carol(), deciders()
    review = review_ratings(on=NEXT)
    listed, capped = (review.ratings.get(account__customer=customer) for customer in (good, bad))
    for rating, grade in ((listed, "AAA"), (capped, "AAA")):
        with pytest.raises(GradeOutOfReach):
            override_in_review(actor=controller, rating_id=rating.pk, grade=grade, reason="Why not", on=NEXT)
    listed.refresh_from_db()
    assert listed.state == RatingState.PROPOSED
    made = override_in_review(actor=controller, rating_id=listed.pk, grade="A", reason="New owner", on=NEXT)
    assert (made.trigger, made.grade, made.raw_grade) == (Trigger.OVERRIDE, "A", "AAA")
    approval = made.approval
    assert approval is not None
    with pytest.raises((OwnRequest, NotAllowed)):
        say(approval, controller, on=NEXT)
    decide_by_all(company, approval, on=NEXT)
    assert grade_of(good.pk) == "A"
    listed.refresh_from_db()
    assert (listed.state, listed.excluded_reason) == (RatingState.REJECTED, "New owner")


def test_the_inbox_shows_why_a_grade_was_lowered(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.approvals.views.business_today", lambda: TODAY)
    graded(company)
    carol()
    lowered(company)
    client = Client()
    client.force_login(company.mona)
    html = client.get(reverse("approvals:inbox")).content.decode()
    for words in ("Lowered by a signal", "Bounced cheque", "approved it is confirmed, rejected it is lifted"):
        assert words in html, words
    approval: Any = Request.objects.get(variant="confirm")
    assert "by itself, in the name of" in client.get(approval.get_absolute_url()).content.decode()
