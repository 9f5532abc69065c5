"""Exactly once: the night run again, runs that cross, runs that are killed, nights that were missed."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction

from receivables.models import Case, CaseStep, Invoice, Letter
from receivables.services.collection import escalate, escalation, prepare_letters
from receivables.verification.collection import verify_collection
from tests.collection.nights import CLOCK, night, nights, steps, the_case
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import day, make_account, make_company, make_customer, make_invoice, make_receipt

DUE = dt.date(2026, 1, 31)


def overdue_company(customers: int = 3) -> list[Any]:
    company = make_company()
    found = [make_customer(owner=company.alice) for _number in range(customers)]
    for customer in found:
        make_invoice(customer, "5000.00", on="2026-01-01", due_on=DUE, term_days=30)
    return found


def everything() -> list[Any]:
    return [
        list(Case.objects.order_by("pk").values_list()),
        list(CaseStep.objects.order_by("pk").values_list()),
        list(Letter.objects.order_by("pk").values_list()),
    ]


@pytest.mark.django_db
class TestAgain:
    @pytest.mark.thorough
    def test_the_same_night_again_changes_nothing(self) -> None:
        overdue_company()
        nights("2026-02-01", "2026-02-04")
        prepare_letters(on=day("2026-02-04"))
        before = everything()
        again = night("2026-02-04")
        prepare_letters(on=day("2026-02-04"))
        assert (again.opened, again.looked_at, again.steps) == (0, 0, 0)
        assert everything() == before

    @pytest.mark.thorough
    def test_an_earlier_night_again_changes_nothing(self) -> None:
        customers = overdue_company()
        nights("2026-02-01", "2026-02-05")
        before = everything()
        assert night("2026-02-03").steps == 0
        assert everything() == before
        # Nor does it open again what was paid and closed since.
        for customer in customers:
            invoice = Invoice.objects.get(customer=customer)
            make_receipt(customer, "5000.00", on="2026-02-05", lines=[(invoice, "5000.00")])
        assert night("2026-02-06").closed == 3
        assert night("2026-02-04").opened == 0

    def test_missed_nights_advance_a_case_by_one_step(self) -> None:
        customers = overdue_company()
        night("2026-02-01")
        assert night("2026-03-20").steps == 3
        assert [code for code, _on in steps(the_case(customers[0]))] == ["call", "notice"]

    @pytest.mark.thorough
    def test_missed_nights_caught_up_one_by_one_in_a_morning_advance_it_by_one_step_too(self) -> None:
        customers = overdue_company()
        night("2026-02-01")
        morning = dt.datetime(2026, 3, 20, 9, 0, tzinfo=CLOCK)
        for missed in range(40):
            escalate(on=dt.date(2026, 2, 9) + dt.timedelta(days=missed), recorded_at=morning)
        assert [code for code, _on in steps(the_case(customers[0]))] == ["call", "notice"]

    def test_the_database_refuses_a_second_step_of_a_cycle_a_night_and_a_day(self) -> None:
        customers = overdue_company(1)
        night("2026-02-01")
        taken = the_case(customers[0]).steps.get()
        other = taken.case.policy.steps.get(code="legal")
        for changes in (
            {"on": day("2026-02-02"), "run_on": day("2026-02-02")},
            {"policy_step": other, "run_on": day("2026-02-02")},
            {"policy_step": other, "on": day("2026-02-02")},
        ):
            fields = {"policy_step": taken.policy_step, "on": taken.on, "run_on": taken.run_on, **changes}
            with pytest.raises(IntegrityError), transaction.atomic():
                CaseStep.objects.create(case=taken.case, cycle=1, amount=1, days=1, **fields)


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
class TestTwoRunsAtOnce:
    """What the last step was about is paid, so the next cycle begins: once, however many runs see it."""

    def run_both(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Case, Rendezvous]:
        (customer,) = overdue_company(1)
        make_invoice(customer, "700.00", on="2026-01-20", due_on="2026-02-10")
        night("2026-02-01")
        make_receipt(customer, "5000.00", on="2026-02-02", lines=[(Invoice.objects.get(due_on=DUE), "5000.00")])
        meeting, rows = Rendezvous(lambda: None), escalation.rows

        def rows_together(sql: str, found: Any) -> Any:
            if sql == escalation.REFRESH_CASES:
                meeting()
            return rows(sql, found)

        monkeypatch.setattr(escalation, "rows", rows_together)
        answers = at_once(lambda: night("2026-02-11"), lambda: night("2026-02-11"))
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        return the_case(customer), meeting

    def test_without_the_lock_the_cycle_begins_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(escalation, "LOCK_CASES", escalation.LOCK_CASES.replace("FOR NO KEY UPDATE", ""))
        case, meeting = self.run_both(monkeypatch)
        assert meeting.met
        assert case.cycle == 3

    def test_with_it_the_cycle_begins_once_and_one_step_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        case, meeting = self.run_both(monkeypatch)
        assert not meeting.met
        assert case.cycle == 2
        assert steps(case) == [("call", "2026-02-01"), ("call", "2026-02-11")]
        assert list(verify_collection()) == []


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
class TestKilled:
    @pytest.mark.parametrize("place", ["lock_cases", "fill_tables", "tell", "resume_supply", "stop"])
    def test_a_night_that_dies_anywhere_leaves_nothing_and_is_done_once_afterwards(
        self, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        customers = overdue_company()
        make_account(customers[0], limit="1")
        nights("2026-02-01", "2026-02-02")
        before = everything()
        real = getattr(escalation, place)

        def die(*args: Any, **kwargs: Any) -> Any:
            real(*args, **kwargs)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            raise AssertionError("the connection is gone")

        with monkeypatch.context() as patched:
            patched.setattr(escalation, place, die)
            (answer,) = at_once(lambda: night("2026-02-04"))
        assert isinstance(answer, DatabaseError | InterfaceError), answer
        assert everything() == before
        assert night("2026-02-04").steps == 3
        assert {len(steps(the_case(customer))) for customer in customers} == {2}
        assert list(verify_collection()) == []
