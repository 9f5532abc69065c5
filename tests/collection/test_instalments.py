"""Instalment plans: what they must hold to, what they pause, how the night judges them, and what a broken one does."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from crm.accounts import roles
from crm.approvals.errors import OwnRequest
from crm.approvals.models import RequestStep, Verb
from crm.approvals.services import decide, look_after_requests, withdraw
from crm.core.errors import NotAllowed, ReasonMissing
from crm.notices.models import Notice
from receivables.approval import figures_for
from receivables.errors import instalments as errors
from receivables.models import Case, Instalment, InstalmentPlan
from receivables.nightly.collection import tell_of_instalments, tell_of_plans
from receivables.rules.instalments import PlanRow, equal_rows, fault_of, parts_come
from receivables.services.collection import (
    DisputeTerms,
    open_dispute,
    propose_plan,
)
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, steps, the_case
from tests.collection.plans import ROWS, approve, pay, propose, rows_of, states
from tests.factories import (
    Company,
    day,
    make_credit_note,
    make_customer,
    make_invoice,
    make_rate,
    make_user,
    money,
)


class TestRules:
    def test_equal_parts_leave_the_remainder_to_the_last_row_and_keep_the_day_of_the_month(self) -> None:
        rows = equal_rows(money("1000.00"), count=3, first_on=day("2026-01-31"))
        assert [(str(row.due_on), str(row.amount)) for row in rows] == [
            ("2026-01-31", "333.33"),
            ("2026-02-28", "333.33"),
            ("2026-03-31", "333.34"),
        ]

    @pytest.mark.parametrize(
        ("rows", "fault"),
        [
            ([("2026-02-10", "1000.00")], errors.PlanRowsCount),
            ([("2026-02-10", "400.00"), ("2026-02-10", "600.00")], errors.PlanDatesOrder),
            ([("2026-03-10", "400.00"), ("2026-02-10", "600.00")], errors.PlanDatesOrder),
            ([("2026-02-01", "400.00"), ("2026-02-10", "600.00")], errors.PlanDatePast),
            ([("2026-02-02", "400.00"), ("2026-02-10", "600.00")], None),
            ([("2026-02-10", "0.00"), ("2026-03-10", "1000.00")], errors.PlanAmountNotPositive),
            ([("2026-02-10", "399.99"), ("2026-03-10", "600.00")], errors.PlanSum),
            ([("2026-02-10", "400.01"), ("2026-03-10", "600.00")], errors.PlanSum),
            ([("2026-02-10", "400.00"), ("2029-02-02", "600.00")], None),
            ([("2026-02-10", "400.00"), ("2029-02-03", "600.00")], errors.PlanTooLong),
        ],
    )
    def test_a_plan_is_exact_in_order_and_not_in_the_past(self, rows: Any, fault: Any) -> None:
        found = fault_of(rows_of(*rows), total=money("1000.00"), on=day("2026-02-02"))
        assert type(found) is (fault or type(None))

    def test_at_most_36_rows(self) -> None:
        rows = [PlanRow(day("2026-02-02") + dt.timedelta(days=number), money("1.00")) for number in range(37)]
        assert isinstance(fault_of(rows, total=money("37.00"), on=day("2026-02-02")), errors.PlanRowsCount)
        assert fault_of(rows[:36], total=money("36.00"), on=day("2026-02-02")) is None

    def test_what_came_fills_the_rows_from_the_first(self) -> None:
        rows = rows_of(*ROWS)
        assert parts_come(rows, money("450.00")) == [money("400.00"), money("50.00")]
        assert parts_come(rows, money("-5.00")) == [0, 0]


@pytest.mark.django_db
class TestProposing:
    def test_the_way_goes_by_the_sales_manager_and_the_finance_manager(self, proposed: InstalmentPlan) -> None:
        asked = list(RequestStep.objects.filter(request=proposed.approval_id).order_by("position"))
        assert [(step.actor_kind, step.role) for step in asked][1] == ("role", roles.FINANCE_MANAGER)
        assert len(asked) == 2
        assert (proposed.approval.amount, proposed.approval.days) == (Decimal("1000.00"), 36)
        assert proposed.approval.label == proposed.number
        assert the_case(proposed.customer).paused_by == ""
        assert list(verify_collection()) == []

    @pytest.mark.parametrize(
        ("amount", "last", "steps_wanted"),
        [("200000.00", "2026-08-04", 2), ("200000.00", "2026-08-05", 3), ("200000.01", "2026-08-04", 3)],
    )
    def test_above_an_amount_or_a_length_the_finance_director_decides_too(
        self, company: Company, amount: str, last: str, steps_wanted: int
    ) -> None:
        make_user("frank", roles.FINANCE_MANAGER)
        invoice = make_invoice(company.customer, amount, on="2026-01-01", due_on="2026-01-31")
        night("2026-02-01")
        rest = str(money(amount) - 1)
        plan = propose(company.alice, company.customer, [invoice], rows_of(("2026-02-10", "1.00"), (last, rest)))
        assert RequestStep.objects.filter(request=plan.approval_id).count() == steps_wanted

    def test_what_is_not_to_be_is_refused_and_nothing_is_kept(self, company: Company, overdue: Any) -> None:
        make_rate("USD", "7.10")
        usd = make_invoice(company.customer, "10.00", on="2026-01-01", due_on="2026-01-31", currency="USD")
        note = make_credit_note(company.customer, "5.00", on="2026-01-05")
        other = make_invoice(make_customer(owner=company.alice), "1000.00", on="2026-01-01", due_on="2026-01-31")
        for invoices, refusal in (
            ([], errors.PlanWithoutInvoices),
            ([overdue, usd], errors.PlanCurrencies),
            ([note], errors.PlanInvoiceUnfit),
            ([other], NotAllowed),
        ):
            with pytest.raises(refusal):
                propose(company.alice, company.customer, invoices, rows_of(*ROWS))
        with pytest.raises(NotAllowed):
            propose(company.charlie, company.customer, [overdue], rows_of(*ROWS))
        with pytest.raises(NotAllowed):
            propose(company.greg, company.customer, [overdue], rows_of(*ROWS))
        with pytest.raises(ReasonMissing):
            propose_plan(
                actor=company.alice,
                case_id=the_case(company.customer).pk,
                invoice_ids=[overdue.pk],
                rows=rows_of(*ROWS),
                reason=" ",
                on=day("2026-02-02"),
            )
        open_dispute(actor=company.alice, terms=DisputeTerms(overdue.pk, money("1.00"), "price"), on=day("2026-02-02"))
        with pytest.raises(errors.PlanInvoiceDisputed):
            propose(company.alice, company.customer, [overdue], rows_of(*ROWS))
        assert not InstalmentPlan.objects.exists()
        assert not RequestStep.objects.exists()

    def test_one_plan_at_a_time(self, company: Company, overdue: Any, proposed: InstalmentPlan) -> None:
        with pytest.raises(errors.PlanStands):
            propose(company.mona, company.customer, [overdue], rows_of(*ROWS))
        with pytest.raises(IntegrityError), transaction.atomic():
            InstalmentPlan.objects.create(
                customer=proposed.customer,
                legal_entity=proposed.legal_entity,
                case=proposed.case,
                reason="again",
                currency="CNY",
                amount=1,
                base_amount=1,
                on=proposed.on,
                approval=proposed.approval,
            )

    def test_nobody_approves_what_they_proposed(self, company: Company, overdue: Any) -> None:
        plan = propose(company.mona, company.customer, [overdue], rows_of(*ROWS))
        step = RequestStep.objects.get(request=plan.approval_id, state="open")
        with pytest.raises(OwnRequest):
            decide(request_id=plan.approval_id, step_id=step.pk, actor=company.mona, verb=Verb.APPROVE)
        assert states(plan) == ["proposed", "open", "open"]

    @pytest.mark.thorough
    def test_rejected_or_withdrawn_it_is_gone_and_another_may_be_proposed(
        self, company: Company, overdue: Any, proposed: InstalmentPlan
    ) -> None:
        withdraw(request_id=proposed.approval_id, actor=company.alice, on=day("2026-02-02"))
        assert states(proposed) == ["refused", "void", "void"]
        again = propose(company.alice, company.customer, [overdue], rows_of(*ROWS))
        step = RequestStep.objects.get(request=again.approval_id, state="open")
        decide(
            request_id=again.approval_id,
            step_id=step.pk,
            actor=company.mona,
            verb=Verb.REJECT,
            reason="too long",
            on=day("2026-02-03"),
        )
        assert states(again) == ["refused", "void", "void"]
        night("2026-02-04")
        assert [code for code, _on in steps(the_case(company.customer))] == ["call", "notice"]
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_approved_after_a_row_has_gone_by_unpaid_it_is_refused(
        self, company: Company, overdue: Any, proposed: InstalmentPlan
    ) -> None:
        with pytest.raises(errors.PlanIsLate):
            approve(proposed, on="2026-02-11")
        assert states(proposed)[0] == "proposed"
        pay(company, overdue, "400.00", "2026-02-09")
        assert approve(proposed, on="2026-02-11").state == "running"

    def test_what_was_agreed_is_never_changed(self, plan: InstalmentPlan) -> None:
        row = plan.rows.get(number=1)
        for change in (
            lambda: Instalment.objects.filter(pk=row.pk).update(amount=1),
            lambda: Instalment.objects.filter(pk=row.pk).delete(),
            lambda: InstalmentPlan.objects.filter(pk=plan.pk).update(amount=1),
            lambda: plan.invoices.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    @pytest.mark.thorough
    def test_those_who_decide_see_what_they_need_in_a_fixed_number_of_queries(
        self, company: Company, proposed: InstalmentPlan
    ) -> None:
        def asked(approvals: list[Any]) -> tuple[int, dict[int, Any]]:
            with CaptureQueriesContext(connection) as seen:
                found = figures_for(approvals)
            return len(seen), found

        one, found = asked([proposed.approval])
        figures = found[proposed.approval_id]
        assert (figures["invoices"], figures["last_on"], figures["rows"][0]) == (
            1,
            "2026-03-10",
            ["2026-02-10", "400.00"],
        )
        assert (figures["broken_promises"], figures["broken_plans"]) == (0, 0)
        second = make_customer(owner=company.alice)
        invoice = make_invoice(second, "1000.00", on="2026-01-01", due_on="2026-01-31")
        night("2026-02-02")
        other = propose(company.alice, second, [invoice], rows_of(*ROWS))
        assert asked([proposed.approval, other.approval])[0] == one <= 6


@pytest.mark.django_db
class TestTelling:
    def test_the_owner_is_told_once_of_a_row_that_is_due_soon_and_of_a_broken_plan(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        assert tell_of_instalments(day("2026-02-06")) == 0
        assert tell_of_instalments(day("2026-02-07")) == 1
        assert tell_of_instalments(day("2026-02-08")) == 0
        night("2026-02-12")
        assert tell_of_plans(day("2026-02-12")) == 1
        told = Notice.objects.filter(kind__in=("instalments_due", "plans_broken")).order_by("pk")
        assert [(notice.kind, notice.user) for notice in told] == [
            ("instalments_due", company.alice),
            ("plans_broken", company.alice),
        ]


@pytest.mark.django_db
class TestVerification:
    def test_what_does_not_follow_from_approval_and_rows_is_found(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        assert list(verify_collection()) == []
        plan.rows.filter(number=1).update(state="missed", received=0, judged_on=day("2026-02-12"))
        assert [(found.code, found.expected, found.found) for found in verify_collection()] == [
            ("plan_state", "broken", "running")
        ]

    def test_a_case_that_rests_for_a_plan_that_is_gone_is_found(self, company: Company, overdue: Any) -> None:
        Case.objects.filter(customer=company.customer).update(planned=5, paused_by="plan")
        assert [found.code for found in verify_collection()] == ["case_planned"]

    def test_a_request_nobody_decides_takes_its_plan_with_it(
        self, company: Company, overdue: Any, proposed: InstalmentPlan
    ) -> None:
        look_after_requests(on=proposed.approval.expires_on + dt.timedelta(days=1))
        assert states(proposed) == ["refused", "void", "void"]
        assert list(verify_collection()) == []
