"""What a sister company pays, a raised group limit and a company that leaves let held orders of members go, in turn."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from credit.models import CreditCheck, Hold
from credit.services import CheckResult, check_and_reserve, recheck_changed
from credit.verification import verify_credit
from crm.core.dates import business_today
from crm.core.registry import ReservationSource, Waiting, registry
from customers.models import Customer
from customers.services import update_customer
from tests.credit_groups.family import Family
from tests.factories import make_account, make_group_limit, make_invoice, make_receipt, money


class Orders:
    """An app with orders of several customers, as credit knows it."""

    def __init__(self) -> None:
        self.waits: dict[int, tuple[int, Decimal]] = {}
        self.released: list[int] = []

    def waiting(self, customer_id: int) -> list[Waiting]:
        return [Waiting(key, amount) for key, (customer, amount) in self.waits.items() if customer == customer_id]

    def on_released(self, source_id: int, result: CheckResult, on: dt.date) -> None:
        del self.waits[source_id]
        self.released.append(source_id)

    def on_held(self, source_id: int, result: CheckResult, on: dt.date) -> None:
        pass

    def place(self, customer: Customer, amount: str, source_id: int) -> None:
        result = check_and_reserve(
            customer_id=customer.pk,
            source_kind="test_order",
            source_id=source_id,
            amount=money(amount),
            on=business_today(),
        )
        if not result.is_released:
            self.waits[source_id] = (customer.pk, money(amount))


@pytest.fixture
def orders() -> Iterator[Orders]:
    orders = Orders()
    registry.add(ReservationSource("test_order", orders.waiting, orders.on_released, orders.on_held))
    yield orders
    del registry.reservation_sources["test_order"]


@pytest.fixture
def full(family: Family, orders: Orders) -> Family:
    """The root owes all that the group may owe. Held: deep 300, east 300, deep 600, east 100, in this order."""
    make_invoice(family.root, "1000.00", on=business_today(), due_on=business_today())
    for number, (customer, amount) in enumerate(
        ((family.deep, "300"), (family.east, "300"), (family.deep, "600"), (family.east, "100")), 1
    ):
        orders.place(customer, amount, number)
    assert Hold.objects.count() == 4
    return family


def test_a_receipt_of_a_sister_releases_what_fits_the_oldest_of_the_group_first(full: Family, orders: Orders) -> None:
    assert recheck_changed() == 0
    make_receipt(full.root, "700.00", on=business_today())
    assert recheck_changed() == 3
    assert orders.released == [1, 2, 4]
    assert list(Hold.objects.values_list("source_id", flat=True)) == [3]
    assert list(verify_credit()) == []


def test_a_raised_group_limit_releases(full: Family, orders: Orders) -> None:
    make_group_limit(full.root, "1300")
    assert recheck_changed() == 1
    assert orders.released == [1]


def test_without_the_group_limit_all_go(full: Family, orders: Orders) -> None:
    make_group_limit(full.root, None)
    assert recheck_changed() == 4


def test_a_company_that_leaves_the_group_is_looked_at_again(full: Family, orders: Orders) -> None:
    update_customer(actor=None, customer_id=full.east.pk, version=None, today=business_today(), parent_id=None)
    assert recheck_changed() == 2
    assert orders.released == [2, 4]


def test_where_nothing_changed_nothing_is_checked_again(full: Family, orders: Orders) -> None:
    for _each in range(3):
        assert recheck_changed() == 0
    assert CreditCheck.objects.count() == 4


def test_a_member_held_for_its_own_limit_stays(full: Family, orders: Orders) -> None:
    make_account(full.deep, "100")
    recheck_changed()
    make_receipt(full.root, "1000.00", on=business_today())
    assert recheck_changed() == 2
    assert orders.released == [2, 4]
