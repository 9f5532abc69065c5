"""Who opens which page of customers: 404 for a stranger's record, 403 without the right; a denial changes nothing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.accounts import roles
from customers.models import Assignment, Contact, Customer, CustomerShare, StateChange
from tests.factories import Company, make_company, make_customer, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# name of the page, what a post sends, who may (of those who see the customer)
RECORD_PAGES: list[tuple[str, dict[str, str], set[str]]] = [
    ("detail", {}, {"alice", "mona", "fiona", "greg", "leo"}),
    ("timeline", {}, {"alice", "mona", "fiona", "greg", "leo"}),
    ("edit", {"name": "Changed"}, {"alice", "mona", "fiona"}),
    ("state", {"to_state": "dormant", "cause": "x"}, {"alice", "mona", "fiona", "greg", "leo"}),
    ("blacklist", {"reason": "x"}, {"mona", "fiona", "greg", "leo"}),
    ("assign", {"reason": "x"}, {"mona", "greg"}),
    ("share", {"reason": "x"}, {"mona", "greg"}),
    ("add_contact", {"name": "Somebody"}, {"alice", "mona", "fiona"}),
]
PANELS: list[tuple[str, set[str]]] = [
    ("profile", {"alice", "mona", "fiona", "greg", "leo"}),
    ("contacts", {"alice", "mona", "fiona", "greg", "leo"}),
    ("history", {"alice", "mona", "fiona", "greg", "leo"}),
    ("credit", {"alice", "mona", "fiona", "greg"}),
]
STRANGERS = ("bob", "charlie")


@pytest.fixture
def company() -> Company:
    return make_company()


def cast(company: Company) -> dict[str, Any]:
    people = {name: getattr(company, name) for name in ("alice", "bob", "charlie", "mona", "fiona", "greg")}
    return {**people, "leo": make_user("leo", roles.LEGAL), "walter": make_user("walter", roles.WAREHOUSE)}


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def standing(customer: Customer) -> tuple[Any, ...]:
    """All that a refused request could have changed."""
    row = Customer.objects.filter(pk=customer.pk).values().get()
    counts = [model.objects.count() for model in (Customer, Contact, Assignment, CustomerShare, StateChange)]
    return tuple(row.values()), counts


@pytest.mark.parametrize(("name", "data", "allowed"), RECORD_PAGES, ids=[page[0] for page in RECORD_PAGES])
def test_a_page_of_a_customer(company: Company, name: str, data: dict[str, str], allowed: set[str]) -> None:
    address = reverse(f"customers:{name}", args=[company.customer.pk])
    before = standing(company.customer)
    for who, user in cast(company).items():
        client = as_user(user)
        # Without the right it is 403 whoever's record it is; with it a stranger's record does not exist.
        answer = client.get(address)
        posted = client.post(address, data) if data and answer.status_code != 200 else None
        expected = {200} if who in allowed else {403} if who not in STRANGERS else {403, 404}
        assert answer.status_code in expected, who
        if posted is not None:
            assert posted.status_code in expected, who
    assert standing(company.customer) == before


@pytest.mark.parametrize("who", STRANGERS)
def test_a_strangers_customer_does_not_exist(company: Company, who: str) -> None:
    client = as_user(getattr(company, who))
    contact = Contact.objects.create(customer=company.customer, name="Hidden")
    for name, args in (
        ("detail", []),
        ("edit", []),
        ("state", []),
        ("timeline", []),
        ("add_contact", []),
        ("edit_contact", [contact.pk]),
        ("panel", ["contacts"]),
    ):
        address = reverse(f"customers:{name}", args=[company.customer.pk, *args])
        assert client.get(address).status_code == 404, name
    before = standing(company.customer)
    for name, args in (("edit", []), ("deactivate_contact", [contact.pk]), ("add_contact", [])):
        address = reverse(f"customers:{name}", args=[company.customer.pk, *args])
        assert client.post(address, {"name": "Taken"}).status_code == 404, name
    assert standing(company.customer) == before


@pytest.mark.parametrize(("key", "allowed"), PANELS)
def test_a_panel_asks_for_its_own_right(company: Company, key: str, allowed: set[str]) -> None:
    address = reverse("customers:panel", args=[company.customer.pk, key])
    for who, user in cast(company).items():
        expected = 200 if who in allowed else 404 if who in STRANGERS else 403
        assert as_user(user).get(address).status_code == expected, who


def test_a_panel_nobody_registered_is_not_found(company: Company) -> None:
    address = reverse("customers:panel", args=[company.customer.pk, "nothing"])
    assert as_user(company.alice).get(address).status_code == 404


def test_the_warehouse_opens_nothing_of_customers(company: Company) -> None:
    client = as_user(make_user("walter", roles.WAREHOUSE))
    for name in ("customers", "create", "similar", "options", "owners", "colleagues", "regions", "industries"):
        assert client.get(reverse(f"customers:{name}")).status_code == 403, name


def test_a_contact_of_another_customer_cannot_be_reached_through_ones_own(company: Company) -> None:
    foreign = Contact.objects.create(customer=make_customer("Foreign", owner=company.charlie), name="Foreign contact")
    client = as_user(company.alice)
    address = reverse("customers:edit_contact", args=[company.customer.pk, foreign.pk])
    assert client.get(address).status_code == 404
    assert client.post(address, {"name": "Mine"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.name == "Foreign contact"


def test_a_visitor_is_asked_to_sign_in(company: Company) -> None:
    answer = Client().get(company.customer.get_absolute_url())
    assert answer.status_code == 302
    assert "login" in answer.headers["Location"]
