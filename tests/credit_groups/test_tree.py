"""Who stands under which group limit follows the parent companies, at once and for all below."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit.models import CreditAccount, GroupAccount
from credit.verification import verify_credit
from customers.errors import ParentLoop
from customers.models import Customer
from customers.services import create_customer, update_customer
from tests.credit_groups.family import Family, codes, look, order
from tests.factories import account_of, make_account, make_customer, make_group_limit, make_invoice

ON = dt.date(2026, 3, 31)


def move(customer: Customer, parent: Customer | None) -> None:
    update_customer(
        actor=None, customer_id=customer.pk, version=None, today=ON, parent_id=parent.pk if parent else None
    )


def heads(customer: Customer) -> list[str]:
    keys = account_of(customer).groups or []
    names = dict(GroupAccount.objects.values_list("pk", "account__customer__name"))
    return [names[key] for key in keys]


def test_it_covers_the_head_and_every_level_below_and_nobody_else(family: Family) -> None:
    assert [heads(each) for each in (family.root, family.east, family.west, family.deep)] == [["Root"]] * 4
    assert account_of(family.lone).groups is None


def test_a_company_that_joins_brings_what_it_owes_and_all_below_it(family: Family) -> None:
    below = make_customer("Below", parent=family.lone)
    make_account(below, "1000")
    make_invoice(below, "900.00", on=ON)
    move(family.lone, family.west)
    assert (heads(family.lone), heads(below)) == (["Root"], ["Root"])
    assert codes(look(family.east, "100.01")) == ["over_group_limit"]
    assert list(verify_credit()) == []


def test_a_company_that_leaves_is_bound_no_longer_and_takes_its_exposure_with_it(family: Family) -> None:
    order(family.deep, "1000", 1)
    assert not look(family.east, "1").is_released
    move(family.west, None)
    assert (heads(family.west), heads(family.deep)) == ([], [])
    assert look(family.east, "1000").is_released
    assert list(verify_credit()) == []


def test_nested_limits_move_with_their_company(family: Family) -> None:
    make_group_limit(family.west, "500")
    make_group_limit(family.lone, "700")
    move(family.west, family.lone)
    assert (heads(family.deep), heads(family.west)) == (["Lone", "West"], ["Lone", "West"])
    make_group_limit(family.lone, None)
    assert heads(family.deep) == ["West"]
    assert heads(family.lone) == []
    assert list(verify_credit()) == []


def test_a_new_company_below_is_a_member_from_the_first(family: Family) -> None:
    made = create_customer(actor=None, today=ON, name="New", parent_id=family.deep.pk)
    assert heads(made) == ["Root"]
    assert list(verify_credit()) == []


def test_a_company_that_moves_where_no_group_limit_is_needs_no_account(family: Family) -> None:
    alone = make_customer("Alone")
    move(alone, family.lone)
    assert not CreditAccount.objects.filter(customer=alone).exists()


def test_a_loop_is_refused_and_changes_no_group(family: Family) -> None:
    with pytest.raises(ParentLoop):
        move(family.root, family.deep)
    assert heads(family.root) == ["Root"]


def test_verify_tells_an_account_that_names_another_group(family: Family) -> None:
    CreditAccount.objects.filter(customer=family.deep).update(groups=None)
    assert [item.code for item in verify_credit()] == ["groups_by_tree"]


def test_a_change_of_parent_costs_two_statements_where_nothing_is_limited(family: Family) -> None:
    other = make_customer("Other")
    with CaptureQueriesContext(connection) as captured:
        move(other, family.lone)
    told = [query["sql"] for query in captured if "credit_" in query["sql"] or "advisory" in query["sql"]]
    assert len(told) == 2
