"""Credit accounts: movements, reservations, terms and the summary."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit import services
from credit.errors import NothingReserved, NotStricter, OpeningOver, ReservationExceeded, TermsInvalid
from credit.models import Balance, CreditAccount, CreditEntry, OpenByDueDate, Verb
from credit.selectors.accounts import account_summary
from credit.services import Movement
from credit.verification import verify_credit
from crm.core.errors import AmountNotPositive, NotAllowed, ReasonMissing
from customers.models import TimelineEvent
from tests.factories import (
    Company,
    account_of,
    day,
    make_account,
    make_customer,
    make_invoice,
    make_receipt,
    money,
    reserve,
)
from tests.receivables.kernel.checks import everything


def movement(balance: str, verb: str, base: str, due: str | None = None, source_id: int = 1) -> Movement:
    return Movement(
        balance=balance,
        verb=verb,
        base_amount=money(base),
        currency="USD",
        amount=money(base) / 2,
        on=day("2026-01-10"),
        due_on=day(due) if due else None,
        source_kind="invoice",
        source_id=source_id,
    )


class TestMovements:
    def test_entries_sums_and_due_dates_are_one_statement(self, company: Company) -> None:
        account = services.lock_account(customer_id=company.customer.pk)
        services.record(account=account, movements=[movement(Balance.RECEIVABLE, Verb.CHARGE, "1", "2026-02-01")])
        moves = [
            movement(Balance.RECEIVABLE, Verb.CHARGE, "100.00", "2026-02-01"),
            movement(Balance.RECEIVABLE, Verb.CHARGE, "50.00", "2026-03-01"),
            movement(Balance.RECEIVABLE, Verb.SETTLE, "-1.00", "2026-02-01"),
            movement(Balance.UNALLOCATED, Verb.SETTLE, "7.00"),
            movement(Balance.UNCLEARED, Verb.SETTLE, "3.00"),
        ]
        with CaptureQueriesContext(connection) as captured:
            services.record(account=account, movements=moves, actor_id=company.anna.pk)
        assert len(captured) == 1
        account = account_of(company.customer)
        assert (account.receivable, account.unallocated, account.uncleared) == (150, 7, 3)
        assert list(OpenByDueDate.objects.order_by("due_on").values_list("due_on", "open_amount")) == [
            (day("2026-02-01"), 100),
            (day("2026-03-01"), 50),
        ]
        entries = CreditEntry.objects.filter(created_by=company.anna).order_by("pk")
        assert [entry.base_amount for entry in entries] == [100, 50, -1, 7, 3]
        assert entries[0].amount == 50
        assert list(verify_credit()) == []

    def test_lowering_a_due_date_that_is_not_there_is_an_error_of_the_programmer(self, company: Company) -> None:
        account = services.lock_account(customer_id=company.customer.pk)
        services.record(account=account, movements=[movement(Balance.RECEIVABLE, Verb.CHARGE, "100", "2026-02-01")])
        with pytest.raises(RuntimeError, match="due date"):
            services.record(account=account, movements=[movement(Balance.RECEIVABLE, Verb.SETTLE, "-1", "2026-02-02")])

    def test_many_accounts_at_once_equal_one_by_one(self, company: Company) -> None:
        customers = [make_customer() for _each in range(3)]
        accounts = services.lock_accounts(customer_ids=[customer.pk for customer in customers])
        moves = [
            movement(Balance.RECEIVABLE, Verb.CHARGE, "100.00", "2026-02-01"),
            movement(Balance.RECEIVABLE, Verb.SETTLE, "-40.00", "2026-02-01"),
            movement(Balance.UNALLOCATED, Verb.SETTLE, "5.00"),
        ]
        services.record_many(rows=[(accounts[customer.pk].pk, move) for customer in customers[:2] for move in moves])
        services.record(account=accounts[customers[2].pk], movements=moves)
        pictures = [
            (
                account_of(customer).receivable,
                account_of(customer).unallocated,
                list(CreditEntry.objects.filter(account__customer=customer).order_by("pk").values_list("base_amount")),
                list(OpenByDueDate.objects.filter(account__customer=customer).values_list("due_on", "open_amount")),
            )
            for customer in customers
        ]
        assert pictures[0] == pictures[1] == pictures[2]

    def test_an_account_is_made_when_it_is_missing_and_only_once(self, company: Company) -> None:
        other = make_customer()
        first = services.lock_account(customer_id=other.pk)
        assert services.lock_account(customer_id=other.pk) == first
        third = make_customer()
        found = services.lock_accounts(customer_ids=[third.pk, other.pk])
        assert found[other.pk] == first
        assert CreditAccount.objects.filter(customer=third).count() == 1


class TestReservations:
    def reserve(self, company: Company, amount: str = "100.00") -> Any:
        return reserve(
            customer_id=company.customer.pk,
            source_kind="order",
            source_id=7,
            amount=money(amount),
            on=day("2026-01-10"),
            actor_id=company.anna.pk,
        )

    def test_it_is_consumed_in_parts_and_its_rest_cancelled(self, company: Company) -> None:
        self.reserve(company)
        assert account_of(company.customer).reserved == 100
        on = day("2026-01-20")
        services.consume(source_kind="order", source_id=7, amount=money(30), on=on)
        services.consume(source_kind="order", source_id=7, amount=money(50), on=on)
        assert account_of(company.customer).reserved == 20
        reservation = services.cancel(source_kind="order", source_id=7, on=on)
        assert (reservation.consumed, reservation.cancelled, reservation.remaining) == (80, 20, 0)
        services.cancel(source_kind="order", source_id=7, on=on)
        assert account_of(company.customer).reserved == 0
        entries = CreditEntry.objects.order_by("pk").values_list("verb", "base_amount")
        assert list(entries) == [("reserve", 100), ("consume", -30), ("consume", -50), ("cancel", -20)]
        assert list(verify_credit()) == []

    def test_what_does_not_fit_changes_nothing(self, company: Company) -> None:
        self.reserve(company)
        before = everything()
        on = day("2026-01-20")
        with pytest.raises(ReservationExceeded) as refusal:
            services.consume(source_kind="order", source_id=7, amount=money("100.01"), on=on)
        assert refusal.value.params == {"remaining": 100, "requested": money("100.01")}
        with pytest.raises(NothingReserved):
            services.consume(source_kind="order", source_id=8, amount=money(1), on=on)
        with pytest.raises(AmountNotPositive):
            services.consume(source_kind="order", source_id=7, amount=money(0), on=on)
        assert everything() == before


class TestFirstLoad:
    """Terms a person never sets: a request changes them (tests/credit_requests), the first load sets them."""

    def set(self, company: Company, reason: str = "opening", **changes: Any) -> CreditAccount:
        terms = {
            "customer_id": company.customer.pk,
            "limit": money(100_000),
            "term_days": 45,
            "settlement": "monthly",
            "status": "normal",
        }
        row = services.OpeningTerms(**{**terms, **changes})
        services.set_opening_terms(rows=[row], reason=reason, on=day("2026-01-10"))
        return account_of(company.customer)

    def test_it_is_kept_with_why_and_what_it_was(self, company: Company) -> None:
        account = make_account(company.customer)
        changed = self.set(company)
        assert (changed.limit, changed.term_days, changed.settlement) == (100_000, 45, "monthly")
        history: Any = apps.get_model("credit.CreditAccountEvent").objects
        told = history.filter(pgh_obj_id=account.pk).latest("pgh_id").pgh_context.metadata
        assert (told["reason"], told["user"]) == ("opening", None)
        event = TimelineEvent.objects.get(kind="terms_changed")
        assert (event.actor, event.on) == (None, day("2026-01-10"))
        assert event.data["changes"]["limit"] == [None, "100000.00"]

    def test_many_at_once_are_as_many_one_by_one(self, company: Company) -> None:
        account, other = make_account(company.customer), make_customer(owner=company.alice, name="第二家")
        rows = [
            services.OpeningTerms(
                customer_id=pk, limit=money(100_000), term_days=45, settlement="monthly", status=status
            )
            for pk, status in ((company.customer.pk, "watch"), (other.pk, "normal"))
        ]
        services.set_opening_terms(rows=rows, reason="opening", on=day("2026-01-10"))
        account.refresh_from_db()
        assert (account.limit, account.term_days, account.settlement, account.status) == (
            100_000, 45, "monthly", "watch",
        )  # fmt: skip
        history: Any = apps.get_model("credit.CreditAccountEvent").objects
        told = history.filter(pgh_obj_id=account.pk).latest("pgh_id").pgh_context.metadata
        assert (told["reason"], told["user"]) == ("opening", None)
        events = TimelineEvent.objects.filter(kind="terms_changed").order_by("customer")
        assert {event.customer_id: event.data["changes"].get("status") for event in events} == {
            company.customer.pk: ["normal", "watch"],
            other.pk: None,
        }
        before = everything()
        for row in (rows[0], dataclasses.replace(rows[1], term_days=-1)):
            with pytest.raises((OpeningOver, TermsInvalid)):
                services.set_opening_terms(rows=[row], reason="opening", on=day("2026-01-10"))
        with pytest.raises(ReasonMissing):
            services.set_opening_terms(rows=rows, reason=" ", on=day("2026-01-10"))
        assert everything() == before

    def test_terms_without_a_reason_or_a_sense_are_refused_and_nothing_is_loaded_twice(self, company: Company) -> None:
        make_account(company.customer)
        before = everything()
        with pytest.raises(ReasonMissing):
            self.set(company, reason="  ")
        for wrong in ({"limit": money(-1)}, {"term_days": -1}):
            with pytest.raises(TermsInvalid):
                self.set(company, **wrong)
        assert everything() == before
        self.set(company)
        with pytest.raises(OpeningOver):
            self.set(company, limit=money(200_000))
        assert account_of(company.customer).limit == 100_000


class TestRestricting:
    @pytest.mark.parametrize(
        ("now", "status", "stricter"),
        [
            ("normal", "watch", True),
            ("normal", "cash_only", True),
            ("watch", "frozen", True),
            ("frozen", "cash_only", True),
            ("watch", "normal", False),
            ("frozen", "watch", False),
            ("cash_only", "frozen", False),
            ("frozen", "frozen", False),
        ],
    )
    def test_only_a_stricter_status_is_set_at_once(
        self, company: Company, now: str, status: str, stricter: bool
    ) -> None:
        account = make_account(company.customer, "100", status=now)
        if stricter:
            services.restrict_account(account_id=account.pk, actor=company.fiona, status=status, reason="pays late")
            event = TimelineEvent.objects.get(kind="terms_changed")
            assert event.data == {"reason": "pays late", "changes": {"status": [now, status]}}
        else:
            with pytest.raises(NotStricter):
                services.restrict_account(account_id=account.pk, actor=company.fiona, status=status, reason="x")
        assert account_of(company.customer).status == (status if stricter else now)

    def test_it_needs_the_right_the_customer_and_a_reason(self, company: Company) -> None:
        account = make_account(company.customer, "100")
        for actor in (company.alice, company.mona, company.anna):
            with pytest.raises(NotAllowed):
                services.restrict_account(account_id=account.pk, actor=actor, status="frozen", reason="x")
        with pytest.raises(ReasonMissing):
            services.restrict_account(account_id=account.pk, actor=company.fiona, status="frozen", reason=" ")
        assert account_of(company.customer).status == "normal"


class TestSummary:
    def test_no_amount_counts_at_two_stages(self, company: Company) -> None:
        account = make_account(company.customer, limit="1000.00")
        invoice = make_invoice(company.customer, "300.00", due_on="2026-02-01")
        make_receipt(company.customer, "100.00", instrument="cheque", lines=[(invoice, "100.00")])
        make_receipt(company.customer, "50.00")
        reserve(
            customer_id=company.customer.pk, source_kind="order", source_id=1, amount=money(200), on=day("2026-02-01")
        )
        summary = account_summary(account_of(company.customer), day("2026-02-01"))
        assert (summary.reserved, summary.receivable, summary.uncleared, summary.unallocated) == (200, 200, 100, 50)
        assert (summary.exposure, summary.headroom, summary.is_over_limit) == (450, 550, False)
        make_account(company.customer, limit="449.99", counts_unallocated=True)
        assert account_summary(account_of(company.customer), day("2026-02-01")).is_over_limit
        make_account(company.customer, limit="500.00", counts_unallocated=False)
        assert account_summary(account_of(company.customer), day("2026-02-01")).exposure == 500
        assert account.pk

    @pytest.mark.parametrize(
        ("today", "overdue", "days"), [("2026-02-01", 0, 0), ("2026-02-02", 100, 1), ("2026-03-05", 150, 32)]
    )
    def test_what_is_due_today_is_not_overdue(self, company: Company, today: str, overdue: int, days: int) -> None:
        make_invoice(company.customer, "100.00", due_on="2026-02-01")
        make_invoice(company.customer, "50.00", due_on="2026-03-01")
        paid = make_invoice(company.customer, "70.00", due_on="2026-01-11")
        make_receipt(company.customer, "70.00", lines=[(paid, "70.00")])
        summary = account_summary(account_of(company.customer), day(today))
        assert (summary.overdue, summary.days_overdue) == (overdue, days)
        assert summary.oldest_due_on == (day("2026-02-01") if overdue else None)

    def test_a_limit_never_set_counts_as_nothing_but_is_not_exceeded(self, company: Company) -> None:
        make_invoice(company.customer, "100.00")
        with CaptureQueriesContext(connection) as captured:
            account = account_of(company.customer)
            summary = account_summary(account, day("2026-02-01"))
        assert len(captured) == 2
        assert summary.limit is None
        assert summary.headroom == Decimal("-100.00")
        assert not summary.is_over_limit
