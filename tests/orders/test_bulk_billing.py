"""Billing many deliveries at once: what is shown before, what is posted, and what is refused and why."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Delivery
from crm.core.errors import NotAllowed
from receivables.models import Invoice
from receivables.services import close_period, post_invoice
from receivables.services.order_invoices import invoice_deliveries, invoice_delivery
from tests.factories import make_entity
from tests.orders.making import TODAY, Shop, make_contract

pytestmark = pytest.mark.django_db
D = Decimal
LIST, BULK = "receivables:deliveries_to_invoice", "receivables:invoice_deliveries"


@pytest.fixture
def waiting(shop: Shop) -> list[Delivery]:
    """Three deliveries of 400, 600 and 500 that wait for their invoices."""
    order = shop.released()
    return [shop.deliver(order, "4"), shop.deliver(order, "6"), shop.deliver(shop.released("5"), "5")]


@pytest.fixture
def anna(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.company.anna)
    return client


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def ids(deliveries: list[Delivery]) -> list[int]:
    return [delivery.pk for delivery in deliveries]


def test_the_ticked_deliveries_are_shown_with_their_due_dates_and_billed_once(
    anna: Client, waiting: list[Delivery]
) -> None:
    assert reverse(BULK) in anna.get(reverse(LIST)).content.decode()
    asked = anna.post(reverse(BULK), {"ids": ids(waiting[:2])})
    page = asked.content.decode()
    assert not Invoice.objects.exists()
    assert "2 invoices are posted: 1,000.00 CNY." in page
    assert [delivery.number in page for delivery in waiting] == [True, True, False]

    confirmed = {"ids": ids(waiting[:2]), "on": str(TODAY), "shown_on": str(TODAY)}
    answer = anna.post(reverse(BULK), confirmed)
    assert told(answer) == ["2 invoices are posted."]
    assert [(invoice.number, invoice.amount, invoice.due_on) for invoice in Invoice.objects.order_by("pk")] == [
        (waiting[0].number, D(400), TODAY + dt.timedelta(days=60)),
        (waiting[1].number, D(600), TODAY + dt.timedelta(days=60)),
    ]
    again = anna.post(reverse(BULK), confirmed)
    assert Invoice.objects.count() == 2
    assert told(again)[-1] == "None of these deliveries waits for its invoice."
    assert "None of these deliveries" in anna.post(reverse(BULK), {"ids": ids(waiting[:2])}).content.decode()


def test_another_day_is_shown_with_its_due_dates_before_anything_is_posted(
    anna: Client, shop: Shop, waiting: list[Delivery]
) -> None:
    later = TODAY + dt.timedelta(days=15)
    due = str(later + dt.timedelta(days=60))
    for address, ticked in (
        (reverse(BULK), {"ids": ids(waiting)}),
        (reverse("receivables:invoice_delivery", args=[waiting[0].pk]), {"number": "FP-1"}),
    ):
        changed = anna.post(address, {**ticked, "on": str(later), "shown_on": str(TODAY)})
        page = changed.content.decode()
        assert (changed.status_code, due in page, f'value="{later}"' in page) == (200, True, True)
        assert f"The date was changed to {later}. Nothing is posted yet" in page
        assert not Invoice.objects.exists()
    assert 'value="FP-1"' in page
    assert anna.post(address, {"number": "FP-1", "on": str(later), "shown_on": str(later)}).status_code == 302
    assert str(Invoice.objects.get().due_on) == due


def test_a_day_that_can_never_be_posted_is_refused_and_not_shown_with_a_due_date(
    anna: Client, waiting: list[Delivery]
) -> None:
    early = TODAY - dt.timedelta(days=400)
    posted = {"on": str(early), "shown_on": str(TODAY)}
    single = anna.post(reverse("receivables:invoice_delivery", args=[waiting[0].pk]), {"number": "", **posted})
    many = anna.post(reverse(BULK), {"ids": ids(waiting), **posted})
    reason = f"{waiting[0].number} left on {TODAY}: it cannot be billed before."
    assert (single.status_code, many.status_code) == (422, 200)
    assert f"Dated {early} none of these deliveries can be billed." in many.content.decode()
    for page in (single.content.decode(), many.content.decode()):
        assert reason in page
        assert "falls due" not in page
    assert not Invoice.objects.exists()


def test_a_single_delivery_tells_terms_and_due_date_before_it_is_billed(
    anna: Client, waiting: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receivables.views.order_invoices.business_today", lambda: TODAY)
    page = anna.get(reverse("receivables:invoice_delivery", args=[waiting[0].pk])).content.decode()
    assert f"An invoice of {TODAY} falls due on {TODAY + dt.timedelta(days=60)}: 60 days, Rolling" in page


def test_what_is_refused_waits_on_with_its_reason_and_keeps_no_other_back(
    anna: Client, shop: Shop, waiting: list[Delivery]
) -> None:
    other = make_entity("E9")
    contract = make_contract(shop.customer, shop.alice, other)
    entity = shop.company.entity
    shop.company.entity = other
    elsewhere = shop.deliver(shop.released("1", contract_id=contract.pk), "1")
    close_period(actor=None, legal_entity_id=other.pk, closed_through=TODAY, reason="month end")
    post_invoice(
        actor=None, legal_entity_id=entity.pk, customer_id=shop.customer.pk, number=waiting[1].number, on=TODAY,
        currency="CNY", amount=D(1),
    )  # fmt: skip
    answer = anna.post(reverse(BULK), {"ids": ids([*waiting, elsewhere]), "on": str(TODAY), "shown_on": str(TODAY)})
    posted, *refused = told(answer)
    assert posted == "2 invoices are posted."
    assert refused[0] == f"The number {waiting[1].number} is taken already."
    assert refused[1].startswith(f"{elsewhere.number}: ")
    page = anna.get(reverse(LIST)).content.decode()
    assert [delivery.number in page for delivery in (*waiting, elsewhere)] == [False, True, False, True]


def test_only_who_posts_invoices_bills_and_only_what_that_person_sees(shop: Shop, waiting: list[Delivery]) -> None:
    alice = Client()
    alice.force_login(shop.alice)
    answer = alice.post(reverse(BULK), {"ids": ids(waiting), "on": str(TODAY), "shown_on": str(TODAY)})
    assert answer.status_code == 403
    with pytest.raises(NotAllowed):
        invoice_deliveries(actor=shop.alice, delivery_ids=ids(waiting), on=TODAY)
    assert not Invoice.objects.exists()


def test_asked_again_the_invoices_that_stand_are_answered(shop: Shop, waiting: list[Delivery]) -> None:
    first = invoice_delivery(actor=None, delivery_id=waiting[0].pk, on=TODAY)
    done = invoice_deliveries(actor=shop.company.anna, delivery_ids=ids(waiting), on=TODAY)
    assert (done.invoices[0], len(done.invoices), done.refused) == (first, 3, [])
    assert Invoice.objects.count() == 3


def test_the_question_costs_as_many_queries_for_three_as_for_one(anna: Client, waiting: list[Delivery]) -> None:
    anna.post(reverse(BULK), {"ids": ids(waiting[:1])})  # what is read once for all
    counts = []
    for ticked in (waiting[:1], waiting):
        with CaptureQueriesContext(connection) as queries:
            anna.post(reverse(BULK), {"ids": ids(ticked)})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
