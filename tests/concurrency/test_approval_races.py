"""Approvals under contention: two approvers at once, an approval against a withdrawal, many submissions at once."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from credit.models import CreditAccount, CreditRequest
from credit.services import end_temporary_limits, requests, submit_request
from credit.services.chain import seed_chain
from crm.accounts import roles
from crm.accounts.roles import sync_roles
from crm.approvals.models import ChainStep, Decision, Request, RequestState, RequestStep, StepState, Verb
from crm.approvals.services import deciding, progress, withdraw
from crm.core import numbering
from crm.core.errors import Busy, DomainError
from crm.core.locks import atomic_or_busy
from tests.concurrency.races import Rendezvous, at_once
from tests.credit_requests.making import TODAY, approve_all, draft, prepare, say, step_of, submitted
from tests.factories import Company, account_of, make_account, make_company, make_customer, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def company() -> Company:
    """A database that was emptied by an earlier test has neither roles nor chain."""
    sync_roles()
    seed_chain()
    return make_company()


Meet = Callable[[], Rendezvous]


@pytest.fixture
def with_lock(monkeypatch: pytest.MonkeyPatch) -> Meet:
    """From then on deciders wait for each other right after they have taken the request."""

    def begin() -> Rendezvous:
        rendezvous = Rendezvous(progress.lock_request)
        monkeypatch.setattr(deciding, "lock_request", rendezvous)
        return rendezvous

    return begin


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> Meet:
    """From then on the request is read without a lock; everything else is left as it is."""

    def begin() -> Rendezvous:
        read = Request.objects.select_related("applicant", "team", "chain")
        monkeypatch.setattr(deciding, "lock_request", lambda request_id: read.all().get(pk=request_id))
        rendezvous = Rendezvous(deciding.approve_step)  # both have looked at the other's word before either commits
        monkeypatch.setattr(deciding, "approve_step", rendezvous)
        return rendezvous

    return begin


class TestTwoOfAllAtOnce:
    """A step that needs both accountants: whoever comes second must see the first one's word and open the next step."""

    def both(self, company: Company, begin: Meet) -> tuple[list[Any], CreditRequest, Rendezvous]:
        ChainStep.objects.filter(role=roles.ACCOUNTANT).update(mode="all")
        amy = make_user("amy", roles.ACCOUNTANT)
        request = submitted(company)
        say(request, company.mona)
        rendezvous = begin()
        answers = at_once(lambda: say(request, company.anna), lambda: say(request, amy))
        return answers, request, rendezvous

    def test_without_the_lock_nobody_opens_the_next_step(self, company: Company, without_lock: Meet) -> None:
        _answers, request, rendezvous = self.both(company, without_lock)
        assert rendezvous.met
        assert Decision.objects.filter(verb=Verb.APPROVE, step__role=roles.ACCOUNTANT).count() == 2
        # Each saw the other's word as missing: the request hangs for ever.
        assert step_of(request).role == roles.ACCOUNTANT

    def test_with_the_lock_the_second_goes_on(self, company: Company, with_lock: Meet) -> None:
        answers, request, rendezvous = self.both(company, with_lock)
        assert not rendezvous.met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert step_of(request).role == roles.FINANCE_DIRECTOR


def test_approved_and_rejected_at_once_one_word_counts(company: Company, with_lock: Meet) -> None:
    amy = make_user("amy", roles.ACCOUNTANT)
    request = submitted(company)
    say(request, company.mona)
    rendezvous = with_lock()
    answers = at_once(lambda: say(request, company.anna), lambda: say(request, amy, Verb.REJECT, reason="pays late"))
    assert not rendezvous.met
    assert len([answer for answer in answers if isinstance(answer, DomainError)]) == 1
    words = Decision.objects.filter(step__role=roles.ACCOUNTANT)
    assert len(words) == 1
    state = Request.objects.get().state
    assert state == (RequestState.REJECTED if words[0].verb == Verb.REJECT else RequestState.SUBMITTED)


def test_an_approval_and_a_withdrawal_at_once_have_one_outcome(company: Company, with_lock: Meet) -> None:
    request = submitted(company)
    for actor in (company.mona, company.anna):
        say(request, actor)
    rendezvous = with_lock()
    answers = at_once(
        lambda: say(request, company.fiona),
        lambda: withdraw(request_id=request.approval_id or 0, actor=company.alice, on=TODAY),
    )
    assert not rendezvous.met
    assert len([answer for answer in answers if isinstance(answer, DomainError)]) == 1
    approved = Request.objects.get().state == RequestState.APPROVED
    assert account_of(company.customer).limit == (300_000 if approved else 100_000)
    assert not RequestStep.objects.filter(state=StepState.OPEN).exists()


def many(company: Company, count: int) -> list[Any]:
    drafts = []
    for index in range(count):
        customer = make_customer(f"C{index}", owner=company.alice)
        make_account(customer, "100000")
        drafts.append(draft(with_customer(company, customer)))
    return at_once(
        *(
            lambda pk=made.pk: submit_request(actor=company.alice, request_id=pk, on=TODAY).number  # type: ignore[misc]
            for made in drafts
        )
    )


def with_customer(company: Company, customer: Any) -> Company:
    from dataclasses import replace

    return replace(company, customer=customer)


class TestNumbers:
    def test_at_once_they_have_neither_gaps_nor_doubles(self, company: Company) -> None:
        numbers = many(company, 8)
        assert sorted(map(str, numbers)) == [f"CR{number:06d}" for number in range(1, 9)]

    def test_without_the_row_of_the_series_two_get_the_same(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control: a number read and then written, as it is so often done."""

        def read_then_write(key: str) -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT coalesce(max(last), 0) FROM core_numberseries WHERE key = %s", [key])
                return int(cursor.fetchone()[0]) + 1

        naive = Rendezvous(read_then_write)
        monkeypatch.setattr(requests, "next_number", naive)
        answers = many(company, 2)
        assert naive.met
        assert len({answer for answer in answers if isinstance(answer, str)}) == 1
        assert numbering.next_number  # the real one is what the product uses


def test_the_same_draft_submitted_at_once_is_submitted_once(company: Company) -> None:
    prepare(company, "increase")
    made = draft(company)
    answers = at_once(
        *(lambda: submit_request(actor=company.alice, request_id=made.pk, on=TODAY).number for _time in range(3))
    )
    assert set(answers) == {"CR000001"}
    assert Request.objects.count() == 1


class TestATemporaryIncreaseEndsWhileADecisionReplacesIt:
    """Both take the account before the request of the increase, so that neither waits for the other in a ring."""

    AFTER = TODAY + dt.timedelta(days=3)

    def both(
        self, company: Company, monkeypatch: pytest.MonkeyPatch, end: Callable[[CreditRequest], Any]
    ) -> tuple[list[Any], CreditRequest]:
        increase_of_days = submitted(company, "temporary", until=TODAY + dt.timedelta(days=1))
        approve_all(increase_of_days, company.mona, company.anna, company.fiona)
        increase = draft(company, "increase")
        submit_request(actor=company.alice, request_id=increase.pk, on=TODAY)
        increase.refresh_from_db()
        for actor in (company.mona, company.anna):
            say(increase, actor)
        inside, change_terms = threading.Event(), requests.change_terms

        def slowly(**change: Any) -> Any:
            inside.set()
            time.sleep(0.5)
            return change_terms(**change)

        monkeypatch.setattr(requests, "change_terms", slowly)

        def when_inside() -> Any:
            inside.wait(10)
            return end(increase_of_days)

        answers = at_once(lambda: say(increase, company.fiona, on=self.AFTER).state, when_inside)
        increase_of_days.refresh_from_db()
        return answers, increase_of_days

    def test_without_the_order_of_locks_one_of_them_is_busy(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def request_first(request: CreditRequest) -> None:
            with atomic_or_busy():
                CreditRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
                CreditAccount.objects.select_for_update(no_key=True).get(pk=request.account_id)

        answers, _request = self.both(company, monkeypatch, request_first)
        assert len([answer for answer in answers if isinstance(answer, Busy)]) == 1

    def test_the_decision_ends_it_and_the_night_finds_nothing_left(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers, request = self.both(company, monkeypatch, lambda _request: end_temporary_limits(on=self.AFTER))
        assert answers == [RequestState.APPROVED, 0]
        assert request.ended_on == self.AFTER
        account = account_of(company.customer)
        assert (account.limit, account.temporary_until) == (300_000, None)
