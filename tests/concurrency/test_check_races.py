"""Orders racing for the last headroom: the race without the lock, and that the lock stops it to the cent."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from credit.models import CreditAccount, CreditCheck, Reservation
from credit.services import cancel, check_and_reserve, checks
from credit.verification import verify_credit
from crm.core.errors import Busy
from customers.models import Customer
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import make_account, make_customer, make_invoice, make_receipt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
ON = date(2026, 3, 31)


def order(customer: Customer, source_id: int, amount: str = "60.00", payment: str = "credit") -> str:
    return check_and_reserve(
        customer_id=customer.pk,
        source_kind="order",
        source_id=source_id,
        amount=Decimal(amount),
        on=ON,
        payment=payment,
    ).decision


class TestTwoOrdersForTheLastHeadroom:
    def race(self, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, CreditAccount]:
        customer = make_customer()
        make_account(customer, "100")
        rendezvous = Rendezvous(checks._see)
        monkeypatch.setattr(checks, "_see", rendezvous)
        answers = at_once(lambda: order(customer, 1), lambda: order(customer, 2))
        return answers, rendezvous, CreditAccount.objects.get(customer=customer)

    def test_without_the_lock_both_pass(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "LOCK", "")
        answers, rendezvous, account = self.race(monkeypatch)
        assert rendezvous.met
        assert answers == ["released", "released"]
        assert account.reserved == 120 > 100

    def test_with_the_lock_one_is_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, rendezvous, account = self.race(monkeypatch)
        assert not rendezvous.met
        assert sorted(answers) == ["held", "released"]
        assert account.reserved == 60
        assert list(verify_credit()) == []


class TestTwoPrepaidOrdersForTheSameMoney:
    def race(self, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, CreditAccount]:
        customer = make_customer()
        make_account(customer, "0")
        make_receipt(customer, "100.00", on="2026-03-30")
        rendezvous = Rendezvous(checks._see)
        monkeypatch.setattr(checks, "_see", rendezvous)
        answers = at_once(*(lambda number=number: order(customer, number, payment="prepaid") for number in (1, 2)))
        return answers, rendezvous, CreditAccount.objects.get(customer=customer)

    def test_without_the_lock_both_take_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "LOCK", "")
        answers, rendezvous, account = self.race(monkeypatch)
        assert rendezvous.met
        assert answers == ["released", "released"]
        assert account.prepaid == 120 > account.unallocated

    def test_with_the_lock_one_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, rendezvous, account = self.race(monkeypatch)
        assert not rendezvous.met
        assert sorted(answers) == ["held", "released"]
        assert account.prepaid == 60
        assert list(verify_credit()) == []


class TestOneOrderSentTwice:
    def race(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """The second waits for the lock, with a look at the reservations of before it."""
        customer = make_customer()
        make_account(customer, "1000")
        written, go = threading.Event(), threading.Event()
        write = checks._write

        def write_slowly(*args: Any) -> int:
            check_id = write(*args)
            written.set()
            go.wait(0.7)
            return check_id

        monkeypatch.setattr(checks, "_write", write_slowly)

        def second() -> str:
            written.wait(5)
            return order(customer, 1)

        return at_once(lambda: order(customer, 1), second)

    def test_what_was_joined_before_the_lock_would_reserve_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "SEE", checks.SEE.replace("account.xmin = before.xmin", "true"))
        checks._see_sql.cache_clear()
        try:
            answers = self.race(monkeypatch)
        finally:
            checks._see_sql.cache_clear()
        assert answers[0] == "released"
        assert isinstance(answers[1], Exception)  # the unique reservation is the last line of defence

    def test_the_second_is_given_the_first_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.race(monkeypatch) == ["released", "released"]
        assert (Reservation.objects.count(), CreditCheck.objects.count()) == (1, 1)


def test_what_fell_overdue_while_the_lock_was_waited_for_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer()
    make_account(customer, "100000")
    overdue = make_invoice(customer, "5000.00", on="2026-01-01", due_on="2026-01-31")
    inside, answers = threading.Event(), []

    def wait_for_the_lock() -> None:
        inside.wait(5)
        try:
            answers.append(order(customer, 1))
        finally:
            connection.close()

    waiting = threading.Thread(target=wait_for_the_lock)
    waiting.start()
    with transaction.atomic():
        make_receipt(customer, "5000.00", on="2026-03-30", lines=[(overdue, "5000.00")])
        inside.set()
        waiting.join(0.5)  # it stands before the lock now
        assert answers == []
    waiting.join(10)
    assert answers == ["released"]


def race_for_the_limit(orders: int, limit: int, threads: int = 8) -> None:
    """Orders of many sizes from many connections, some of them cancelled again: never one cent over the limit."""
    customer = make_customer()
    make_account(customer, str(limit))
    failures: list[Exception] = []

    def run(number: int) -> None:
        try:
            for source_id in range(number, orders, threads):
                amount = Decimal(source_id % 977 + 1) / 100
                released = None
                while released is None:
                    try:
                        released = order(customer, source_id, str(amount)) == "released"
                    except Busy:
                        continue
                if released and source_id % 5 == 0:
                    cancel(source_kind="order", source_id=source_id, on=ON)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    at_once(*(lambda number=number: run(number) for number in range(threads)), patience=600)
    assert failures == []
    account = CreditAccount.objects.get(customer=customer)
    held = Reservation.objects.aggregate(sum=Sum("amount") - Sum("consumed") - Sum("cancelled"))["sum"]
    assert account.reserved == held <= limit
    assert CreditCheck.objects.filter(source_kind="order").count() == orders
    assert CreditCheck.objects.filter(decision="held").exists()
    for seen in CreditCheck.objects.filter(decision="released").iterator():
        assert seen.exposure + seen.amount <= limit
    assert list(verify_credit()) == []


def test_many_racing_orders_never_exceed_the_limit_by_a_cent() -> None:
    race_for_the_limit(orders=160, limit=100)


@pytest.mark.thorough
def test_ten_thousand_racing_orders_never_exceed_the_limit_by_a_cent() -> None:
    race_for_the_limit(orders=10_000, limit=20_000)
