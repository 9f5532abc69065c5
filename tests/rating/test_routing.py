"""Reviews and lowered grades set out for their approval by themselves; single accounts leave the list with a reason."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from credit.approval.ratings import figures_for
from credit.errors import GradeOutOfReach, LiftOutdated, NotOnList, NotToConfirm
from credit.models import AccountGrade, Rating, RatingReview, RatingState, ScorecardVersion, Trigger
from credit.nightly import CONFIRM_STEP, REVIEW_STEP
from credit.panels.ratings import provisional_card
from credit.selectors.accounts import grade_of
from credit.services import (
    downgrade_provisionally,
    exclude_from_review,
    override_in_review,
    review_ratings,
    route_confirmations,
    submit_confirmation,
    submit_lift,
)
from credit.services.downgrades import ask_about
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
from tests.factories import (
    Company,
    give_grade,
    make_account,
    make_customer,
    make_invoice,
    make_receipt,
    make_user,
)
from tests.rating.making import DAY, TODAY, accept, account_for, deciders, pays, proposed, say

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


def ask_to_lift(rating: Rating, on: dt.date = TODAY + DAY) -> Request:
    asked = submit_lift(actor=User.objects.get(username="carol"), rating_id=rating.pk, reason="The bank erred", on=on)
    assert asked.approval is not None
    return asked.approval


def lift(company: Company, rating: Rating, on: dt.date = TODAY + DAY) -> None:
    """carol asks, and everybody of the chain agrees."""
    decide_by_all(company, ask_to_lift(rating, on), on=on)


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
    confirmation = rating.approval
    asked = ask_to_lift(rating)
    assert confirmation is not None
    confirmation.refresh_from_db()
    assert (confirmation.state, asked.variant, grade_of(customer.pk)) == ("withdrawn", "lift", "AA")
    decide_by_all(company, asked, on=TODAY + DAY)
    rating.refresh_from_db()
    now = AccountGrade.objects.get()
    assert (rating.state, now.grade, now.provisional, now.since) == ("lifted", "AAA", False, TODAY + DAY)
    assert list(verify_credit()) == []


@pytest.mark.parametrize("asks_to_lift", [False, True])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_no_never_lifts_a_lowered_grade(company: Company, place: int, asks_to_lift: bool) -> None:
    """Neither to its confirmation, which others passed on, nor to its lift, whoever says it."""
    customer = graded(company)
    carol()
    rating = lowered(company)
    approval = ask_to_lift(rating) if asks_to_lift else rating.approval
    assert approval is not None
    people = (company.mona, deciders()["finance"], company.greg)
    for actor in people[:place]:
        say(approval, actor, on=TODAY + DAY)
    say(approval, people[place], Verb.REJECT, reason="No", on=TODAY + DAY)
    rating.refresh_from_db()
    approval.refresh_from_db()
    assert (rating.state, approval.state, grade_of(customer.pk)) == ("provisional", "rejected", "C")
    follows = "the next night asks to confirm" if asks_to_lift else "until somebody asks to lift or confirm it"
    assert follows in str(provisional_card(User.objects.get(username="carol")).rows[0].detail)
    night(TODAY + 2 * DAY, CONFIRM_STEP.key)
    rating.refresh_from_db()
    assert rating.approval is not None
    # a rejected confirmation waits for people; after a lift that was refused the grade goes to be confirmed
    assert (rating.approval == approval) is not asks_to_lift
    assert grade_of(customer.pk) == "C"


def test_a_lift_does_not_push_aside_a_confirmation_that_set_out_in_the_same_moment(company: Company) -> None:
    """It was not there when the lift looked for one to end: of the two questions the later one is refused."""
    graded(company)
    actor = carol()
    rating = lowered(company)
    before = rating.approval
    assert before is not None
    with pytest.raises(NotToConfirm), transaction.atomic():
        ask_about(account_for(company.customer), rating.pk, "lift", actor=actor, reason="The bank erred", on=TODAY)
    rating.refresh_from_db()
    assert rating.approval == before


def test_a_lift_is_routed_by_the_grade_it_gives_back_and_gives_no_other(company: Company) -> None:
    """Two lifts one after the other: whoever approved 'C to AA' did not approve AAA."""
    customer = graded(company)
    carol()
    promise = lowered(company, Trigger.PROMISE)
    first = ask_to_lift(promise)
    cheque = lowered(company, on=TODAY + DAY)
    second = ask_to_lift(cheque)

    def asked_on(approval: Request) -> tuple[str, str]:
        return approval.grade, figures_for([approval])[approval.pk]["previous"]

    assert (asked_on(first), asked_on(second)) == (("AAA", "AAA"), ("AA", "AA"))
    decide_by_all(company, first, on=TODAY + DAY)
    with pytest.raises(LiftOutdated):
        decide_by_all(company, second, on=TODAY + DAY)
    cheque.refresh_from_db()
    assert (cheque.state, grade_of(customer.pk)) == (RatingState.PROVISIONAL, "C")
    say(second, company.greg, Verb.REJECT, reason="Another grade", on=TODAY + DAY)
    again = ask_to_lift(cheque)
    assert asked_on(again) == ("AAA", "AAA")
    decide_by_all(company, again, on=TODAY + DAY)
    assert grade_of(customer.pk) == "AAA"


def test_who_recorded_the_signal_does_not_decide_about_its_lift(company: Company) -> None:
    graded(company)
    carol()
    downgrade_provisionally(
        customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY, actor_id=deciders()["finance"].pk
    )
    approval = ask_to_lift(Rating.objects.get(trigger=Trigger.BOUNCED), on=TODAY)
    say(approval, company.mona)
    assert (
        not approval.steps.get(position=2).assignments.exclude(is_done=True).filter(user=deciders()["finance"]).exists()
    )


def test_a_newer_accepted_rating_overtakes_a_lowered_one_and_ends_its_question(company: Company) -> None:
    graded(company)
    carol()
    rating = lowered(company)
    newer = accept(company, proposed(company, on=TODAY + DAY), on=TODAY + DAY)
    rating.refresh_from_db()
    assert (rating.state, AccountGrade.objects.get().rating) == ("superseded", newer)
    with pytest.raises(NotToConfirm):
        ask_to_lift(rating)
    night(TODAY + 2 * DAY, CONFIRM_STEP.key)
    rating.refresh_from_db()
    assert rating.approval is not None
    assert (rating.state, rating.approval.state) == ("superseded", "withdrawn")


def test_the_lifted_grade_of_who_was_not_rated_is_none(company: Company) -> None:
    pays(company.customer)
    carol(), deciders()
    rating = lowered(company)
    assert rating.approval is not None
    lift(company, rating)
    assert grade_of(company.customer.pk) == ""
    assert list(verify_credit()) == []


def test_a_bounce_that_was_lifted_presses_the_next_rating_no_more(company: Company) -> None:
    graded(company)
    carol()
    lift(company, lowered(company))
    assert proposed(company, on=TODAY + DAY).grade == "AAA"


@pytest.mark.thorough
def test_a_second_signal_is_decided_beside_the_first(company: Company) -> None:
    customer = graded(company)
    carol()
    promise = lowered(company, Trigger.PROMISE)
    cheque = lowered(company, on=TODAY + DAY)
    assert promise.approval is not None
    decide_by_all(company, promise.approval, on=TODAY + DAY)
    assert grade_of(customer.pk) == "C"  # the later signal holds
    lift(company, cheque)
    assert grade_of(customer.pk) == "AA"  # the first was confirmed
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
    for words in ("Lowered by a signal", "Bounced cheque", "approved it is confirmed, rejected it stays provisional"):
        assert words in html, words
    approval: Any = Request.objects.get(variant="confirm")
    assert "by itself, in the name of" in client.get(approval.get_absolute_url()).content.decode()


def test_those_who_answer_for_ratings_are_found_once_for_all_that_are_lowered(company: Company) -> None:
    """Each lowered grade holds the row of numbers: how many people there are costs once, not with every grade."""
    deciders()
    carol()

    def cost(count: int) -> int:
        customers = [make_customer(owner=company.alice, team=company.customer.team) for _number in range(count)]
        for customer in customers:
            make_account(customer, "1000")
            give_grade(customer, "A", TODAY)
        with CaptureQueriesContext(connection) as captured:
            lowered = downgrade_provisionally(
                customer_ids=[customer.pk for customer in customers], trigger=Trigger.PROMISE, on=TODAY
            )
        assert len(lowered) == count
        return len(captured)

    cost(1)
    with_one = cost(4) - cost(1)
    for number in range(4):
        make_user(f"controller{number}", role=roles.CREDIT_CONTROLLER)
    assert cost(4) - cost(1) == with_one
    assert Request.objects.count() == 11
