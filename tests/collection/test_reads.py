"""The work list and a case's page: in the right order, for the right eyes, in a fixed number of statements."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.jobs.nightly import run_now
from crm.notices.models import Notice
from receivables.models import Case, CollectionRate, Invoice, PaymentPrediction
from receivables.rules.collection import expected_of
from receivables.selectors.collection import case_page, formula_of, work_list
from receivables.services.collection import DisputeTerms, PromiseTerms, log_contact, open_dispute, resolve_dispute
from receivables.services.collection.rates import refresh_collection_rates
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, nights, the_case
from tests.factories import Company, day, make_credit_note, make_customer, make_invoice, make_receipt, money

pytestmark = pytest.mark.django_db
ON = day("2026-02-20")


@pytest.fixture
def owed(company: Company) -> list[Any]:
    """A little that is fresh, much that is old, more that is old, and a stranger's."""
    found = [company.customer, *(make_customer(owner=company.alice) for _number in range(2))]
    strangers = make_customer(owner=company.charlie)
    make_invoice(found[0], "1000.00", on="2026-01-20", due_on="2026-02-10")
    make_invoice(found[1], "1200.00", on="2025-08-01", due_on="2025-09-01")
    make_invoice(found[2], "9000.00", on="2025-08-01", due_on="2025-09-01")
    make_invoice(strangers, "100000.00", on="2026-01-20", due_on="2026-02-10")
    night(ON)
    return [*found, strangers]


class TestWorkList:
    def test_whoever_is_likely_to_pay_most_comes_first(self, company: Company, owed: list[Any]) -> None:
        """Usual rates: .75 in the first month, .25 from 91 to 180 days; so 2,250 before 750 before 300."""
        assert [(case.customer, case.expected) for case in work_list(company.alice, ON)] == [
            (owed[2], Decimal("2250.00")),
            (owed[0], Decimal("750.00")),
            (owed[1], Decimal("300.00")),
        ]

    def test_everybody_sees_their_own_customers(self, company: Company, owed: list[Any]) -> None:
        seen = {user.username: work_list(user, ON).count() for user in (company.alice, company.bob, company.charlie)}
        assert seen == {"alice": 3, "bob": 0, "charlie": 1}
        assert (work_list(company.mona, ON).count(), work_list(company.fiona, ON).count()) == (3, 4)

    def test_who_promised_or_asked_for_a_later_call_is_left_out(self, company: Company, owed: list[Any]) -> None:
        log_contact(
            actor=company.alice,
            case_id=the_case(owed[0]).pk,
            outcome="promised",
            on=ON,
            promise=PromiseTerms(money("1000.00"), day("2026-02-25")),
        )
        log_contact(
            actor=company.alice, case_id=the_case(owed[1]).pk, outcome="reached", on=ON, next_on=day("2026-02-23")
        )
        assert [case.customer for case in work_list(company.alice, ON)] == [owed[2]]
        assert work_list(company.alice, day("2026-02-23")).count() == 2
        assert work_list(company.alice, ON, paused=True).count() == 3

    def test_a_prediction_takes_the_place_of_the_rate(self, company: Company, owed: list[Any]) -> None:
        PaymentPrediction.objects.create(
            invoice=Invoice.objects.get(customer=owed[1]),
            expected_on=day("2026-03-01"),
            late_probability=0.1,
            model_version="1",
            made_on=ON,
        )
        night("2026-02-21")
        case = the_case(owed[1])
        (line,) = formula_of(case)
        assert (line.source, line.open_amount, line.rate, case.expected) == (
            "prediction", Decimal("1200.00"), Decimal("0.9000"), Decimal("1080.00"),
        )  # fmt: skip

    def test_a_prediction_made_before_the_due_date_says_nothing_of_what_is_overdue(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
        PaymentPrediction.objects.create(
            invoice=invoice,
            expected_on=day("2026-03-01"),
            late_probability=0.97,
            model_version="1",
            made_on=day("2026-01-31"),
        )
        night("2026-02-01")
        (line,) = formula_of(the_case(company.customer))
        assert (line.source, line.rate) == ("history", CollectionRate.objects.get(days_from=1).rate.quantize(line.rate))
        PaymentPrediction.objects.update(made_on=day("2026-02-01"))
        night("2026-02-02")
        (line,) = formula_of(the_case(company.customer))
        assert (line.source, line.rate) == ("prediction", Decimal("0.0300"))

    def test_the_formula_adds_up(self, company: Company, owed: list[Any]) -> None:
        make_invoice(owed[0], "333.33", on="2025-10-01", due_on="2025-11-01")
        night("2026-02-21")
        for case in Case.objects.all():
            assert expected_of(formula_of(case)) == case.expected
            assert sum(line.open_amount for line in formula_of(case)) == case.overdue

    def test_one_statement_however_many_cases(self, company: Company, owed: list[Any]) -> None:
        assert company.fiona.scope  # asked for once a request
        with CaptureQueriesContext(connection) as queries:
            for case in work_list(company.fiona, ON):
                assert case.customer.owner
                assert case.step
        assert len(queries) == 1


class TestCasePage:
    def queries(self, case: Case) -> int:
        with CaptureQueriesContext(connection) as found:
            case_page(case, ON)
        return len(found)

    @pytest.mark.thorough
    def test_it_costs_the_same_for_a_full_case_as_for_a_fresh_one(self, company: Company, owed: list[Any]) -> None:
        case = Case.objects.select_related("policy").get(pk=the_case(owed[0]).pk)
        fresh = self.queries(case)
        for number in range(3):
            make_invoice(owed[0], "50.00", on="2026-01-20", due_on="2026-02-11")
            log_contact(actor=company.alice, case_id=case.pk, outcome="reached", on=ON, note=str(number))
        make_receipt(owed[0], "20.00", on="2026-02-12")
        make_credit_note(owed[0], "5.00", on="2026-02-12")
        assert self.queries(Case.objects.select_related("policy").get(pk=case.pk)) == fresh <= 14

    def test_it_says_what_comes_next_and_what_is_not_matched(self, company: Company, owed: list[Any]) -> None:
        make_receipt(owed[0], "20.00", on="2026-02-12")
        page = case_page(the_case(owed[0]), ON)
        assert page.next_step is not None
        assert (page.next_step.code, page.next_step_on) == ("notice", day("2026-02-22"))
        assert (page.unallocated, page.last_posting_on) == ([("CNY", Decimal("20.00"))], day("2026-02-12"))
        assert page.cause_missing is True
        assert [rung.taken is not None for rung in page.ladder][:2] == [True, False]
        assert [(invoice.days, invoice.chased) for invoice in page.overdue_invoices] == [(10, Decimal("1000.00"))]


class TestRates:
    def test_a_rate_is_what_was_collected_of_what_entered_the_bucket(self, company: Company) -> None:
        """1,000 due 1 September: 400 within a month, 300 of the remaining 600 in the second, 100 of it credited."""
        invoice = make_invoice(company.customer, "1000.00", on="2025-08-01", due_on="2025-09-01")
        make_receipt(company.customer, "400.00", on="2025-10-01", lines=[(invoice, "400.00")])  # day 30
        make_receipt(company.customer, "300.00", on="2025-10-02", lines=[(invoice, "300.00")])  # day 31
        rates = {rate.days_from: (rate.entered, rate.collected, rate.rate) for rate in refresh_collection_rates(on=ON)}
        assert rates[1] == (Decimal("1000.00"), Decimal("400.00"), Decimal("0.400000"))
        assert rates[31] == (Decimal("600.00"), Decimal("300.00"), Decimal("0.500000"))
        assert rates[61] == (Decimal("300.00"), Decimal("0.00"), Decimal("0.000000"))
        assert rates[181][0] == 0  # nothing has been through that bucket yet: the usual rate stands
        assert rates[181][2] == Decimal("0.15")
        assert CollectionRate.objects.count() == 6


def test_the_night_does_it_all_and_tells_the_manager(company: Company) -> None:
    make_invoice(company.customer, "1000.00", on="2025-12-01", due_on="2026-01-01", term_days=30)
    nights("2026-01-02", "2026-01-30")
    run_now(on=day("2026-02-15"), steps=["collection_rates", "escalation", "collection_notices"])
    case = the_case(company.customer)
    assert (case.looked_on, case.step.code) == (day("2026-02-15"), "manager")
    notice = Notice.objects.get(kind="cases_escalated")
    assert (notice.user, notice.params["count"], notice.params["amount"]) == (company.mona, 1, "1000.00")
    assert list(verify_collection()) == []


def test_what_is_disputed_is_said_in_the_drill_down_of_ageing(company: Company) -> None:
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
    terms = DisputeTerms(invoice.pk, money("250.00"), "price")
    dispute = open_dispute(actor=company.alice, terms=terms, on=day("2026-02-05"))
    resolve_dispute(
        actor=company.alice, dispute_id=dispute.pk, outcome="withdrawn", resolution="ok", on=day("2026-02-09")
    )
    client = Client()
    client.force_login(company.fiona)

    def said(as_at: str) -> str:
        address = reverse("receivables:ageing_documents")
        return client.get(address, {"as_at": as_at, "cell": "total"}).content.decode()

    assert "250.00 in dispute" in said("2026-02-05")
    assert "250.00 in dispute" in said("2026-02-08")
    for as_at in ("2026-02-04", "2026-02-09"):
        assert "1,000.00" in said(as_at)
        assert "in dispute" not in said(as_at)
