"""The quarterly review: all accounts once a quarter, confirmed or decided together, begun again where it was."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit.errors import ReviewNotOpen
from credit.models import AccountGrade, CreditAccount, Rating, RatingReview, RatingState, Trigger
from credit.nightly import REVIEW_STEP
from credit.selectors.accounts import grade_of, grades_of
from credit.services import downgrade_provisionally, review_ratings, reviews, submit_review
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.models import Request, RequestState, Verb
from crm.core.errors import NotAllowed
from crm.jobs.nightly import start_night
from crm.jobs.worker import work_off
from crm.notices.models import Notice
from customers.models import Customer
from tests.factories import Company, make_customer, make_user, money
from tests.rating.making import DAY, TODAY, account_for, deciders, pays, proposed, say

pytestmark = pytest.mark.django_db
NEXT = dt.date(2026, 4, 1)


def carol() -> Any:
    return make_user("carol", role=roles.CREDIT_CONTROLLER)


def decided(company: Company, review: RatingReview, on: dt.date = NEXT) -> RatingReview:
    """Submitted by the credit controller; the sales director, finance and the general manager agree."""
    people = deciders()
    review = submit_review(actor=carol(), review_id=review.pk, reason="Quarter", on=on)
    assert review.approval is not None
    for actor in (people["director"], people["finance"], company.greg):
        say(review.approval, actor, on=on)
    return RatingReview.objects.get(pk=review.pk)


def three(company: Company) -> list[Customer]:
    """One paying well, one badly, one of whom nothing is known."""
    bad, unknown = make_customer(owner=company.bob), make_customer(owner=company.charlie)
    pays(company.customer)
    pays(bad, rate=0.45, late=80, promises_kept=0)
    account_for(unknown)
    return [company.customer, bad, unknown]


def test_all_accounts_are_rated_and_first_grades_are_proposed(company: Company) -> None:
    good, bad, unknown = three(company)
    review = review_ratings(on=NEXT)
    assert (str(review), review.rated, review.changed, review.not_rated) == ("2026 Q2", 2, 2, 1)
    assert set(Rating.objects.values_list("state", flat=True)) == {RatingState.PROPOSED}
    assert grades_of([good.pk, bad.pk, unknown.pk]) == {good.pk: "", bad.pk: "", unknown.pk: ""}
    decided(company, review)
    assert grade_of(good.pk) == "AAA"
    assert grade_of(bad.pk) == "D"
    assert list(verify_credit()) == []


def test_unchanged_grades_are_confirmed_and_changed_ones_decided(company: Company) -> None:
    good, bad, _unknown = three(company)
    decided(company, review_ratings(on=NEXT))
    pays(bad)
    summer = dt.date(2026, 7, 2)
    review = review_ratings(on=summer)
    assert (review.rated, review.changed) == (2, 1)
    assert AccountGrade.objects.get(account__customer=good).rating.review == review
    assert AccountGrade.objects.get(account__customer=good).since == NEXT
    changed = review.ratings.get(state=RatingState.PROPOSED)
    assert (changed.previous, changed.grade) == ("D", "AAA")
    assert reviews.changes_of(review) == {("D", "AAA"): 1}
    assert reviews.figures_of_review(review)["up"] == 1
    decided(company, review, on=summer)
    assert grade_of(bad.pk) == "AAA"


def test_a_quarter_is_reviewed_once(company: Company) -> None:
    three(company)
    review_ratings(on=NEXT)
    review_ratings(on=NEXT + 40 * DAY)
    assert Rating.objects.count() == 2
    with pytest.raises(CommandError):
        call_command("review_ratings", "--on", "2026-05-05")


def test_a_review_that_broke_off_goes_on_where_it_was(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "CHUNK", 1)
    three(company)
    review = reviews.begin_review(on=NEXT)
    reviews.review_chunk(review.pk)
    assert Rating.objects.count() == 1
    out = StringIO()
    call_command("review_ratings", "--on", "2026-04-02", stdout=out, stderr=StringIO())
    review.refresh_from_db()
    assert (review.rated, review.not_rated, Rating.objects.count()) == (2, 1, 2)
    assert out.getvalue().startswith("2026 Q2: 2 rated, 2 would change, 1 not rated")


def test_a_customer_with_a_proposal_that_waits_is_left_alone(company: Company) -> None:
    three(company)
    waiting = proposed(company)
    review = review_ratings(on=NEXT)
    assert (review.rated, review.not_rated) == (1, 2)
    assert Rating.objects.filter(account__customer=company.customer).get() == waiting


def test_a_provisional_grade_is_confirmed_by_people(company: Company) -> None:
    three(company)
    downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY)
    review = review_ratings(on=NEXT)
    rating = review.ratings.get(account__customer=company.customer)
    assert (rating.grade, rating.previous, rating.state) == ("C", "C", RatingState.PROPOSED)
    decided(company, review)
    now = AccountGrade.objects.get(account__customer=company.customer)
    assert (now.grade, now.provisional, now.since) == ("C", False, TODAY)


@pytest.mark.thorough
def test_a_grade_a_signal_lowered_meanwhile_stays_lowered(company: Company) -> None:
    good, bad, _unknown = three(company)
    review = review_ratings(on=NEXT)
    downgrade_provisionally(customer_ids=[good.pk], trigger=Trigger.BOUNCED, on=NEXT)
    decided(company, review)
    assert (grade_of(good.pk), grade_of(bad.pk)) == ("C", "D")
    assert review.ratings.get(account__customer=good).state == RatingState.REJECTED
    assert list(verify_credit()) == []


def test_a_rejected_review_leaves_every_grade(company: Company) -> None:
    good, bad, _unknown = three(company)
    people = deciders()
    review = submit_review(actor=carol(), review_id=review_ratings(on=NEXT).pk, reason="Quarter", on=NEXT)
    assert review.approval is not None
    say(review.approval, people["director"], Verb.REJECT, reason="The figures are wrong", on=NEXT)
    assert Request.objects.get().state == RequestState.REJECTED
    assert set(review.ratings.values_list("state", flat=True)) == {RatingState.REJECTED}
    assert grades_of([good.pk, bad.pk]) == {good.pk: "", bad.pk: ""}
    with pytest.raises(ReviewNotOpen):
        submit_review(actor=carol(), review_id=review.pk, reason="Again", on=NEXT)


def test_only_who_sees_all_customers_submits_a_review(company: Company) -> None:
    three(company)
    review = review_ratings(on=NEXT)
    for actor in (company.alice, company.mona, company.greg):
        with pytest.raises(NotAllowed):
            submit_review(actor=actor, review_id=review.pk, reason="Quarter", on=NEXT)
    review.refresh_from_db()
    assert review.approval is None


@pytest.mark.thorough
def test_a_review_reads_the_same_number_of_times_for_many(company: Company) -> None:
    three(company)
    review = reviews.begin_review(on=NEXT)
    with CaptureQueriesContext(connection) as few:
        reviews.review_chunk(review.pk)
    for number in range(30):
        pays(make_customer(owner=company.alice), rate=0.5 + number / 70)
    summer = reviews.begin_review(on=dt.date(2026, 7, 1))
    with CaptureQueriesContext(connection) as many:
        reviews.review_chunk(summer.pk)
    assert len(many) <= len(few) + 1


def test_the_night_reviews_once_a_quarter_and_tells_the_controllers(company: Company) -> None:
    three(company)
    reader = carol()
    for on in (NEXT, NEXT + DAY):
        start_night(on=on, steps=[REVIEW_STEP.key])
        work_off(worker="one")
    assert RatingReview.objects.get().finished_at is not None
    notice = Notice.objects.get(kind="review_ready")
    assert (notice.user, notice.params["changed"]) == (reader, 2)


def test_a_review_concerns_the_limits_of_the_changed(company: Company) -> None:
    three(company)
    CreditAccount.objects.update(limit=money(70))
    deciders()
    review = submit_review(actor=carol(), review_id=review_ratings(on=NEXT).pk, reason="Quarter", on=NEXT)
    assert review.approval is not None
    assert review.approval.amount == money(140)
