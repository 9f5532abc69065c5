"""Ratings under contention: a grade accepted while a cheque bounces, and two proposals for one customer."""

import time
from typing import Any

import pytest

from credit.errors import RatingOpen, RatingOutdated
from credit.models import CreditAccount, Rating, RatingReview, RatingState, Trigger
from credit.selectors.accounts import grade_of
from credit.services import downgrade_provisionally, downgrades, rate_customer, ratings, review_ratings, reviews
from credit.services.rating_chain import seed_rating_chain
from credit.services.scorecards import seed_scorecard
from credit.verification import verify_credit
from crm.accounts import roles
from crm.accounts.roles import sync_roles
from crm.approvals.models import Request
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import Company, make_company, make_user
from tests.rating.making import TODAY, deciders, pays, proposed, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def company() -> Company:
    """A database that was emptied by an earlier test has neither roles nor chain nor scorecard."""
    sync_roles()
    seed_rating_chain()
    seed_scorecard()
    return make_company()


class TestAcceptedWhileAChequeBounces:
    """The general manager accepts AAA in the moment in which the customer's cheque bounces: the cheque must count."""

    def both(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous]:
        pays(company.customer)
        rating = proposed(company)
        approval = rating.approval
        assert approval is not None
        for actor in (company.mona, deciders()["finance"]):
            say(approval, actor)
        meeting, write = Rendezvous(lambda: None), ratings.put_into_force

        def meet_and_write(made: list[Rating], **more: Any) -> None:
            meeting()
            if made[0].state == RatingState.ACCEPTED:
                time.sleep(0.3)  # the acceptance writes last
            write(made, **more)

        for module in (ratings, downgrades):
            monkeypatch.setattr(module, "put_into_force", meet_and_write)
        answers = at_once(
            lambda: say(approval, company.greg),
            lambda: downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY),
        )
        return answers, meeting

    def test_without_the_lock_the_cheque_is_forgotten(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        def read(*, customer_id: int) -> CreditAccount:
            return CreditAccount.objects.get(customer=customer_id)

        def read_many(*, customer_ids: Any) -> dict[int, CreditAccount]:
            return {row.customer_id: row for row in CreditAccount.objects.filter(customer__in=customer_ids)}

        with monkeypatch.context() as patched:
            pays(company.customer)
            patched.setattr(ratings, "lock_account", read)
            patched.setattr(downgrades, "lock_accounts", read_many)
            answers, meeting = self.both(company, patched)
        assert meeting.met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert grade_of(company.customer.pk) == "AAA"
        assert [found.code for found in verify_credit()] == ["grade_by_ratings"]

    def test_with_the_lock_the_cheque_counts(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, meeting = self.both(company, monkeypatch)
        assert not meeting.met
        assert all(isinstance(answer, RatingOutdated) for answer in answers if isinstance(answer, Exception))
        assert grade_of(company.customer.pk) == "C"
        assert list(verify_credit()) == []


class TestSubmittedTwice:
    """The night submits a review in the moment in which another worker does the same."""

    def both(
        self, company: Company, monkeypatch: pytest.MonkeyPatch, lock: Any = reviews.lock_review
    ) -> tuple[list[Any], Rendezvous]:
        pays(company.customer)
        make_user("carol", role=roles.CREDIT_CONTROLLER)
        deciders()
        review = review_ratings(on=TODAY)
        meeting = Rendezvous(reviews.request_fields)
        monkeypatch.setattr(reviews, "request_fields", meeting)
        monkeypatch.setattr(reviews, "lock_review", lock)
        send = [lambda: reviews.route_review(review_id=review.pk, on=TODAY)] * 2
        return at_once(*send), meeting

    def test_without_the_lock_it_is_asked_twice(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        def read(review_id: int) -> RatingReview:
            return RatingReview.objects.select_related("scorecard").get(pk=review_id)

        with monkeypatch.context() as patched:
            _answers, meeting = self.both(company, patched, read)
        assert meeting.met
        assert Request.objects.count() == 2

    def test_with_the_lock_it_is_asked_once(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, meeting = self.both(company, monkeypatch)
        assert not meeting.met
        assert Request.objects.count() == 1
        assert sorted(answer is None for answer in answers) == [False, True]


def test_two_proposals_at_once_become_one(company: Company) -> None:
    pays(company.customer)
    deciders()

    def ask() -> Rating:
        return rate_customer(actor=company.alice, customer_id=company.customer.pk, reason="Due", on=TODAY)

    answers = at_once(ask, ask)
    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [RatingOpen]
    assert Rating.objects.count() == 1
