"""Customers abroad, and persons: the number that says who they are, and who sees it."""

import datetime as dt

import pytest
from django.urls import reverse

from crm.audit.registry import TRACKED
from crm.audit.selectors import history
from customers.models import Customer
from customers.selectors.duplicates import Reason, similar_customers
from customers.selectors.duplicates_of_rows import duplicates_of_rows
from customers.services import CustomerRow, create_customer, update_customer
from tests.customers.test_pages import signed_in
from tests.factories import Company, make_company

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def bolt(company: Company) -> Customer:
    return create_customer(
        actor=company.alice, today=TODAY, name="Bolt GmbH", country="DE", foreign_number=" HRB  4711 "
    )


@pytest.fixture
def person(company: Company) -> Customer:
    return create_customer(
        actor=company.alice, today=TODAY, name="王小明", kind="person", identity_number="11010519491231002x"
    )


def test_the_number_of_a_register_abroad_finds_a_customer_in_its_own_country_only(
    company: Company, bolt: Customer
) -> None:
    assert (bolt.form, bolt.document) == ("abroad", "HRB 4711")
    assert "hrb 4711" in bolt.search_text
    found = similar_customers(actor=company.alice, foreign_number="HRB 4711", country="de")
    assert [(one.customer, one.reasons) for one in found.candidates] == [(bolt, [Reason.FOREIGN_NUMBER])]
    assert not similar_customers(actor=company.alice, foreign_number="HRB 4711", country="AT").found
    rows = [
        CustomerRow(code=land, name=f"{land} Ltd", country=land, foreign_number="HRB 4711") for land in ("AT", "DE")
    ]
    told = duplicates_of_rows(actor=company.alice, rows=rows)
    assert [(found.index, found.reason, found.customer) for found in told] == [(1, Reason.FOREIGN_NUMBER, bolt)]


def test_an_identity_document_finds_its_person_and_is_shown_whole_only_where_it_is_edited(
    company: Company, person: Customer
) -> None:
    assert (person.form, person.document) == ("person", "11010519491231002X")
    found = similar_customers(actor=company.alice, identity_number="11010519491231002x")
    assert [(one.customer, one.reasons) for one in found.candidates] == [(person, [Reason.IDENTITY])]
    assert "1949" not in person.search_text
    update_customer(
        actor=company.alice, customer_id=person.pk, version=None, today=TODAY, identity_number="11010519491231003X"
    )
    entries = history(TRACKED["customers.customer"], Customer.objects.get(pk=person.pk))
    assert [(each.before, each.after) for entry in entries for each in entry.changes] == [("••••002X", "••••003X")]
    client = signed_in(company.alice)
    page = client.get(reverse("customers:panel", args=[person.pk, "profile"])).content.decode()
    assert "••••003X" in page
    assert "19491231" not in page
    assert "11010519491231003X" in client.get(reverse("customers:edit", args=[person.pk])).content.decode()
