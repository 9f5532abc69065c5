"""The pages of customers: list, record, panels, timeline, forms."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from crm.core.lists import list_view
from customers.models import Contact, Customer, TimelineEvent
from customers.services import EventRow, create_customer, record_events, update_customer
from tests.factories import Company, make_account, make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def company() -> Company:
    return make_company()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def names_in_list(user: Any, query: str) -> list[str]:
    return [customer.name for customer in list_view("customers").get_queryset_for(user, query)]


def form_of(customer: Customer, **changes: Any) -> dict[str, Any]:
    return {
        "name": customer.name,
        "kind": "organisation",
        "category": "business",
        "country": "CN",
        "code": customer.code,
        "version": customer.version,
        **changes,
    }


def test_the_list_shows_what_one_sees_and_filters_in_the_address(company: Company) -> None:
    make_customer("Bob's", owner=company.bob, state="dormant", region_id="440300", industry_id="C39")
    make_customer("Nobody's")
    assert names_in_list(company.alice, "") == ["Alice's customer"]
    assert names_in_list(company.mona, "") == ["Alice's customer", "Bob's"]
    assert names_in_list(company.greg, "state=dormant") == ["Bob's"]
    assert names_in_list(company.greg, "region=44&industry=C") == ["Bob's"]
    assert names_in_list(company.greg, "unassigned=true") == ["Nobody's"]
    assert names_in_list(company.greg, f"owner={company.bob.pk}") == ["Bob's"]
    assert names_in_list(company.greg, f"team={company.sales.pk}") == ["Alice's customer", "Bob's"]
    assert names_in_list(company.greg, f"team={company.west.pk}") == []
    assert names_in_list(company.alice, "mine=true") == ["Alice's customer"]
    assert names_in_list(company.greg, "q=bob") == ["Bob's"]


@pytest.mark.thorough
def test_the_list_costs_the_same_queries_for_any_number_of_rows(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(company.mona)
    address = reverse("customers:customers") + "?cols=name,state,owner,team,region,limit,exposure,headroom,overdue"
    for index in range(3):
        make_account(make_customer(f"Few {index}", owner=company.alice), "100")
    with django_assert_max_num_queries(8) as few:
        client.get(address)
    for index in range(60):
        make_account(make_customer(f"Many {index}", owner=company.bob, region_id="440300"), "100")
    with django_assert_max_num_queries(len(few) + 1) as many:
        answer = client.get(address)
    # One more only because the count is asked for once there is a second page.
    assert len(many) <= len(few) + 1
    assert answer.content.count(b"Many ") >= 45


@pytest.mark.thorough
def test_the_page_costs_the_same_queries_however_much_hangs_on_the_customer(
    company: Company, django_assert_num_queries: Any
) -> None:
    client, customer = signed_in(company.alice), company.customer
    make_invoice(customer)
    addresses = [customer.get_absolute_url(), reverse("customers:timeline", args=[customer.pk])]
    addresses += [
        reverse("customers:panel", args=[customer.pk, key]) for key in ("profile", "contacts", "credit", "history")
    ]

    def queries() -> list[int]:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    before = queries()
    assert before[0] <= 8  # the page itself; the rest are its parts
    assert max(before) <= 16
    for index in range(20):
        make_invoice(customer)
        Contact.objects.create(customer=customer, name=f"Contact {index}")
        make_customer(f"Child {index}", owner=company.alice, parent=customer)
    record_events(EventRow(customer.pk, "customer_created", TODAY, actor_id=company.bob.pk) for _ in range(40))
    after = queries()
    assert all(now <= then + 1 for now, then in zip(after, before, strict=True)), (before, after)


@pytest.mark.repeats
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_renders_in_both_languages(company: Company, language: str) -> None:
    customer = company.customer
    make_account(customer, "1000")
    make_invoice(customer, "2500.00", due_on="2026-02-01")
    contact = Contact.objects.create(customer=customer, name="王晓敏", is_primary=True)
    company.mona.language = language
    company.mona.save()
    client = signed_in(company.mona)
    for name, args in (
        ("customers", []),
        ("create", []),
        ("detail", [customer.pk]),
        ("edit", [customer.pk]),
        ("state", [customer.pk]),
        ("blacklist", [customer.pk]),
        ("assign", [customer.pk]),
        ("share", [customer.pk]),
        ("add_contact", [customer.pk]),
        ("edit_contact", [customer.pk, contact.pk]),
        ("timeline", [customer.pk]),
        *(("panel", [customer.pk, key]) for key in ("profile", "contacts", "credit", "history")),
    ):
        answer = client.get(reverse(f"customers:{name}", args=args))
        assert answer.status_code == 200, name
        assert b"style=" not in answer.content, name


def test_the_head_names_state_owner_headroom_and_what_is_overdue(company: Company) -> None:
    make_account(company.customer, "1000")
    make_invoice(company.customer, "2500.00", due_on="2026-02-01")
    text = signed_in(company.alice).get(company.customer.get_absolute_url()).content.decode()
    assert "-1,500.00" in text
    assert "Over limit" in text
    assert "<progress" in text
    assert "Alice" in text


def test_a_blacklisted_customer_is_named_so_on_its_page(company: Company) -> None:
    client = signed_in(company.mona)
    answer = client.post(reverse("customers:blacklist", args=[company.customer.pk]), {"reason": "Fraud"})
    assert answer.status_code == 302
    text = client.get(company.customer.get_absolute_url()).content.decode()
    assert 'role="alert"' in text
    assert "Fraud" in text
    assert "Mona" in text


def test_creating_asks_about_a_like_customer_and_keeps_what_was_typed(company: Company) -> None:
    create_customer(actor=company.alice, today=TODAY, name="深圳市华信科技有限公司", code="H1")
    client = signed_in(company.alice)
    typed = {
        "name": "上海华信科技有限公司",
        "kind": "organisation",
        "category": "business",
        "country": "CN",
        "state": "prospect",
    }
    asked = client.post(reverse("customers:create"), typed)
    text = asked.content.decode()
    assert asked.status_code == 422
    assert "上海华信科技有限公司" in text
    assert "深圳市华信科技有限公司" in text
    assert 'name="accept_similar"' in text
    assert not Customer.objects.filter(name="上海华信科技有限公司").exists()
    done = client.post(reverse("customers:create"), {**typed, "accept_similar": "on"})
    created = Customer.objects.get(name="上海华信科技有限公司")
    assert done.headers["Location"] == created.get_absolute_url()
    assert created.owner == company.alice


def test_the_hint_while_typing_tells_nothing_about_a_colleagues_customer(company: Company) -> None:
    create_customer(actor=company.charlie, today=TODAY, name="深圳市华信科技有限公司", code="SECRET")
    text = signed_in(company.alice).post(reverse("customers:similar"), {"name": "华信科技"}).content.decode()
    assert "belongs to another colleague" in text
    assert "SECRET" not in text
    assert "深圳市" not in text


def test_a_wrong_field_stands_beside_its_field(company: Company) -> None:
    client = signed_in(company.alice)
    answer = client.post(
        reverse("customers:edit", args=[company.customer.pk]),
        form_of(company.customer, uscc="9111000060003734", country="XX", founded_on="2099-01-01"),
    )
    errors = answer.context["form"].errors
    assert answer.status_code == 422
    assert "18 characters" in errors["uscc"][0]
    assert "No country has the code XX" in errors["country"][0]
    assert "2099-01-01 has not come yet" in errors["founded_on"][0]


def test_two_tabs_the_later_one_sees_both_values_and_may_save_again(company: Company) -> None:
    client, customer = signed_in(company.alice), company.customer
    update_customer(actor=company.alice, customer_id=customer.pk, version=1, today=TODAY, address="First road")
    typed = form_of(customer, address="Second road")
    conflict = client.post(reverse("customers:edit", args=[customer.pk]), typed)
    text = conflict.content.decode()
    assert conflict.status_code == 422
    assert "First road" in text
    assert "Second road" in text
    assert 'name="version" value="2"' in text
    customer.refresh_from_db()
    assert customer.address == "First road"
    assert client.post(reverse("customers:edit", args=[customer.pk]), {**typed, "version": 2}).status_code == 302
    customer.refresh_from_db()
    assert customer.address == "Second road"


def test_contacts_are_edited_in_their_panel(company: Company) -> None:
    client, customer = signed_in(company.alice), company.customer
    address = reverse("customers:add_contact", args=[customer.pk])
    target = {**HTMX, "HX-Target": "contacts"}
    form = client.get(address, headers=target).content.decode()
    assert form.lstrip().startswith('<div id="contacts">')
    wrong = client.post(address, {"name": ""}, headers=target)
    assert wrong.status_code == 200
    assert b"<form" in wrong.content
    saved = client.post(address, {"name": "王晓敏", "role": "finance"}, headers=target)
    assert "王晓敏" in saved.content.decode()
    contact = Contact.objects.get(customer=customer)
    assert contact.is_primary
    left = client.post(reverse("customers:deactivate_contact", args=[customer.pk, contact.pk]), headers=target)
    assert left.status_code == 200
    contact.refresh_from_db()
    assert not contact.is_active
    plain = client.post(address, {"name": "李文静"})
    assert plain.headers["Location"] == customer.get_absolute_url()


def test_the_timeline_is_newest_first_filtered_and_in_pages(company: Company) -> None:
    customer = company.customer
    record_events(
        EventRow(customer.pk, "contact_added", TODAY + dt.timedelta(days=index), {"name": f"Nr{index:02d}"})
        for index in range(30)
    )
    record_events([EventRow(customer.pk, "state_changed", TODAY, {"from": "lead", "to": "active", "cause": "Won"})])
    client, address = signed_in(company.alice), reverse("customers:timeline", args=[customer.pk])
    first = client.get(address).content.decode()
    assert first.index("Nr29") < first.index("Nr28")
    assert "Nr03" not in first
    assert "Nr03" in client.get(address, {"page": "2"}).content.decode()
    only = client.get(address, {"kind": "state_changed"}).content.decode()
    assert "Lead → Active: Won" in only
    assert "Nr29" not in only


def test_events_of_an_app_one_may_not_see_are_left_out(company: Company) -> None:
    from crm.accounts import roles
    from tests.factories import make_user

    make_invoice(company.customer, number="SECRET-1")
    kinds = set(TimelineEvent.objects.filter(customer=company.customer).values_list("kind", flat=True))
    assert "invoice_posted" in kinds
    service = make_user("sarah", roles.SERVICE)
    address = reverse("customers:timeline", args=[company.customer.pk])
    assert "SECRET-1" not in signed_in(service).get(address).content.decode()
    assert "SECRET-1" in signed_in(company.alice).get(address).content.decode()


def test_event_sentences_are_made_in_the_readers_language(company: Company) -> None:
    from customers.timeline import timeline_page

    record_events([EventRow(company.customer.pk, "customer_updated", TODAY, {"fields": ["region", "gone_field"]})])
    with translation.override("en"):
        page = timeline_page(user=company.alice, customer=company.customer)
        assert page.entries[0].sentence == "Profile changed: Region"


def test_search_boxes_offer_only_what_one_may_choose(company: Company) -> None:
    make_customer("Foreign", owner=company.charlie)
    offered = signed_in(company.alice).get(reverse("customers:options"), {"q": "customer"}).json()["items"]
    assert [item["text"] for item in offered] == ["Alice's customer"]
    assert signed_in(company.alice).get(reverse("customers:options"), {"q": "foreign"}).json()["items"] == []

    def owners(user: Any) -> set[str]:
        return {item["text"] for item in signed_in(user).get(reverse("customers:owners")).json()["items"]}

    assert owners(company.alice) == {"Alice"}
    assert owners(company.mona) == {"Alice", "Bob", "Mona"}
    assert "Charlie" in owners(company.greg)
    regions = signed_in(company.alice).get(reverse("customers:regions"), {"q": "Shenzhen"}).json()["items"]
    assert [(item["value"], item["detail"]) for item in regions] == [("440300", "Guangdong")]
    chosen = signed_in(company.alice).get(reverse("customers:industries"), {"q": "C39"}).json()["items"]
    assert chosen[0]["value"] == "C39"
