"""A group limit at the release of an order: its edge, every level of it, what it costs, and whom it leaves alone."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from credit.models import CreditCheck, CreditCheckPolicy, CreditEntry, Hold, Reservation
from credit.services import OpeningTerms, set_opening_terms
from credit.verification import verify_credit
from crm.core.errors import Busy
from customers.models import Customer
from tests.credit_groups.family import ON, Family, codes, look, order
from tests.factories import account_of, make_account, make_customer, make_group_limit, make_invoice, make_receipt


def test_the_last_cent_of_the_group_passes_and_one_more_does_not(family: Family) -> None:
    make_invoice(family.deep, "400.00", on=ON)
    assert order(family.west, "300", 1).is_released
    held = order(family.east, "300.01", 2)
    assert codes(held) == ["over_group_limit"]
    assert held.reasons[0].figures == {
        "head": account_of(family.root).pk,
        "limit": "1000.00",
        "exposure": "700.00",
        "amount": "300.01",
        "over": "0.01",
        "tolerance": "0.00",
    }
    assert order(family.east, "300.00", 3).is_released
    assert list(verify_credit()) == []


def test_the_check_keeps_what_it_saw_of_the_group(family: Family) -> None:
    order(family.west, "300", 1)
    order(family.east, "100", 2)
    first, second = CreditCheck.objects.order_by("pk")
    assert (first.group_id, first.group_limit, first.group_exposure) == (account_of(family.root).pk, 1000, 0)
    assert (second.group_exposure, second.exposure, second.group_headroom_after) == (300, 0, 600)


def test_the_head_is_a_member_of_its_own_group(family: Family) -> None:
    order(family.deep, "900", 1)
    assert codes(order(family.root, "100.01", 2)) == ["over_group_limit"]
    assert order(family.root, "100", 3).is_released


def test_all_parts_of_the_exposure_count_as_they_do_for_one_account(family: Family) -> None:
    make_invoice(family.west, "800.00", on=ON)
    make_receipt(family.west, "500.00", on=ON)
    assert look(family.east, "700").is_released
    make_account(family.west, "1000", counts_unallocated=False)
    assert codes(look(family.east, "200.01")) == ["over_group_limit"]
    assert look(family.east, "200").is_released


def test_the_own_limit_counts_beside_it(family: Family) -> None:
    make_account(family.east, "100")
    order(family.west, "950", 1)
    assert codes(order(family.east, "101", 2)) == ["over_limit", "over_group_limit"]


class TestNested:
    @pytest.fixture
    def nested(self, family: Family) -> Family:
        make_group_limit(family.west, "500")
        return family

    def test_every_limit_on_the_way_to_the_root_counts(self, nested: Family) -> None:
        assert account_of(nested.deep).groups == [account_of(nested.root).pk, account_of(nested.west).pk]
        found = look(nested.deep, "500.01")
        assert (codes(found), found.reasons[0].figures["limit"]) == (["over_group_limit"], "500.00")
        assert look(nested.deep, "500").is_released
        order(nested.east, "800", 1)
        found = look(nested.deep, "200.01")
        assert (codes(found), found.reasons[0].figures["limit"]) == (["over_group_limit"], "1000.00")
        assert look(nested.deep, "200").is_released

    def test_a_sister_outside_the_nested_group_knows_the_root_only(self, nested: Family) -> None:
        order(nested.deep, "500", 1)
        assert look(nested.east, "500").is_released
        assert codes(look(nested.east, "500.01")) == ["over_group_limit"]
        assert list(verify_credit()) == []


class TestAlone:
    def test_paid_in_advance_has_nothing_to_do_with_the_group(self, family: Family) -> None:
        order(family.west, "1000", 1)
        make_receipt(family.east, "600.00", on=ON)
        result = order(family.east, "600", 2, payment="prepaid")
        assert (result.decision, codes(result)) == ("released", [])
        assert CreditCheck.objects.get(source_id=2).group_id is None

    def test_without_a_group_limit_nothing_is_checked(self, family: Family) -> None:
        make_group_limit(family.root, None)
        assert account_of(family.deep).groups is None
        for number, customer in enumerate((family.root, family.east, family.west, family.deep)):
            assert order(customer, "1000", number).is_released
        assert not CreditCheck.objects.filter(group_limit__isnull=False).exists()

    @pytest.mark.parametrize(("strength", "decision", "found"), [("off", "released", 0), ("warn", "released", 1)])
    def test_the_policy_says_how_strictly(self, family: Family, strength: str, decision: str, found: int) -> None:
        policy = CreditCheckPolicy.objects.get()
        CreditCheckPolicy.objects.filter(pk=policy.pk).update(state="retired")
        policy.pk, policy.version, policy.state, policy.over_group_limit = None, 2, "active", strength
        policy.save(force_insert=True)
        order(family.west, "1000", 1)
        result = order(family.east, "1", 2)
        assert (result.decision, len(result.reasons)) == (decision, found)
        assert list(verify_credit()) == []


class TestStatements:
    def count(self, customer: Customer, **more: str) -> int:
        order(customer, "1", 1, **more)
        with CaptureQueriesContext(connection) as captured:
            order(customer, "1", 2, **more)
        return len([query for query in captured if "SAVEPOINT" not in query["sql"]])

    def test_two_for_whom_no_group_limit_concerns(self, family: Family) -> None:
        assert self.count(family.lone) == 2

    def test_two_more_for_a_member(self, family: Family) -> None:
        make_group_limit(family.west, "500")
        assert self.count(family.deep) == 4

    def test_two_for_a_member_that_pays_in_advance(self, family: Family) -> None:
        make_receipt(family.east, "600.00", on=ON)
        assert self.count(family.east, payment="prepaid") == 2


def test_a_member_without_an_account_was_given_one_by_the_group(family: Family) -> None:
    late = make_customer("Late", parent=family.deep)
    make_group_limit(family.west, "500")
    assert len(account_of(late).groups or ()) == 2
    assert codes(order(late, "1")) == ["limit_never_set"]
    limit = account_of(family.east).limit
    terms = OpeningTerms(customer_id=late.pk, limit=limit, term_days=30, settlement="rolling", status="normal")
    set_opening_terms(rows=[terms], reason="opening", on=ON)
    assert codes(order(late, "501")) == ["over_group_limit"]


def test_who_came_under_another_group_while_it_waited_is_told_to_try_again(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    from credit.services import checks

    monkeypatch.setattr(checks, "lock_groups_above", lambda customer_id: [])
    with pytest.raises(Busy), transaction.atomic():
        order(family.east, "1")
    assert [model.objects.count() for model in (CreditCheck, Reservation, Hold, CreditEntry)] == [0, 0, 0, 0]
