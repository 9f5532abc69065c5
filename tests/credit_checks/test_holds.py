"""Holds looked at again: by themselves, oldest first, and only where something changed."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from credit.models import CreditAccount, CreditCheck, Hold, Reservation
from credit.services import CheckResult, check_and_reserve, recheck_changed, recheck_holds
from credit.verification import verify_credit
from crm.core.dates import business_today
from crm.core.registry import ReservationSource, Waiting, registry
from tests.factories import Company, account_of, make_account, make_invoice, make_receipt, money


class Orders:
    """An app with orders, as credit knows it: what waits, and what it was told."""

    def __init__(self, customer_id: int) -> None:
        self.customer_id = customer_id
        self.waits: dict[int, Decimal] = {}
        self.forms: list[str] = []
        self.told: list[tuple[str, int]] = []
        self.fails = False

    def waiting(self, customer_id: int) -> list[Waiting]:
        mine = self.waits if customer_id == self.customer_id else {}
        return [Waiting(source_id, amount, instruments=self.forms) for source_id, amount in mine.items()]

    def released(self, source_id: int, result: CheckResult, on: dt.date) -> None:
        if self.fails:
            raise RuntimeError("the order is locked away")
        del self.waits[source_id]
        self.told.append(("released", source_id))

    def held(self, source_id: int, result: CheckResult, on: dt.date) -> None:
        self.told.append(("held", source_id))

    def place(self, source_id: int, amount: str, **more: Any) -> str:
        result = check_and_reserve(
            customer_id=self.customer_id,
            source_kind="test_order",
            source_id=source_id,
            amount=money(amount),
            **{"on": business_today(), **more},
        )
        if not result.is_released:
            self.waits[source_id] = money(amount)
        return result.decision


@pytest.fixture
def orders(company: Company) -> Iterator[Orders]:
    orders = Orders(company.customer.pk)
    registry.add(ReservationSource("test_order", orders.waiting, orders.released, orders.held))
    yield orders
    del registry.reservation_sources["test_order"]


def invoice_of(company: Company, amount: str) -> Any:
    return make_invoice(company.customer, amount, on=business_today(), due_on=business_today())


def test_a_receipt_releases_what_fits_the_oldest_first(company: Company, orders: Orders) -> None:
    make_account(company.customer, "1000")
    invoice = invoice_of(company, "1000.00")
    assert [orders.place(number, amount) for number, amount in ((1, "400"), (2, "900"), (3, "200"))] == ["held"] * 3
    make_receipt(company.customer, "650.00", on=business_today(), lines=[(invoice, "650.00")])
    assert recheck_changed() == 2
    assert orders.told == [("released", 1), ("released", 3)]
    assert list(Hold.objects.values_list("source_id", flat=True)) == [2]
    assert account_of(company.customer).reserved == 600
    assert list(verify_credit()) == []


@pytest.mark.parametrize("change", [{"limit": money(2000)}, {"counts_unallocated": True, "unallocated": money(1500)}])
def test_a_higher_limit_or_money_not_matched_yet_releases(
    company: Company, orders: Orders, change: dict[str, Any]
) -> None:
    make_account(company.customer, "1000")
    invoice_of(company, "1000.00")
    orders.place(1, "400")
    assert recheck_changed() == 0
    CreditAccount.objects.filter(customer=company.customer).update(**change)
    assert recheck_changed() == 1


def test_where_nothing_changed_nothing_is_checked_again(company: Company, orders: Orders) -> None:
    make_account(company.customer, "100")
    orders.place(1, "400")
    for _each in range(3):
        assert recheck_changed() == 0
    assert recheck_holds(customer_id=company.customer.pk, on=business_today()) == 0
    assert (CreditCheck.objects.count(), orders.told) == (1, [])


def test_other_reasons_are_told_and_keep_the_hold(company: Company, orders: Orders) -> None:
    make_account(company.customer, "100")
    orders.place(1, "400")
    CreditAccount.objects.filter(customer=company.customer).update(status="frozen")
    recheck_changed()
    assert orders.told == [("held", 1)]
    assert [finding.code for finding in Hold.objects.get().last_check.findings] == ["frozen", "over_limit"]
    recheck_changed()
    assert CreditCheck.objects.count() == 2


def test_a_payment_form_that_is_accepted_now_releases(company: Company, orders: Orders) -> None:
    make_account(company.customer, "1000", instruments=["transfer"])
    orders.forms = ["cheque"]
    assert orders.place(1, "500.00", instruments=["cheque"]) == "held"
    assert recheck_changed() == 0
    CreditAccount.objects.update(instruments=["transfer", "cheque"])
    assert recheck_changed() == 1
    assert not Hold.objects.exists()


def test_what_does_not_wait_any_more_is_no_hold(company: Company, orders: Orders) -> None:
    make_account(company.customer, "100")
    orders.place(1, "400")
    orders.waits.clear()
    recheck_holds(customer_id=company.customer.pk, on=business_today())
    assert not Hold.objects.exists()


def test_when_its_app_fails_the_release_is_undone(company: Company, orders: Orders) -> None:
    make_account(company.customer, "100")
    orders.place(1, "400")
    make_account(company.customer, "1000")
    orders.fails = True
    with pytest.raises(RuntimeError):
        recheck_holds(customer_id=company.customer.pk, on=business_today())
    assert not Reservation.objects.exists()
    assert (Hold.objects.count(), CreditCheck.objects.count(), account_of(company.customer).reserved) == (1, 1, 0)
