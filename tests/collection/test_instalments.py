"""Instalment plans: what they must hold to, what they pause, how the night judges them, and what a broken one does."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from credit.models import CreditAccount, Rating
from credit.rating_rules import lower
from credit.selectors import grade_of
from crm.accounts import roles
from crm.approvals.errors import OwnRequest
from crm.approvals.models import RequestStep, Verb
from crm.approvals.services import decide, look_after_requests, withdraw
from crm.core.errors import NotAllowed, ReasonMissing
from crm.notices.models import Notice
from customers.models import TimelineEvent
from receivables import instalment_errors as errors
from receivables.collection_nightly import tell_of_instalments, tell_of_plans
from receivables.collection_verification import verify_collection
from receivables.instalment_approval import figures_for
from receivables.instalment_rules import PlanRow, equal_rows, fault_of, parts_come
from receivables.models import Case, Dispute, Instalment, InstalmentPlan, Invoice
from receivables.selectors.ageing import AgeingQuery, ageing_page
from receivables.selectors.collection import dry_run
from receivables.selectors.collection.plans import plan_page
from receivables.services import reverse_receipt
from receivables.services.collection import (
    DisputeTerms,
    PromiseTerms,
    end_opt_out,
    escalation,
    open_dispute,
    opt_out,
    prepare_letters,
    propose_plan,
    record_promise,
    resolve_dispute,
)
from tests.collection.nights import night, nights, steps, the_case
from tests.collection.plans import approve, propose, rows_of, states
from tests.factories import (
    Company,
    allocate_receipt,
    day,
    make_account,
    make_credit_note,
    make_customer,
    make_invoice,
    make_rate,
    make_receipt,
    make_user,
    money,
)
from tests.rating.making import accept, pays
from tests.rating.making import proposed as rated

ROWS = [("2026-02-10", "400.00"), ("2026-03-10", "600.00")]


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


@pytest.fixture
def overdue(company: Company) -> Any:
    """1,000.00 due on 31 January, with a case since the night of 1 February."""
    make_user("frank", roles.FINANCE_MANAGER)
    make_account(company.customer, limit="100000")
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    night("2026-02-01")
    return invoice


@pytest.fixture
def proposed(company: Company, overdue: Any) -> InstalmentPlan:
    return propose(company.alice, company.customer, [overdue], rows_of(*ROWS))


@pytest.fixture
def plan(proposed: InstalmentPlan) -> InstalmentPlan:
    return approve(proposed)


def pay(company: Company, invoice: Any, amount: str, on: str) -> Any:
    return make_receipt(company.customer, amount, on=on, lines=[(invoice, amount)])


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
class TestPause:
    def test_what_it_covers_is_not_dunned_and_nothing_else_of_it_changes(
        self, company: Company, overdue: Any, proposed: InstalmentPlan
    ) -> None:
        def untouched() -> list[Any]:
            account = CreditAccount.objects.get(customer=company.customer)
            return [
                Invoice.objects.filter(pk=overdue.pk).values("due_on", "open_amount", "open_base")[0],
                (account.receivable, account.reserved),
                ageing_page(AgeingQuery(company.greg, day("2026-02-08"), day("2026-02-08"), (30, 60))).totals,
            ]

        before = untouched()
        approve(proposed)
        at_once = the_case(company.customer)
        assert (at_once.overdue, at_once.planned, at_once.expected, at_once.paused_by) == (
            Decimal("0.00"),
            Decimal("1000.00"),
            Decimal("0.00"),
            "plan",
        )
        assert at_once.paused_until == day("2026-02-11")
        nights("2026-02-04", "2026-02-08")
        case = the_case(company.customer)
        assert (case.overdue, case.planned, case.total, case.paused_by) == (
            at_once.overdue,
            at_once.planned,
            Decimal("1000.00"),
            "plan",
        )
        assert steps(case) == [("call", "2026-02-01")]
        assert untouched() == before
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_other_overdue_invoices_are_still_stepped_and_asked_for(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        make_invoice(company.customer, "500.00", on="2026-01-04", due_on="2026-02-03", term_days=30)
        nights("2026-02-04", "2026-02-08")
        case = the_case(company.customer)
        assert (case.overdue, case.planned, case.paused_by) == (Decimal("500.00"), Decimal("1000.00"), "")
        assert steps(case) == [("call", "2026-02-01"), ("notice", "2026-02-07")]
        prepare_letters(on=day("2026-02-08"))
        letter = case.letters.get()
        assert (letter.base_amount, letter.lines.count()) == (Decimal("500.00"), 1)

    @pytest.mark.thorough
    def test_the_dry_run_of_a_policy_leaves_it_out_as_the_night_does(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        night("2026-02-04")
        policy = the_case(company.customer).policy
        assert dry_run(policy, day("2026-02-07")).cases == 0
        make_invoice(company.customer, "500.00", on="2026-01-04", due_on="2026-02-03", term_days=30)
        found = dry_run(policy, day("2026-02-07"))
        assert [(total.step.code, total.amount) for total in found.steps] == [("notice", Decimal("500.00"))]
        assert night("2026-02-07").steps == 1

    @pytest.mark.thorough
    def test_a_dispute_of_a_part_moves_that_part_and_back(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        night("2026-02-04")
        terms = DisputeTerms(overdue.pk, money("300.00"), "price")
        found: Dispute = open_dispute(actor=company.alice, terms=terms, on=day("2026-02-04"))
        at_once = the_case(company.customer)
        assert (at_once.overdue, at_once.disputed, at_once.planned) == (0, Decimal("300.00"), Decimal("700.00"))
        night("2026-02-05")
        case = the_case(company.customer)
        assert (case.overdue, case.disputed, case.planned, case.paused_by) == (0, 300, 700, "plan")
        resolve_dispute(
            actor=company.alice, dispute_id=found.pk, outcome="withdrawn", resolution="ok", on=day("2026-02-05")
        )
        assert the_case(company.customer).planned == Decimal("1000.00")
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_after_an_opt_out_the_case_rests_for_the_plan_again(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        out = opt_out(
            actor=company.fiona,
            customer_id=company.customer.pk,
            reason="talks",
            on=day("2026-02-03"),
            until=day("2026-03-03"),
        )
        end_opt_out(actor=company.fiona, opt_out_id=out.pk, on=day("2026-02-03"), reason="over")
        case = the_case(company.customer)
        assert (case.paused_by, case.paused_until) == ("plan", day("2026-02-11"))

    @pytest.mark.thorough
    def test_a_promise_for_the_rest_comes_first(self, company: Company, overdue: Any, plan: InstalmentPlan) -> None:
        record_promise(
            actor=company.alice,
            case_id=the_case(company.customer).pk,
            terms=PromiseTerms(money("10.00"), day("2026-02-06")),
            on=day("2026-02-03"),
        )
        night("2026-02-04")
        assert the_case(company.customer).paused_by == "promise"
        assert list(verify_collection()) == []


@pytest.mark.django_db
class TestJudging:
    def test_paid_on_the_day_it_is_kept_and_goes_on(self, company: Company, overdue: Any, plan: InstalmentPlan) -> None:
        pay(company, overdue, "400.00", "2026-02-10")
        night("2026-02-11")
        assert states(plan) == ["running", "open", "open"]
        night("2026-02-12")
        assert states(plan) == ["running", "kept", "open"]
        assert the_case(company.customer).paused_until == day("2026-03-11")
        assert plan.rows.get(number=1).received == Decimal("400.00")

    @pytest.mark.repeats
    @pytest.mark.parametrize(
        ("on", "amount", "outcome"),
        [("2026-02-10", "400.00", "kept"), ("2026-02-11", "400.00", "missed"), ("2026-02-10", "399.99", "missed")],
    )
    def test_the_value_date_counts_and_a_cent_short_breaks(
        self, company: Company, overdue: Any, plan: InstalmentPlan, on: str, amount: str, outcome: str
    ) -> None:
        pay(company, overdue, amount, on)
        night("2026-02-13")
        assert states(plan)[1] == outcome

    @pytest.mark.thorough
    def test_more_than_a_row_counts_for_the_next(self, company: Company, overdue: Any, plan: InstalmentPlan) -> None:
        pay(company, overdue, "500.00", "2026-02-05")
        pay(company, overdue, "500.00", "2026-03-10")
        night("2026-02-12")
        night("2026-03-12")
        assert states(plan) == ["completed", "kept", "kept"]
        assert not Case.objects.filter(state="open").exists()
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_all_paid_early_completes_it_at_once(self, company: Company, overdue: Any, plan: InstalmentPlan) -> None:
        pay(company, overdue, "1000.00", "2026-02-05")
        night("2026-02-06")
        assert states(plan) == ["completed", "kept", "kept"]

    @pytest.mark.thorough
    def test_settled_otherwise_it_is_completed(self, company: Company, overdue: Any, plan: InstalmentPlan) -> None:
        make_credit_note(company.customer, "1000.00", corrects=overdue, on="2026-02-05")
        night("2026-02-12")
        assert states(plan) == ["completed", "kept", "kept"]

    @pytest.mark.thorough
    def test_money_of_before_does_not_count_even_of_the_same_day(self, company: Company, overdue: Any) -> None:
        pay(company, overdue, "200.00", "2026-02-02")
        rows = rows_of(("2026-02-10", "200.00"), ("2026-03-10", "600.00"))
        plan = approve(propose(company.alice, company.customer, [overdue], rows))
        night("2026-02-12")
        assert states(plan)[:2] == ["broken", "missed"]

    @pytest.mark.thorough
    def test_money_that_came_while_it_waited_for_approval_counts(
        self, company: Company, overdue: Any, proposed: InstalmentPlan
    ) -> None:
        pay(company, overdue, "400.00", "2026-02-02")
        approve(proposed)
        night("2026-02-12")
        assert states(proposed)[:2] == ["running", "kept"]

    @pytest.mark.thorough
    def test_money_that_came_in_time_counts_when_it_is_matched_late_or_not_yet(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        late = make_receipt(company.customer, "300.00", on="2026-02-10")
        make_receipt(company.customer, "100.00", on="2026-02-09")
        make_receipt(company.customer, "600.00", on="2026-03-09", instrument="cheque")  # not money yet
        allocate_receipt(late, (overdue, "300.00"), on="2026-02-11")
        assert plan_page(plan).received == Decimal("400.00")
        night("2026-02-12")
        assert (states(plan), plan.rows.get(number=1).received) == (["running", "kept", "open"], Decimal("400.00"))
        night("2026-03-12")
        assert states(plan) == ["broken", "kept", "missed"]

    @pytest.mark.thorough
    def test_money_of_before_the_plan_that_is_not_matched_does_not_count(self, company: Company, overdue: Any) -> None:
        make_receipt(company.customer, "400.00", on="2026-02-01")
        plan = approve(propose(company.alice, company.customer, [overdue], rows_of(*ROWS)))
        night("2026-02-12")
        assert states(plan)[:2] == ["broken", "missed"]

    def test_a_receipt_that_was_reversed_does_not_count(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        receipt = make_receipt(company.customer, "400.00", on="2026-02-05")
        allocate_receipt(receipt, (overdue, "400.00"), on="2026-02-05")
        reverse_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-08"), reason="wrong customer")
        night("2026-02-12")
        assert states(plan) == ["broken", "missed", "void"]

    @pytest.mark.thorough
    def test_money_for_other_invoices_does_not_count(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        other = make_invoice(company.customer, "400.00", on="2026-01-05", due_on="2026-02-05")
        pay(company, other, "400.00", "2026-02-10")
        night("2026-02-12")
        assert states(plan)[0] == "broken"

    def test_broken_it_ends_at_once_steps_one_higher_and_lowers_the_grade_once(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        account = CreditAccount.objects.get(customer=company.customer)
        pays(company.customer)
        accept(company, rated(company, on=day("2026-02-01")), on=day("2026-02-01"))
        before = grade_of(company.customer.pk)
        nights("2026-02-04", "2026-02-11")
        assert steps(the_case(company.customer)) == [("call", "2026-02-01")]
        done = night("2026-02-12")
        assert (done.plans_broken, done.steps) == (1, 1)
        case = the_case(company.customer)
        # Twelve days overdue: the step of day 4, in the night of the break.
        assert steps(case) == [("call", "2026-02-01"), ("notice", "2026-02-12")]
        assert (case.overdue, case.planned, case.paused_by) == (Decimal("1000.00"), 0, "")
        ratings = Rating.objects.filter(account=account, trigger="broken_plan")
        assert [(rating.state, rating.previous, rating.grade) for rating in ratings] == [
            ("provisional", before, lower(before))
        ]
        again = night("2026-02-12")
        assert (again.plans_broken, again.steps) == (0, 0)
        night("2026-02-13")
        assert ratings.count() == 1
        assert TimelineEvent.objects.filter(kind="plan_ended").count() == 1
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_a_broken_plan_raises_the_next_step_before_its_day(self, company: Company) -> None:
        make_user("frank", roles.FINANCE_MANAGER)
        invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
        nights("2026-02-01", "2026-02-04")
        rows = rows_of(("2026-02-04", "400.00"), ("2026-03-10", "600.00"))
        approve(propose(company.alice, company.customer, [invoice], rows, on="2026-02-04"), on="2026-02-04")
        night("2026-02-05")
        night("2026-02-06")
        taken = the_case(company.customer).steps.get(policy_step__code="cause")  # of day 7, on day 6
        assert (str(taken.on), taken.raised) == ("2026-02-06", True)

    @pytest.mark.thorough
    def test_a_night_undone_half_way_is_done_as_if_for_the_first_time(
        self, company: Company, overdue: Any, plan: InstalmentPlan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(escalation, "tell", killed)
            with pytest.raises(RuntimeError):
                night("2026-02-12")
        assert states(plan) == ["running", "open", "open"]
        assert not TimelineEvent.objects.filter(kind="plan_ended").exists()
        assert night("2026-02-12").plans_broken == 1

    @pytest.mark.thorough
    def test_missed_nights_break_it_at_the_first_row_that_was_missed(
        self, company: Company, overdue: Any, plan: InstalmentPlan
    ) -> None:
        pay(company, overdue, "400.00", "2026-02-10")
        night("2026-04-20")
        assert states(plan) == ["broken", "kept", "missed"]

    @pytest.mark.thorough
    def test_another_plan_may_follow_a_broken_one(self, company: Company, overdue: Any, plan: InstalmentPlan) -> None:
        night("2026-02-12")
        rows = rows_of(("2026-02-20", "500.00"), ("2026-03-20", "500.00"))
        again = propose(company.alice, company.customer, [overdue], rows, on="2026-02-12")
        assert figures_for([again.approval])[again.approval_id]["broken_plans"] == 1


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
