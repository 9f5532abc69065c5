"""Promises, disputes and opt-outs: what pauses a case, for how long, and how it goes on."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from crm.core.errors import NotAllowed
from customers.models import TimelineEvent
from receivables.errors.collection import (
    DisputeTooMuch,
    OptOutStands,
    OutcomeIncomplete,
    PromiseDatePast,
    PromiseStandsAlready,
    PromiseTooFar,
)
from receivables.models import Case, CaseStep, CollectionContact, DunningOptOut, Invoice, PaymentPromise
from receivables.services import bounce_receipt, clear_receipt, reverse_receipt, take_back
from receivables.services.collection import (
    DisputeTerms,
    PromiseTerms,
    end_opt_out,
    log_contact,
    open_dispute,
    opt_out,
    record_promise,
    resolve_dispute,
)
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, nights, steps, the_case
from tests.factories import (
    Company,
    allocate_receipt,
    day,
    make_credit_note,
    make_customer,
    make_entity,
    make_invoice,
    make_rate,
    make_receipt,
    money,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def overdue(company: Company) -> Any:
    """1,000.00 due on 31 January, with a case since the night of 1 February."""
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    night("2026-02-01")
    return invoice


def promise(company: Company, amount: str = "1000.00", until: str = "2026-02-10", **more: Any) -> PaymentPromise:
    return record_promise(
        actor=company.alice,
        case_id=the_case(company.customer).pk,
        terms=PromiseTerms(money(amount), day(until), **more),
        on=day("2026-02-02"),
    )


def state(given: PaymentPromise) -> str:
    return PaymentPromise.objects.get(pk=given.pk).state


class TestPromises:
    def test_a_valid_promise_pauses_the_case_until_its_grace_is_over(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        assert the_case(company.customer).paused_until == day("2026-02-11")
        nights("2026-02-03", "2026-02-11")
        assert steps(the_case(company.customer)) == [("call", "2026-02-01")]
        assert state(given) == "open"
        night("2026-02-12")
        assert state(given) == "broken"

    def test_paid_in_the_last_minute_it_is_kept(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        # Value date of the promised day, entered the morning after: the grace is there for that.
        make_receipt(company.customer, "1000.00", on="2026-02-10", lines=[(overdue, "1000.00")])
        night("2026-02-12")
        assert state(given) == "kept"
        assert not Case.objects.filter(state="open").exists()

    def test_paid_a_day_late_it_is_broken(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        make_invoice(company.customer, "500.00", on="2026-01-02", due_on="2026-02-01")
        make_receipt(company.customer, "1000.00", on="2026-02-11", lines=[(overdue, "1000.00")])
        night("2026-02-12")
        assert state(given) == "broken"

    def test_a_cent_less_keeps_it_partly_and_raises_nothing(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        make_receipt(company.customer, "850.00", on="2026-02-09", lines=[(overdue, "850.00")])
        night("2026-02-12")
        given.refresh_from_db()
        assert (given.state, given.received) == ("partly", Decimal("850.00"))
        assert the_case(company.customer).raise_next is False

    def test_money_that_came_before_it_was_given_does_not_keep_it(self, company: Company, overdue: Any) -> None:
        make_receipt(company.customer, "400.00", on="2026-02-01", lines=[(overdue, "400.00")])
        given = promise(company, "600.00")
        night("2026-02-12")
        assert state(given) == "broken"

    def test_money_that_came_in_time_counts_when_it_is_matched_late(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        receipt = make_receipt(company.customer, "1000.00", on="2026-02-10")
        allocate_receipt(receipt, (overdue, "1000.00"), on="2026-02-11")
        night("2026-02-12")
        assert state(given) == "kept"

    def test_money_that_came_in_time_counts_when_it_is_not_matched_yet(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        receipt = make_receipt(company.customer, "900.00", on="2026-02-09")
        match = allocate_receipt(receipt, (overdue, "900.00"), on="2026-02-09")[0]
        take_back(actor=None, allocation_id=match.pk, on=day("2026-02-10"))
        make_receipt(company.customer, "100.00", on="2026-02-10")
        make_receipt(make_customer(owner=company.alice), "5000.00", on="2026-02-10")
        night("2026-02-12")
        assert (state(given), PaymentPromise.objects.get(pk=given.pk).received) == ("kept", Decimal("1000.00"))
        assert the_case(company.customer).raise_next is False

    @pytest.mark.repeats
    @pytest.mark.parametrize("fate", ["reversed", "bounced", "uncleared", "another entity", "another currency"])
    def test_what_is_not_money_of_this_party_does_not_count(self, company: Company, overdue: Any, fate: str) -> None:
        make_rate("USD", "7.10")
        given = promise(company)
        instrument = "cheque" if fate in ("bounced", "uncleared") else "transfer"
        entity = make_entity("SZ") if fate == "another entity" else None
        currency = "USD" if fate == "another currency" else "CNY"
        receipt = make_receipt(
            company.customer, "1000.00", on="2026-02-05", instrument=instrument, entity=entity, currency=currency
        )
        if fate == "reversed":
            reverse_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-08"), reason="wrong customer")
        if fate == "bounced":
            bounce_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-08"), reason="no cover")
        night("2026-02-12")
        assert state(given) == "broken"

    def test_a_cheque_counts_with_what_it_settles_or_when_it_has_cleared(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        lines = [(overdue, "300.00")]
        make_receipt(company.customer, "500.00", on="2026-02-05", instrument="cheque", lines=lines)
        cleared = make_receipt(company.customer, "200.00", on="2026-02-05", instrument="cheque")
        clear_receipt(actor=None, receipt_id=cleared.pk, on=day("2026-02-11"))
        night("2026-02-12")
        assert (state(given), PaymentPromise.objects.get(pk=given.pk).received) == ("partly", Decimal("500.00"))

    @pytest.mark.thorough
    def test_a_case_settled_otherwise_keeps_the_promise(self, company: Company, overdue: Any) -> None:
        given = promise(company)
        make_credit_note(company.customer, "1000.00", corrects=overdue, on="2026-02-04")
        assert Invoice.objects.get(pk=overdue.pk).open_amount == 0
        nights("2026-02-05", "2026-02-12")
        assert state(given) == "kept"

    @pytest.mark.thorough
    def test_a_broken_promise_resumes_one_step_higher_the_same_night(self, company: Company, overdue: Any) -> None:
        nights("2026-02-02", "2026-02-08")
        assert steps(the_case(company.customer))[-1] == ("cause", "2026-02-07")
        record_promise(
            actor=None,
            case_id=the_case(company.customer).pk,
            terms=PromiseTerms(money("1000.00"), day("2026-02-08")),
            on=day("2026-02-08"),
        )
        night("2026-02-10")  # by its days the next step would come in the night of 10 February anyway
        case = the_case(company.customer)
        assert steps(case)[-1] == ("formal", "2026-02-10")
        promise_again = record_promise(
            actor=None, case_id=case.pk, terms=PromiseTerms(money("1000.00"), day("2026-02-12")), on=day("2026-02-10")
        )
        night("2026-02-14")
        last = case.steps.order_by("-on").first()
        assert state(promise_again) == "broken"
        assert (last.policy_step.code, str(last.on), last.raised) == ("manager", "2026-02-14", True)
        night("2026-02-15")
        assert case.steps.count() == 5  # the raise was for one step
        assert list(verify_collection()) == []

    def test_one_promise_stands_unless_the_next_replaces_it(self, company: Company, overdue: Any) -> None:
        first = promise(company)
        with pytest.raises(PromiseStandsAlready):
            promise(company, until="2026-02-12")
        promise(company, until="2026-02-12", replace=True)
        assert state(first) == "replaced"
        assert the_case(company.customer).paused_until == day("2026-02-13")

    def test_a_promise_is_for_the_future_and_not_for_ever(self, company: Company, overdue: Any) -> None:
        with pytest.raises(PromiseDatePast):
            promise(company, until="2026-02-01")
        with pytest.raises(PromiseTooFar):
            promise(company, until="2026-03-05")  # 31 days
        promise(company, until="2026-03-04")

    def test_strangers_and_readers_promise_nothing(self, company: Company, overdue: Any) -> None:
        for actor in (company.charlie, company.greg):
            with pytest.raises(NotAllowed):
                record_promise(
                    actor=actor,
                    case_id=the_case(company.customer).pk,
                    terms=PromiseTerms(money("1.00"), day("2026-02-10")),
                    on=day("2026-02-02"),
                )
        assert not PaymentPromise.objects.exists()


class TestDisputes:
    def dispute(self, company: Company, invoice: Any, amount: str, **more: Any) -> Any:
        terms = DisputeTerms(invoice.pk, money(amount), "quality", **more)
        return open_dispute(actor=company.alice, terms=terms, on=day("2026-02-02"))

    def test_a_disputed_part_leaves_dunning_and_stays_visible(self, company: Company, overdue: Any) -> None:
        self.dispute(company, overdue, "300.00")
        case = the_case(company.customer)
        at_once = (case.overdue, case.disputed, case.expected, case.formula)
        night("2026-02-03")
        case.refresh_from_db()
        assert (case.overdue, case.disputed) == (Decimal("700.00"), Decimal("300.00"))
        assert (case.overdue, case.disputed, case.expected, case.formula) == at_once
        assert case.paused_by == ""
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_a_case_in_dispute_as_a_whole_waits_and_goes_on_where_it_stood(
        self, company: Company, overdue: Any
    ) -> None:
        found = self.dispute(company, overdue, "1000.00")
        assert the_case(company.customer).paused_by == "dispute"
        nights("2026-02-03", "2026-02-20")
        case = the_case(company.customer)
        assert (steps(case), case.cycle, case.overdue) == ([("call", "2026-02-01")], 1, Decimal("0.00"))
        resolve_dispute(
            actor=company.alice, dispute_id=found.pk, outcome="we_are_right", resolution="signed", on=day("2026-02-20")
        )
        nights("2026-02-21", "2026-02-23")
        assert steps(case) == [("call", "2026-02-01"), ("notice", "2026-02-21"), ("cause", "2026-02-22")]
        assert the_case(company.customer).cycle == 1

    def test_no_more_is_disputed_than_is_open(self, company: Company, overdue: Any) -> None:
        self.dispute(company, overdue, "600.00")
        with pytest.raises(DisputeTooMuch):
            self.dispute(company, overdue, "400.01")
        self.dispute(company, overdue, "400.00")

    def test_its_owner_resolves_it_and_so_may_a_superior_but_no_colleague(self, company: Company, overdue: Any) -> None:
        found = self.dispute(company, overdue, "600.00", owner_id=company.mona.pk)
        ended = {"dispute_id": found.pk, "outcome": "withdrawn", "resolution": "said so", "on": day("2026-02-05")}
        with pytest.raises(NotAllowed):
            resolve_dispute(actor=company.alice, **ended)
        assert resolve_dispute(actor=company.fiona, **ended).state == "resolved"


class TestOptOut:
    def test_no_step_is_taken_until_the_last_day_is_over(self, company: Company, overdue: Any) -> None:
        opt_out(
            actor=None, customer_id=company.customer.pk, reason="merger", on=day("2026-02-02"), until=day("2026-02-10")
        )
        nights("2026-02-03", "2026-02-10")
        assert the_case(company.customer).paused_by == "opt_out"
        assert len(steps(the_case(company.customer))) == 1
        night("2026-02-11")
        assert len(steps(the_case(company.customer))) == 2

    def test_ended_early_dunning_goes_on_and_a_promise_still_counts(self, company: Company, overdue: Any) -> None:
        promise(company, until="2026-02-20")
        found = opt_out(
            actor=None, customer_id=company.customer.pk, reason="merger", on=day("2026-02-03"), until=day("2026-02-25")
        )
        assert the_case(company.customer).paused_by == "opt_out"
        end_opt_out(actor=None, opt_out_id=found.pk, on=day("2026-02-04"), reason="done")
        assert the_case(company.customer).paused_by == "promise"
        night("2026-02-05")
        assert the_case(company.customer).paused_by == "promise"

    def test_a_customer_is_out_once_at_a_time_and_again_when_the_first_has_ended(self, company: Company) -> None:
        who: dict[str, Any] = {"actor": company.fiona, "customer_id": company.customer.pk}
        first = opt_out(**who, reason="merger", on=day("2026-02-02"), until=day("2026-02-10"))
        with pytest.raises(OptOutStands, match="2026-02-10"):
            opt_out(**who, reason="again", on=day("2026-02-10"), until=day("2026-02-20"))
        assert DunningOptOut.objects.get() == first
        assert TimelineEvent.objects.filter(kind="dunning_opt_out").count() == 1
        end_opt_out(actor=company.fiona, opt_out_id=first.pk, on=day("2026-02-05"), reason="done")
        opt_out(**who, reason="again", on=day("2026-02-05"), until=day("2026-02-20"))
        assert list(DunningOptOut.objects.filter(ended_on=None).values_list("until", flat=True)) == [day("2026-02-20")]

    @pytest.mark.thorough
    def test_ended_early_a_case_in_dispute_as_a_whole_still_waits(self, company: Company, overdue: Any) -> None:
        found = opt_out(
            actor=None, customer_id=company.customer.pk, reason="merger", on=day("2026-02-02"), until=day("2026-02-25")
        )
        terms = DisputeTerms(overdue.pk, money("1000.00"), "quality")
        open_dispute(actor=company.alice, terms=terms, on=day("2026-02-02"))
        end_opt_out(actor=None, opt_out_id=found.pk, on=day("2026-02-03"), reason="done")
        case = the_case(company.customer)
        assert (case.paused_by, case.paused_until) == ("dispute", None)


class TestContacts:
    def test_a_call_with_a_promise_is_one_thing(self, company: Company, overdue: Any) -> None:
        case = the_case(company.customer)
        with pytest.raises(OutcomeIncomplete):
            log_contact(actor=company.alice, case_id=case.pk, outcome="promised", on=day("2026-02-02"))
        found = log_contact(
            actor=company.alice,
            case_id=case.pk,
            outcome="promised",
            on=day("2026-02-02"),
            note="pays on Friday",
            promise=PromiseTerms(money("1000.00"), day("2026-02-06")),
        )
        case.refresh_from_db()
        assert (case.last_contact_id, case.paused_by, case.next_on) == (found.pk, "promise", day("2026-02-06"))
        assert case.steps.get().state == CaseStep.State.DONE

    def test_unreachable_leaves_the_call_to_do(self, company: Company, overdue: Any) -> None:
        case = the_case(company.customer)
        log_contact(actor=company.alice, case_id=case.pk, outcome="unreachable", on=day("2026-02-02"))
        assert case.steps.get().state == CaseStep.State.TODO
        assert CollectionContact.objects.count() == 1

    def test_a_refused_promise_leaves_no_contact_behind(self, company: Company, overdue: Any) -> None:
        with pytest.raises(PromiseDatePast):
            log_contact(
                actor=company.alice,
                case_id=the_case(company.customer).pk,
                outcome="promised",
                on=day("2026-02-02"),
                promise=PromiseTerms(money("1000.00"), dt.date(2026, 2, 1)),
            )
        assert not CollectionContact.objects.exists()
