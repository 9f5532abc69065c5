"""The night of collection beside people at their work: nobody is turned away because they met."""

from typing import Any

import pytest

from credit.models import Rating, Trigger
from credit.services import lock_account
from credit.services.rating_chain import seed_rating_chain
from credit.services.ratings import SERIES
from credit.services.scorecards import seed_scorecard
from crm.accounts import roles
from crm.accounts.roles import sync_roles
from crm.core.errors import Busy
from crm.core.locks import atomic_or_busy
from crm.core.numbering import next_number
from receivables.services.collection import PromiseTerms, escalation, record_promise
from receivables.services.collection.plan_chain import seed_plan_chain
from receivables.services.collection.standard import seed_collection
from tests.collection.nights import night, the_case
from tests.collection.plans import approve, propose, rows_of
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import Company, day, give_grade, make_company, make_customer, make_invoice, make_user, money

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def company() -> Company:
    """A database that was emptied by an earlier test has neither roles nor chains nor policies."""
    sync_roles()
    seed_collection()
    seed_plan_chain()
    seed_rating_chain()
    seed_scorecard()
    made = make_company()
    make_user("frank", roles.FINANCE_MANAGER)
    make_user("carol", roles.CREDIT_CONTROLLER)
    return made


class TestBesideSomebodyWhoRates:
    """One customer broke a promise, another a plan; somebody holds the other's account and asks for a number."""

    def both(self, company: Company, monkeypatch: pytest.MonkeyPatch, patience: float = 0.7) -> tuple[list[Any], bool]:
        promised, planned = company.customer, make_customer(owner=company.alice)
        invoices = [
            make_invoice(customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
            for customer in (promised, planned)
        ]
        for customer in (promised, planned):
            give_grade(customer, "AA", day("2026-01-01"))
        night("2026-02-01")
        terms = PromiseTerms(money("1000.00"), day("2026-02-10"))
        record_promise(actor=company.alice, case_id=the_case(promised).pk, terms=terms, on=day("2026-02-02"))
        rows = rows_of(("2026-02-10", "400.00"), ("2026-03-10", "600.00"))
        approve(propose(company.alice, planned, invoices[1:], rows))
        meeting, lower = Rendezvous(lambda: None, patience=patience), escalation.downgrade_provisionally

        def lower_and_meet(*, trigger: str, **more: Any) -> None:
            lower(trigger=trigger, **more)
            if trigger == Trigger.PROMISE:
                meeting()

        def rate() -> None:
            with atomic_or_busy():
                lock_account(customer_id=planned.pk)
                meeting()
                next_number(SERIES)

        monkeypatch.setattr(escalation, "downgrade_provisionally", lower_and_meet)
        return at_once(lambda: night("2026-02-12"), rate), meeting.met

    def test_account_by_account_the_number_and_an_account_are_waited_for_crosswise(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(escalation, "lock_accounts", lambda *, customer_ids: None)
        answers, met = self.both(company, monkeypatch, patience=15)
        assert met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [Busy]

    def test_with_every_account_locked_first_both_get_through(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers, met = self.both(company, monkeypatch)
        assert not met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        lowered = Rating.objects.filter(on=day("2026-02-12"), approval__isnull=False)
        assert sorted(lowered.values_list("trigger", flat=True)) == sorted([Trigger.PROMISE, Trigger.PLAN])
