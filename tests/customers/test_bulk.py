"""Many customers at once give the same rows as one after the other."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.core.errors import NotAllowed
from customers.errors import CodeTaken, NotFilledIn, RowRepeated, RowsFaulty, UsccInvalid, UsccTaken
from customers.models import Assignment, Contact, Customer, ExternalRef, StateChange, TimelineEvent
from customers.selectors import duplicates_of_rows
from customers.services import (
    ContactRow,
    CustomerRow,
    create_customer,
    plan_customers,
    update_customer,
    upsert_contacts,
    upsert_customers,
)
from tests.factories import Company, make_company

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
USCC = "91110000600037341L"
PROFILE: dict[str, Any] = {
    "name": "深圳市华信科技有限公司",
    "short_name": "华信",
    "uscc": "9111 0000 6000 3734 1l",
    "phone": "0755-88888888",
    "english_address": "1 Science Road, Shenzhen",
    "region_id": "440300",
    "industry_id": "C39",
    "founded_on": dt.date(2001, 5, 1),
}


@pytest.fixture
def company() -> Company:
    return make_company()


def everything(customer: Customer) -> dict[str, Any]:
    """What stands in the database about a customer, without what numbers and clocks make different."""
    customer.refresh_from_db()
    row = {field.attname: getattr(customer, field.attname) for field in Customer._meta.concrete_fields}
    for name in ("id", "code", "uscc", "created_at", "search_text"):
        row.pop(name)
    return {
        "row": row,
        "words": customer.search_text.replace(customer.code.lower(), "").replace(customer.uscc.lower(), ""),
        "states": list(
            StateChange.objects.filter(customer=customer).values("from_state", "to_state", "on", "cause", "created_by")
        ),
        "owners": list(
            Assignment.objects.filter(customer=customer).values("owner", "team", "on", "reason", "created_by")
        ),
        "events": list(
            TimelineEvent.objects.filter(customer=customer).order_by("pk").values("kind", "on", "data", "actor")
        ),
    }


def test_bulk_and_single_give_equal_rows(company: Company) -> None:
    single = create_customer(
        actor=company.alice, today=TODAY, code="S1", state="lead", accept_similar=True, **{**PROFILE, "uscc": ""}
    )
    result = upsert_customers(
        actor=company.alice, today=TODAY, rows=[CustomerRow(code="B1", state="lead", **{**PROFILE, "uscc": ""})]
    )
    assert (result.new, result.changed, result.unchanged) == (1, 0, 0)
    bulk = Customer.objects.get(pk=result.ids[0])
    assert everything(bulk) == everything(single)

    later = TODAY + dt.timedelta(days=1)
    update_customer(actor=company.alice, customer_id=single.pk, version=1, today=later, name="华信集团", phone="")
    result = upsert_customers(
        actor=company.alice, today=later, rows=[CustomerRow(code="B1", name="华信集团", phone="")]
    )
    assert (result.new, result.changed, result.unchanged) == (0, 1, 0)
    assert everything(bulk) == everything(single)


def test_the_same_rows_again_change_nothing(company: Company) -> None:
    rows = [CustomerRow(code="B1", **PROFILE, other_names=("HX us", "HX co")), CustomerRow(code="B2", name="Other")]
    first = upsert_customers(actor=company.fiona, rows=rows, today=TODAY, source="erp")
    before = list(Customer.objects.order_by("pk").values())
    events = TimelineEvent.objects.count()
    again = upsert_customers(actor=company.fiona, rows=rows, today=TODAY, source="erp")
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert list(again.ids) == list(first.ids)
    assert list(Customer.objects.order_by("pk").values()) == before
    assert TimelineEvent.objects.count() == events
    assert ExternalRef.objects.count() == 2


def test_a_field_the_file_does_not_have_stays_and_an_empty_one_is_emptied(company: Company) -> None:
    upsert_customers(actor=None, rows=[CustomerRow(code="B1", **PROFILE)], today=TODAY)
    upsert_customers(actor=None, rows=[CustomerRow(code="B1", short_name="")], today=TODAY)
    customer = Customer.objects.get(code="B1")
    assert (customer.short_name, customer.phone, customer.name) == ("", "0755-88888888", PROFILE["name"])


def test_a_customer_is_found_by_its_key_elsewhere_even_under_another_number(company: Company) -> None:
    rows = [CustomerRow(code="B1", name="One", source_key="77")]
    first = upsert_customers(actor=None, rows=rows, today=TODAY, source="erp")
    rows = [CustomerRow(code="B9", name="One", source_key="77")]
    second = upsert_customers(actor=None, rows=rows, today=TODAY, source="erp")
    assert list(second.ids) == list(first.ids)
    assert Customer.objects.get(pk=first.ids[0]).code == "B9"


def test_other_spellings_are_kept_and_searched(company: Company) -> None:
    upsert_customers(actor=None, rows=[CustomerRow(code="B1", name="WINC co", other_names=("WINC us",))], today=TODAY)
    upsert_customers(actor=None, rows=[CustomerRow(code="B1", other_names=("WINC foundation",))], today=TODAY)
    customer = Customer.objects.get(code="B1")
    assert customer.other_names == "WINC us; WINC foundation"
    assert Customer.objects.search("winc foundation").get() == customer


def test_one_faulty_row_refuses_them_all_and_each_is_named(company: Company) -> None:
    upsert_customers(actor=None, rows=[CustomerRow(code="OLD", name="Old", uscc=USCC)], today=TODAY)
    rows = [
        CustomerRow(code="N1", name="Good"),
        CustomerRow(code="", name="No number"),
        CustomerRow(code="N2"),
        CustomerRow(code="N3", name="Bad code", uscc="123"),
        CustomerRow(code="N4", name="Taken", uscc=USCC),
        CustomerRow(code="N1", name="Twice"),
    ]
    expected = {1: NotFilledIn, 2: NotFilledIn, 3: UsccInvalid, 4: UsccTaken, 5: RowRepeated}
    plan = plan_customers(actor=None, rows=rows)
    assert {fault.index: type(fault.error) for fault in plan.faults} == expected
    assert [index for index, _profile in plan.new] == [0]
    with pytest.raises(RowsFaulty) as caught:
        upsert_customers(actor=None, rows=rows, today=TODAY)
    assert {fault.index: type(fault.error) for fault in caught.value.params["faults"]} == expected
    assert not Customer.objects.filter(code__startswith="N").exists()


def test_a_strangers_customer_is_neither_changed_nor_told_about(company: Company) -> None:
    with pytest.raises(RowsFaulty) as caught:
        upsert_customers(
            actor=company.bob, rows=[CustomerRow(code=company.customer.code, name="Mine now")], today=TODAY
        )
    assert isinstance(caught.value.params["faults"][0].error, CodeTaken)
    company.customer.refresh_from_db()
    assert company.customer.name == "Alice's customer"
    with pytest.raises(NotAllowed):
        upsert_customers(actor=company.greg, rows=[CustomerRow(code="N1", name="New")], today=TODAY)


@pytest.mark.thorough
def test_the_number_of_statements_does_not_grow_with_the_rows(company: Company) -> None:
    counts = []
    for size in (1, 2, 200):  # the first of a connection prepares a statement
        rows = [CustomerRow(code=f"Q{size}-{i}", name=f"Firm {size} {i}") for i in range(size)]
        with CaptureQueriesContext(connection) as queries:
            upsert_customers(actor=None, rows=rows, today=TODAY, source="erp")
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_rows_that_may_be_known_customers_are_named_once_each(company: Company) -> None:
    known = create_customer(actor=company.alice, today=TODAY, name="深圳市华信科技有限公司", phone="0755-88888888")
    rows = [
        CustomerRow(code="R1", name="上海华信科技股份有限公司"),
        CustomerRow(code="R2", name="别的公司", phone="(0755) 8888 8888"),
        CustomerRow(code="R3", name="毫不相干"),
    ]
    found = duplicates_of_rows(actor=company.alice, rows=rows)
    assert [(one.index, one.reason, one.customer) for one in found] == [(0, "name", known), (1, "phone", known)]
    hidden = duplicates_of_rows(actor=company.charlie, rows=rows)
    assert [(one.index, one.customer) for one in hidden] == [(0, None), (1, None)]


def test_contacts_in_bulk_match_by_mail_then_name_and_keep_one_main_contact(company: Company) -> None:
    pk = company.customer.pk
    rows = [
        ContactRow(pk, "王晓敏", email="Wang@Example.com"),
        ContactRow(pk, "李文静", phone="13800138000", is_primary=True),
    ]
    first = upsert_contacts(actor=company.alice, rows=rows, today=TODAY)
    assert (first.new, first.changed) == (2, 0)
    main = Contact.objects.get(customer=pk, is_primary=True)
    assert main.name == "李文静"
    again = upsert_contacts(actor=company.alice, rows=rows, today=TODAY)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    rows = [ContactRow(pk, "王小敏", email="wang@example.com", is_primary=True)]
    renamed = upsert_contacts(actor=company.alice, rows=rows, today=TODAY)
    assert (renamed.new, renamed.changed) == (0, 1)
    assert Contact.objects.get(customer=pk, is_primary=True).name == "王小敏"
    with pytest.raises(NotAllowed):
        upsert_contacts(actor=company.charlie, rows=rows, today=TODAY)
