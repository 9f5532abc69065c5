"""The life of a case: opened, one step a night, paused, closed; each rule at its edge."""

import datetime as dt
from decimal import Decimal

import pytest

from receivables.models import Case
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, nights, steps, the_case
from tests.factories import Company, make_invoice, make_receipt

pytestmark = pytest.mark.django_db


class TestOpening:
    def test_nothing_happens_on_the_due_date_and_a_case_opens_the_night_after(self, company: Company) -> None:
        make_invoice(company.customer, "5000.00", on="2026-01-01", due_on="2026-01-31")
        assert night("2026-01-31").opened == 0
        assert night("2026-02-01").opened == 1
        case = the_case(company.customer)
        assert (case.overdue, case.items, case.days_overdue(dt.date(2026, 2, 1))) == (Decimal("5000.00"), 1, 1)
        assert steps(case) == [("call", "2026-02-01")]

    def test_the_tolerance_itself_raises_no_case_and_a_cent_more_does(self, company: Company) -> None:
        make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-31")
        assert night("2026-02-01").opened == 0
        make_invoice(company.customer, "0.01", on="2026-01-01", due_on="2026-01-31")
        assert night("2026-02-02").opened == 1

    def test_what_was_paid_the_day_before_is_known_and_what_is_paid_on_the_day_is_not(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "5000.00", on="2026-01-01", due_on="2026-01-31")
        make_receipt(company.customer, "5000.00", on="2026-02-01", lines=[(invoice, "5000.00")])
        assert night("2026-02-01").opened == 1
        assert night("2026-02-02").closed == 1
        assert not Case.objects.filter(state="open").exists()

    def test_a_customer_whose_limit_was_never_set_has_no_case_before_something_is_overdue(
        self, company: Company
    ) -> None:
        make_invoice(company.customer, "900000.00", on="2026-01-01", due_on="2026-03-31")
        assert night("2026-02-01").opened == 0


class TestLadder:
    @pytest.mark.thorough
    def test_the_ladder_of_a_customer_with_sixty_days(self, company: Company) -> None:
        make_invoice(company.customer, "5000.00", on="2026-01-01", due_on="2026-03-02", term_days=60)
        nights("2026-03-01", "2026-07-15")
        case = the_case(company.customer)
        assert [(code, (dt.date.fromisoformat(on) - dt.date(2026, 3, 2)).days) for code, on in steps(case)] == [
            ("call", 1), ("notice", 4), ("cause", 7), ("formal", 20), ("manager", 30), ("stop", 45),
            ("lawyer", 75), ("legal", 90),
        ]  # fmt: skip
        assert list(verify_collection()) == []
