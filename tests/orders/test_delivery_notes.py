"""The note of a delivery: what left and for whom, in the language asked for, never a price; and the page it is on."""

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from contracts.delivery_note import note_docx, note_of, note_pdf
from contracts.models import Delivery
from contracts.services.deliveries import reverse_delivery
from crm.accounts.models import User
from customers.models import Customer
from tests.contracts.test_documents import read_docx
from tests.factories import make_user
from tests.orders.making import TODAY, Shop


@pytest.fixture
def delivery(shop: Shop) -> Delivery:
    Customer.objects.filter(pk=shop.customer.pk).update(
        name="买家有限公司", address="张江路 88 号", english_name="Buyer Ltd", english_address="88 Buyer Street"
    )
    entity = shop.company.entity
    type(entity).objects.filter(pk=entity.pk).update(address="浦东大道 1 号", address_en="1 Pudong Avenue")
    order = shop.released("10.5", reference="PO-77")
    made = shop.deliver(order, "2.5", carrier="顺丰 SF1234", note="Ring the bell")
    return Delivery.objects.select_related("order__customer", "order__legal_entity", "order__contract").get(pk=made.pk)


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_documents_say_what_left_and_no_price(shop: Shop, delivery: Delivery, language: str) -> None:
    product = shop.product.name_zh if language == "zh" else shop.product.name_en
    paragraphs, rows = read_docx(note_docx(delivery, language))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(note_pdf(delivery, language))).pages]
    unit = "件" if language == "zh" else "pc"
    assert ["1", shop.product.code, product, unit, "2.5"] in rows
    written = " ".join([*paragraphs, *(cell for row in rows for cell in row)])
    day = "2026年3月31日" if language == "zh" else "31 March 2026"
    order = delivery.order
    parties = {
        "zh": (order.customer.name, "张江路 88 号", "浦东大道 1 号"),
        "en": ("Buyer Ltd", "88 Buyer Street", "1 Pudong Avenue"),
    }[language]
    said = (
        delivery.number, order.number, order.contract.number, "PO-77", "SF1234", day, *parties,
        "Ring the bell", product,
    )  # fmt: skip
    for words in said:
        assert words in written
        assert "".join(words.split()) in "".join("".join(pages).split())
    assert not any("100.00" in text or "250" in text for text in (written, *pages))


def test_a_note_of_a_delivery_that_was_taken_back_says_so(shop: Shop, delivery: Delivery) -> None:
    assert note_of(delivery, "en").mark == ""
    reverse_delivery(actor=shop.walter, delivery_id=delivery.pk, reason="wrong", on=TODAY)
    again = Delivery.objects.get(pk=delivery.pk)
    assert "Taken back on 31 March 2026" in note_of(again, "en").mark


def test_the_warehouse_sees_what_it_delivered_and_prints_it(shop: Shop, delivery: Delivery) -> None:
    walter = enter(shop.walter)
    address = reverse("contracts:delivery", args=[delivery.pk])
    assert address in walter.get(reverse("contracts:deliveries_made")).content.decode()
    page = walter.get(address).content.decode()
    assert (delivery.order.number in page, "100.00" in page, "250.00" in page) == (True, False, False)
    for language, ending in (("zh", "pdf"), ("en", "docx")):
        note = reverse("contracts:warehouse_note", args=[delivery.pk, language, ending])
        assert note in page
        response = walter.get(note)
        assert (response.status_code, f"{delivery.number}_{language}.{ending}" in response["Content-Disposition"]) == (
            200,
            True,
        )
    for language, ending in (("fr", "pdf"), ("zh", "exe")):
        assert walter.get(reverse("contracts:warehouse_note", args=[delivery.pk, language, ending])).status_code == 404
    assert walter.get(reverse("contracts:delivery_note", args=[delivery.pk, "zh", "pdf"])).status_code == 403


def test_who_sees_the_order_prints_it_from_there(shop: Shop, delivery: Delivery) -> None:
    note = reverse("contracts:delivery_note", args=[delivery.pk, "en", "pdf"])
    alice: Any = enter(shop.alice)
    assert note in alice.get(delivery.order.get_absolute_url()).content.decode()
    assert alice.get(note).content.startswith(b"%PDF")
    assert enter(make_user("bob_elsewhere", "sales_rep")).get(note).status_code == 404
    page = alice.get(reverse("contracts:delivery", args=[delivery.pk])).content.decode()
    assert (note in page, reverse("contracts:warehouse_note", args=[delivery.pk, "en", "pdf"]) in page) == (True, False)
    assert (
        enter(make_user("carl_elsewhere", "sales_rep"))
        .get(reverse("contracts:delivery", args=[delivery.pk]))
        .status_code
        == 404
    )
