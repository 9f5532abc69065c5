"""Group limits on pages: the panel of each member, what a reader may know of the others, the check, both languages."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from credit.models import CreditCheck, CreditCheckPolicy
from credit.selectors.accounts import try_policy
from credit.selectors.groups import group_sheets, heads_seen
from credit.words.checks import in_words
from customers.models import Customer
from tests.credit_groups.family import ON, Family, order
from tests.factories import account_of, make_customer, make_group_limit, make_invoice


@pytest.fixture
def told(family: Family) -> Family:
    make_invoice(family.west, "100.00", on=ON)
    make_invoice(family.deep, "150.00", on=ON)
    make_invoice(family.east, "300.00", on=ON)
    return family


def shown(user: Any, name: str, *args: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def panel(user: Any, customer: Customer, key: str = "credit") -> str:
    return shown(user, "customers:panel", customer.pk, key)


def test_the_head_shows_the_limit_the_members_it_may_name_and_sums_that_agree(told: Family) -> None:
    text = panel(told.company.alice, told.root)
    assert "Group of Root" in text
    assert "East" in text
    assert "West" not in text
    assert "Deep" not in text
    assert "2 other companies" in text
    (sheet,) = group_sheets(account_of(told.root), told.company.alice)
    assert (sheet.sums.limit, sheet.sums.exposure, sheet.sums.headroom) == (1000, 550, 450)
    assert ([row.taken for row in sheet.rows], sheet.others, sheet.unnamed) == ([300, 0], 250, 2)
    (all_of_it,) = group_sheets(account_of(told.root), told.company.greg)
    assert ([row.taken for row in all_of_it.rows], all_of_it.others, all_of_it.unnamed) == ([300, 150, 100, 0], 0, 0)


def test_a_member_shows_its_group_without_the_name_of_a_head_one_does_not_see(told: Family) -> None:
    text = panel(told.company.charlie, told.deep)
    assert "Its group" in text
    for name in ("Root", "East"):
        assert name not in text
    assert "450.00" in text
    assert "Ask for another group limit" not in text


def test_a_customer_of_no_group_says_nothing_of_one_and_reads_nothing(told: Family) -> None:
    assert "roup" not in panel(told.company.alice, told.lone)
    account = account_of(told.lone)
    with CaptureQueriesContext(connection) as captured:
        assert group_sheets(account, told.company.alice) == []
    assert len(captured) == 0


def test_the_panel_reads_as_much_for_a_large_group_as_for_a_small_one(told: Family) -> None:
    for number in range(30):
        make_customer(f"More {number}", owner=told.company.alice, parent=told.root)
    make_group_limit(told.root, None)
    make_group_limit(told.root, "5000")
    account = account_of(told.root)
    group_sheets(account, told.company.greg)  # his rights are known then
    with CaptureQueriesContext(connection) as captured:
        (sheet,) = group_sheets(account, told.company.greg)
    assert len(captured) == 3
    assert (len(sheet.rows), sheet.unnamed, sheet.others) == (20, 14, 0)


def test_the_head_leads_to_the_request_for_another_limit(told: Family) -> None:
    alice = told.company.alice
    ask = reverse("credit:new_request", args=[told.root.pk, "group"])
    assert ask in panel(alice, told.root)
    requests = panel(alice, told.root, "credit_requests")
    assert ask in requests
    assert reverse("credit:new_request", args=[told.root.pk, "group_end"]) in requests
    assert "/group/" not in panel(alice, told.lone, "credit_requests")
    assert "Exposure of the group, 4 companies, is 550.00." in shown(alice, "credit:new_request", told.root.pk, "group")
    client = Client()
    client.force_login(alice)
    assert client.get(reverse("credit:new_request", args=[told.lone.pk, "group"])).status_code == 404
    assert client.get(reverse("credit:new_request", args=[told.west.pk, "group"])).status_code == 404  # not hers
    made = client.post(ask, {"wanted_limit": "2000", "reason": "They grow"})
    page = client.get(made["Location"]).content.decode()
    assert "1,000" in page
    assert "2,000" in page
    assert "4 companies" in page


class TestWords:
    @pytest.fixture
    def held(self, told: Family) -> CreditCheck:
        return CreditCheck.objects.get(pk=order(told.deep, "500").check_id)

    def test_the_group_is_named_to_who_sees_its_head_only(self, told: Family, held: CreditCheck) -> None:
        company = told.company
        assert "group of Root" in shown(company.greg, "credit:check", held.pk)
        text = shown(company.charlie, "credit:check", held.pk)
        assert "Root" not in text
        assert "Exposure 550.00 CNY of its group and this order of 500.00 CNY are 50.00 CNY over the group" in text
        assert "its group" in panel(company.charlie, told.deep, "credit_checks")
        assert "group of Root" in panel(company.greg, told.deep, "credit_checks")

    def test_both_languages(self, told: Family, held: CreditCheck) -> None:
        with translation.override("zh-hans"):
            named, unnamed = (
                in_words(held.findings, heads_seen(held.findings, user))[0]
                for user in (told.company.greg, told.company.charlie)
            )
        for reason in (named, unnamed):
            assert all(figure in reason.sentence for figure in ("550.00", "500.00", "50.00", "1,000.00"))
            assert "%(" not in reason.sentence + reason.proposal
        assert "Root" in named.sentence
        assert "Root" not in unnamed.sentence

    def test_the_dry_run_of_another_policy_knows_it(self, told: Family, held: CreditCheck) -> None:
        policy = CreditCheckPolicy.objects.get()
        assert try_policy(policy).newly_released == []
        policy.over_group_limit = "warn"
        assert try_policy(policy).newly_released == [held]
