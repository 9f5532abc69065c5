"""Two people propose a plan for the same case at once, and two nights judge the same one."""

from typing import Any

import pytest
from django.db import IntegrityError

from credit.models import Rating
from crm.accounts import roles
from crm.accounts.roles import sync_roles
from crm.approvals.models import Request
from customers.models import TimelineEvent
from receivables.errors.instalments import PlanStands
from receivables.models import Case, InstalmentPlan
from receivables.services.collection import escalation, plans
from receivables.services.collection.plan_chain import seed_plan_chain
from receivables.services.collection.standard import seed_collection
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, steps, the_case
from tests.collection.plans import approve, propose, rows_of, states
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import Company, make_company, make_invoice, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
ROWS = rows_of(("2026-02-10", "400.00"), ("2026-03-10", "600.00"))


@pytest.fixture
def company() -> Company:
    """A database that was emptied by an earlier test has neither roles nor chain nor policy."""
    sync_roles()
    seed_collection()
    seed_plan_chain()
    made = make_company()
    make_user("frank", roles.FINANCE_MANAGER)
    return made


@pytest.fixture
def overdue(company: Company) -> Any:
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    night("2026-02-01")
    return invoice


class TestTwoProposals:
    def propose_both(self, company: Company, invoice: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], bool]:
        meeting = Rendezvous(plans.live_plan)
        monkeypatch.setattr(plans, "live_plan", meeting)
        answers = at_once(
            lambda: propose(company.alice, company.customer, [invoice], ROWS),
            lambda: propose(company.mona, company.customer, [invoice], ROWS),
        )
        return answers, meeting.met

    def test_without_the_lock_both_go_on_and_only_the_database_stops_one(
        self, company: Company, overdue: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlocked = Case.objects.select_related("policy")
        monkeypatch.setattr(plans, "lock_case", lambda *, actor, case_id: unlocked.get(pk=case_id))
        answers, met = self.propose_both(company, overdue, monkeypatch)
        assert met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [IntegrityError]
        assert InstalmentPlan.objects.count() == Request.objects.count() == 1

    def test_with_it_the_second_is_told_of_the_first(
        self, company: Company, overdue: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers, met = self.propose_both(company, overdue, monkeypatch)
        assert not met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [PlanStands]
        assert InstalmentPlan.objects.count() == Request.objects.count() == 1


def test_two_nights_at_once_break_a_plan_once(company: Company, overdue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = approve(propose(company.alice, company.customer, [overdue], ROWS))
    # The locks of the cases are out of the way: what is left is that of the plan itself.
    monkeypatch.setattr(escalation, "LOCK_CASES", escalation.LOCK_CASES.replace("FOR NO KEY UPDATE", ""))
    meeting = Rendezvous(escalation.fill_tables)
    monkeypatch.setattr(escalation, "fill_tables", meeting)
    answers = at_once(lambda: night("2026-02-12"), lambda: night("2026-02-12"))
    assert meeting.met
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sorted(answer.plans_broken for answer in answers) == [0, 1]
    assert states(plan) == ["broken", "missed", "void"]
    assert [code for code, _on in steps(the_case(company.customer))] == ["call", "notice"]
    assert TimelineEvent.objects.filter(kind="plan_ended").count() == 1
    assert Rating.objects.count() <= 1
    assert list(verify_collection()) == []
