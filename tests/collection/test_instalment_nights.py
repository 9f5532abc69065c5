"""Instalment plans night by night: what they pause, how they are judged, and what a broken one does."""

from decimal import Decimal
from typing import Any

import pytest

from credit.models import CreditAccount, Rating
from credit.rules.ratings import lower
from credit.selectors.accounts import grade_of
from crm.accounts import roles
from customers.models import TimelineEvent
from receivables.approval import figures_for
from receivables.models import Case, Dispute, InstalmentPlan, Invoice
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
    record_promise,
    resolve_dispute,
)
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, nights, steps, the_case
from tests.collection.plans import ROWS, approve, pay, propose, rows_of, states
from tests.factories import (
    Company,
    allocate_receipt,
    day,
    make_credit_note,
    make_invoice,
    make_receipt,
    make_user,
    money,
)
from tests.rating.making import accept, pays
from tests.rating.making import proposed as rated


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
