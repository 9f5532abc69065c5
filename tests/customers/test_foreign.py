"""Customers abroad, and persons: the number that says who they are, and who sees it."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from crm.audit.registry import TRACKED
from crm.audit.selectors import history
from customers.errors import IdentityInvalid, RowsFaulty
from customers.models import Customer
from customers.selectors.duplicates import Reason, similar_customers
from customers.selectors.duplicates_of_rows import duplicates_of_rows
from customers.services import CustomerRow, create_customer, update_customer, upsert_customers
from tests.customers.test_pages import form_of, signed_in
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
        actor=company.alice, customer_id=person.pk, version=None, today=TODAY, identity_number="110105194912310038"
    )
    entries = history(TRACKED["customers.customer"], Customer.objects.get(pk=person.pk))
    assert [(each.before, each.after) for entry in entries for each in entry.changes] == [("••••002X", "••••0038")]
    client = signed_in(company.alice)
    page = client.get(reverse("customers:panel", args=[person.pk, "profile"])).content.decode()
    assert "••••0038" in page
    assert "19491231" not in page
    assert "110105194912310038" in client.get(reverse("customers:edit", args=[person.pk])).content.decode()


def test_a_new_number_of_an_identity_card_is_checked_wherever_it_comes_from(company: Company, person: Customer) -> None:
    mistyped = "110105194912310020"
    with pytest.raises(IdentityInvalid) as refused:
        create_customer(actor=company.alice, today=TODAY, name="李华", kind="person", identity_number=mistyped)
    assert refused.value.code == "identity_invalid"
    assert mistyped not in str(refused.value)
    assert "identity card" in str(refused.value)
    with translation.override("zh-hans"):
        assert "校验码" in str(refused.value)
    with pytest.raises(IdentityInvalid):
        update_customer(actor=company.alice, customer_id=person.pk, version=None, today=TODAY, identity_number=mistyped)
    row = CustomerRow(code="P1", name="李华", kind="person", identity_number=mistyped)
    with pytest.raises(RowsFaulty) as faulty:
        upsert_customers(actor=None, rows=[row], today=TODAY)
    assert [fault.error.code for fault in faulty.value.params["faults"]] == ["identity_invalid"]
    client = signed_in(company.alice)
    form = client.post(reverse("customers:edit", args=[person.pk]), form_of(person, identity_number=mistyped[:-1]))
    assert form.context["form"].errors["identity_number"] == [
        "A resident identity card number has 18 characters; this one has 17."
    ]
    person.refresh_from_db()
    assert person.identity_number == "11010519491231002X"


def test_an_identity_card_is_the_same_one_with_blanks_and_other_documents_are_free(company: Company) -> None:
    first = create_customer(
        actor=company.alice, today=TODAY, name="王小明", kind="person", identity_number="110105 1949-1231 002x"
    )
    assert first.identity_number == "11010519491231002X"
    assert similar_customers(actor=company.alice, identity_number="110105 19491231 002x").found
    row = CustomerRow(code="P1", name="王晓明", kind="person", identity_number="110105 19491231 002X")
    told = duplicates_of_rows(actor=company.alice, rows=[row])
    assert [(found.reason, found.customer) for found in told] == [(Reason.IDENTITY, first)]
    passport = create_customer(
        actor=company.alice, today=TODAY, name="Nguyen Van An", kind="person", country="VN", identity_number="b 1234567"
    )
    assert passport.identity_number == "B 1234567"


def test_a_number_from_before_the_check_stays_until_it_is_changed_itself(company: Company, person: Customer) -> None:
    older = "110105 19491231 0020"
    Customer.objects.filter(pk=person.pk).update(identity_number=older, code="P1")
    person.refresh_from_db()
    client = signed_in(company.alice)
    saved = client.post(
        reverse("customers:edit", args=[person.pk]),
        form_of(person, kind="person", identity_number=older, phone="021-5555"),
    )
    assert saved.status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.identity_number) == ("021-5555", "110105194912310020")
    row = CustomerRow(code="P1", name="王小明", phone="021-6666", identity_number=older)
    assert upsert_customers(actor=None, rows=[row], today=TODAY).changed == 1
    with pytest.raises(IdentityInvalid):
        update_customer(
            actor=company.alice, customer_id=person.pk, version=None, today=TODAY, identity_number="110105194912310021"
        )
