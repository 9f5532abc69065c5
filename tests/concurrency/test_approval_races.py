"""Approvals under contention: two approvers at once, an approval against a withdrawal, many submissions at once."""

from typing import Any

import pytest
from django.db import connection

from credit.models import CreditRequest
from credit.services import submit_request
from credit.services.chain import seed_chain
from crm.accounts import roles
from crm.accounts.roles import sync_roles
from crm.approvals.models import ChainStep, Decision, Request, RequestState, RequestStep, StepState, Verb
from crm.approvals.services import deciding, progress, withdraw
from crm.core import numbering
from crm.core.errors import DomainError
from tests.concurrency.races import Rendezvous, at_once
from tests.credit_requests.making import TODAY, draft, prepare, say, step_of, submitted
from tests.factories import Company, account_of, make_account, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company() -> Company:
    """A database that was emptied by an earlier test has neither roles nor chain."""
    sync_roles()
    seed_chain()
    return make_company()


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Rendezvous:
    """Deciders wait for each other right after they have taken, or read, the request."""
    rendezvous = Rendezvous(progress.lock_request)
    monkeypatch.setattr(deciding, "lock_request", rendezvous)
    return rendezvous


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> Rendezvous:
    """The request is read without a lock, and everything else is left as it is."""
    read = Request.objects.select_related("applicant", "team", "chain")
    rendezvous = Rendezvous(lambda request_id: read.all().get(pk=request_id))
    monkeypatch.setattr(deciding, "lock_request", rendezvous)
    return rendezvous


class TestTwoOfAllAtOnce:
    """A step that needs both accountants: whoever comes second must see the first one's word and open the next step."""

    def both(self, company: Company) -> tuple[list[Any], CreditRequest]:
        ChainStep.objects.filter(role=roles.ACCOUNTANT).update(mode="all")
        amy = make_user("amy", roles.ACCOUNTANT)
        request = submitted(company)
        say(request, company.mona)
        return at_once(lambda: say(request, company.anna), lambda: say(request, amy)), request

    def test_without_the_lock_nobody_opens_the_next_step(self, company: Company, no_lock: Rendezvous) -> None:
        _answers, request = self.both(company)
        assert no_lock.met
        assert Decision.objects.filter(verb=Verb.APPROVE, step__role=roles.ACCOUNTANT).count() == 2
        # Each saw the other's word as missing: the request hangs for ever.
        assert step_of(request).role == roles.ACCOUNTANT

    def test_with_the_lock_the_second_goes_on(self, company: Company, meeting: Rendezvous) -> None:
        answers, request = self.both(company)
        assert not meeting.met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert step_of(request).role == roles.FINANCE_DIRECTOR


class TestApprovedAndRejectedAtOnce:
    """One of two accountants approves, the other rejects: one of them is told that it is over."""

    def race(self, company: Company) -> tuple[list[Any], CreditRequest]:
        amy = make_user("amy", roles.ACCOUNTANT)
        request = submitted(company)
        say(request, company.mona)
        answers = at_once(
            lambda: say(request, company.anna), lambda: say(request, amy, Verb.REJECT, reason="pays late")
        )
        return answers, request

    def test_with_the_lock_one_word_counts(self, company: Company, meeting: Rendezvous) -> None:
        answers, _request = self.race(company)
        assert not meeting.met
        assert len([answer for answer in answers if isinstance(answer, DomainError)]) == 1
        words = Decision.objects.filter(step__role=roles.ACCOUNTANT)
        assert len(words) == 1
        state = Request.objects.get().state
        assert state == (RequestState.REJECTED if words[0].verb == Verb.REJECT else RequestState.SUBMITTED)


def test_an_approval_and_a_withdrawal_at_once_have_one_outcome(company: Company, meeting: Rendezvous) -> None:
    request = submitted(company)
    for actor in (company.mona, company.anna):
        deciding.lock_request = progress.lock_request  # these two have nobody to wait for
        say(request, actor)
    deciding.lock_request = meeting
    answers = at_once(
        lambda: say(request, company.fiona),
        lambda: withdraw(request_id=request.approval_id or 0, actor=company.alice, on=TODAY),
    )
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
        from credit.services import requests

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
