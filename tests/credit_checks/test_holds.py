"""Holds looked at again: by themselves, oldest first, and only where something changed."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from credit.models import CreditAccount, CreditCheck, CreditRequest, Hold, Lift, Reservation
from credit.services import CheckResult, check_and_reserve, recheck_changed, recheck_holds
from credit.services.holds import changed_customers
from credit.verification import verify_credit
from credit.words.checks import in_words
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
    assert orders.told == [("released", 1), ("held", 2), ("released", 3)]
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


def test_what_is_shown_of_a_hold_are_the_figures_of_now_and_its_proposal_is_enough(
    company: Company, orders: Orders
) -> None:
    make_account(company.customer, "1000", counts_unallocated=True)
    orders.place(1, "600", on=business_today())
    assert orders.place(2, "500", on=business_today()) == "held"
    CreditAccount.objects.update(reserved=money(900))  # another order was let pass, over the limit
    assert (recheck_changed(), recheck_changed()) == (0, 0)
    [finding] = Hold.objects.get().last_check.findings
    assert (finding.figures["exposure"], finding.figures["receipt"]) == ("900.00", "400.00")
    assert (CreditCheck.objects.count(), Hold.objects.get().last_check.exposure) == (3, 900)
    CreditAccount.objects.update(unallocated=money(finding.figures["receipt"]))
    assert recheck_changed() == 1


def test_a_receipt_proposed_fills_first_what_prepaid_orders_lack(company: Company, orders: Orders) -> None:
    make_account(company.customer, "1000", counts_unallocated=True, unallocated=money(8), prepaid=money(32))
    assert orders.place(1, "1300") == "held"
    [finding] = Hold.objects.get().last_check.findings
    assert (finding.figures["over"], finding.figures["receipt"]) == ("300.00", "324.00")
    CreditAccount.objects.update(unallocated=money(8 + 300))
    assert recheck_changed() == 0
    CreditAccount.objects.update(unallocated=money(8 + 324))
    assert recheck_changed() == 1


def test_a_hold_of_an_earlier_day_is_checked_once_more_a_day(company: Company, orders: Orders) -> None:
    make_account(company.customer, "1000", next_review_on=business_today() - dt.timedelta(days=3))
    orders.place(1, "1300", on=business_today() - dt.timedelta(days=1))
    for _each in range(3):
        assert recheck_changed() == 0
    assert CreditCheck.objects.count() == 2
    days = {finding.code: finding.figures.get("days") for finding in Hold.objects.get().last_check.findings}
    assert days["review_overdue"] == 3


def test_only_a_lift_that_passes_what_holds_is_looked_at(company: Company, orders: Orders) -> None:
    make_account(company.customer, "1000")
    orders.place(1, "1300")
    today = business_today()
    account = CreditAccount.objects.get()
    for codes, looked_at in ((["frozen"], []), (["over_limit"], [(company.customer.pk, None)])):
        request = CreditRequest.objects.create(
            account=account, kind="release", source_kind="test_order", source_id=1, source_amount=money(1300),
            created_by=company.alice,
        )  # fmt: skip
        Lift.objects.create(
            account=account, source_kind="test_order", source_id=1, amount=money(1300), codes=codes, on=today,
            until=today, request=request,
        )  # fmt: skip
        assert changed_customers(today) == looked_at


def test_many_small_amounts_overdue_are_one_and_the_payment_proposed_is_enough(
    company: Company, orders: Orders
) -> None:
    today = business_today()
    make_account(company.customer, "10000")
    late = [
        make_invoice(
            company.customer, "60.00", on=today - dt.timedelta(days=40), due_on=today - dt.timedelta(days=days)
        )
        for days in (28, 20, 11, 10)
    ]
    assert orders.place(1, "400") == "held"
    [finding] = Hold.objects.get().last_check.findings
    until = str(today - dt.timedelta(days=11))
    assert finding.figures == {
        "days": 28, "due_on": str(today - dt.timedelta(days=28)), "until": until, "amount": "180.00",
        "allowed_days": 10,
    }  # fmt: skip
    assert f"all that was due until {until}, 180.00 CNY" in in_words([finding])[0].proposal
    make_receipt(company.customer, "60.00", on=today, lines=[(late[0], "60.00")])
    assert recheck_changed() == 0  # 120.00 are more than pass
    make_receipt(company.customer, "120.00", on=today, lines=[(late[1], "60.00"), (late[2], "60.00")])
    assert recheck_changed() == 1


def test_what_is_overdue_within_the_days_or_the_sum_that_pass_holds_nothing(company: Company, orders: Orders) -> None:
    today = business_today()
    make_account(company.customer, "10000")
    for amount, days in (("40.00", 28), ("60.00", 20), ("5000.00", 10)):
        make_invoice(company.customer, amount, on=today - dt.timedelta(days=40), due_on=today - dt.timedelta(days=days))
    assert orders.place(1, "400") == "released"


def test_what_a_held_document_leaves_is_that_of_the_tighter_limit() -> None:
    seen = CreditCheck(limit=money(1000), exposure=money(400), amount=money(100), payment="credit")
    assert seen.left_after == 500
    seen.group_limit, seen.group_exposure = money(500), money(450)
    assert seen.left_after == -50
