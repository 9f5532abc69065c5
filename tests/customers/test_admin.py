"""Customers in the administration: lists and policy are kept, everything else is to be looked at."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.accounts import roles
from customers.models import Customer, DuplicatePolicy, Region
from tests.factories import Company, make_company, make_user

pytestmark = pytest.mark.django_db
LOOKED_AT = ("customer", "contact", "assignment", "statechange", "customershare", "externalref", "timelineevent")


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def administrator(company: Company) -> Client:
    client = Client()
    client.force_login(make_user("adam", roles.ADMINISTRATOR))
    return client


@pytest.mark.repeats
@pytest.mark.parametrize("name", LOOKED_AT)
def test_records_are_listed_searched_and_never_written(administrator: Client, company: Company, name: str) -> None:
    address = reverse(f"admin:customers_{name}_changelist")
    assert administrator.get(address).status_code == 200
    assert administrator.get(address, {"q": "alice"}).status_code == 200
    assert administrator.get(reverse(f"admin:customers_{name}_add")).status_code == 403


def test_a_customer_is_looked_at_and_not_deleted(administrator: Client, company: Company) -> None:
    pk = company.customer.pk
    assert administrator.get(reverse("admin:customers_customer_change", args=[pk])).status_code == 200
    denied = administrator.post(reverse("admin:customers_customer_change", args=[pk]), {"name": "Changed"})
    assert denied.status_code == 403
    assert administrator.post(reverse("admin:customers_customer_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert Customer.objects.get(pk=pk).name == "Alice's customer"


def test_the_administrator_keeps_lists_and_policy(administrator: Client) -> None:
    answer = administrator.post(
        reverse("admin:customers_region_change", args=["440300"]),
        {"name_zh": "深圳市", "name_en": "Shenzhen City", "level": 2, "parent": "440000", "province": "440000"},
    )
    assert answer.status_code == 302
    assert Region.objects.get(pk="440300").name_en == "Shenzhen City"
    made: Any = administrator.post(reverse("admin:customers_duplicatepolicy_add"), {"similarity": 90, "shown": 3})
    assert made.status_code == 302
    assert DuplicatePolicy.objects.get().similarity == 90
    assert administrator.get(reverse("admin:customers_duplicatepolicy_add")).status_code == 403
    wrong = administrator.post(
        reverse("admin:customers_duplicatepolicy_change", args=[1]), {"similarity": 10, "shown": 3}
    )
    assert wrong.status_code == 200
    assert DuplicatePolicy.objects.get().similarity == 90
