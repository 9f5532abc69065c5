"""Orders of two companies racing for the last headroom of their group, and a company that moves meanwhile."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection

from credit.models import CreditAccount
from credit.services import checks, groups
from credit.verification import verify_credit
from crm.core.errors import Busy
from customers.models import Customer
from customers.services import profile, update_customer
from tests.concurrency.races import Rendezvous, at_once
from tests.credit_groups.family import Family, make_family, order
from tests.factories import account_of, make_company, make_customer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
ON = dt.date(2026, 3, 31)


class AfterTheFigures(Rendezvous):
    """Meets only where figures were seen; the first look, which finds that there are groups, sees none."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        seen = self.function(*args, **kwargs)
        if seen is None:
            return None
        try:
            self.barrier.wait(self.patience)
            self.met = True
        except threading.BrokenBarrierError:
            pass
        return seen


class TestTwoCompaniesForTheLastHeadroomOfTheirGroup:
    def race(self, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, int]:
        family = make_family(make_company())
        rendezvous = AfterTheFigures(checks._see)
        monkeypatch.setattr(checks, "_see", rendezvous)
        answers = at_once(lambda: order(family.east, "600", 1).decision, lambda: order(family.deep, "600", 2).decision)
        return answers, rendezvous, sum(account.reserved for account in CreditAccount.objects.all())

    def test_without_the_lock_both_pass(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(groups, "LOCK", "")
        answers, rendezvous, reserved = self.race(monkeypatch)
        assert rendezvous.met
        assert answers == ["released", "released"]
        assert reserved == 1200 > 1000

    def test_with_the_lock_one_is_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, rendezvous, reserved = self.race(monkeypatch)
        assert not rendezvous.met
        assert sorted(answers) == ["held", "released"]
        assert reserved == 600
        assert list(verify_credit()) == []


class TestACompanyThatJoinsWhileItsOrderIsChecked:
    def race(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Family, list[Any]]:
        """The order of `lone` is checked, and not written yet, when lone becomes a member; then a sister orders."""
        family = make_family(make_company())
        seen, go = threading.Event(), threading.Event()
        write = checks._write

        def write_late(*args: Any) -> int:
            if args[2] == 1:
                seen.set()
                go.wait(0.7)
            return write(*args)

        monkeypatch.setattr(checks, "_write", write_late)

        def join_and_order() -> str:
            seen.wait(5)
            update_customer(actor=None, customer_id=family.lone.pk, version=None, today=ON, parent_id=family.root.pk)
            decision = order(family.east, "600", 2).decision
            go.set()
            return decision

        return family, at_once(lambda: order(family.lone, "600", 1).decision, join_and_order)

    def test_without_the_lock_of_its_account_the_group_is_exceeded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "LOCK", "")
        _family, answers = self.race(monkeypatch)
        assert answers == ["released", "released"]

    def test_with_it_the_sister_sees_what_was_reserved(self, monkeypatch: pytest.MonkeyPatch) -> None:
        family, answers = self.race(monkeypatch)
        assert answers == ["released", "held"]
        assert account_of(family.lone).groups == [account_of(family.root).pk]
        assert list(verify_credit()) == []


def test_orders_of_a_whole_group_never_exceed_it_by_a_cent() -> None:
    family = make_family(make_company())
    members: list[Customer] = [family.root, family.east, family.west, family.deep]
    failures: list[Exception] = []

    def run(number: int) -> None:
        try:
            for source_id in range(number, 120, 4):
                released = None
                while released is None:
                    try:
                        released = order(members[(source_id + number) % 4], f"{source_id % 37 + 1}.01", source_id)
                    except Busy:
                        continue
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    at_once(*(lambda number=number: run(number) for number in range(4)), patience=120)
    assert failures == []
    assert 900 < sum(account.exposure for account in CreditAccount.objects.exclude(groups=None)) <= 1000
    assert list(verify_credit()) == []


class TestTwoCompaniesThatMoveUnderEachOther:
    def race(self, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous]:
        one, other = make_customer("One"), make_customer("Other")
        rendezvous = Rendezvous(profile.check_parent)
        monkeypatch.setattr(profile, "check_parent", rendezvous)

        def move(customer: Customer, parent: Customer) -> None:
            update_customer(actor=None, customer_id=customer.pk, version=None, today=ON, parent_id=parent.pk)

        return at_once(lambda: move(one, other), lambda: move(other, one)), rendezvous

    def test_without_the_lock_of_the_tree_they_make_a_loop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(profile, "lock_tree", lambda: None)
        answers, rendezvous = self.race(monkeypatch)
        assert rendezvous.met
        assert answers == [None, None]

    def test_with_it_the_second_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, rendezvous = self.race(monkeypatch)
        assert not rendezvous.met
        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "ParentLoop"]
