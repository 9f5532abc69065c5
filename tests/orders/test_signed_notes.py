"""The customer's signed copy of a delivery note: kept with its delivery by warehouse and sales, missed until it is."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.errors import NoteWithoutDelivery, OrderUnknown, TooManyPapers
from contracts.models import Delivery, OrderPaper
from contracts.services import order_papers
from contracts.services.deliveries import reverse_delivery
from contracts.services.order_papers import add_paper, add_signed_note
from credit.errors import AttachmentRefused
from crm.accounts import roles
from crm.accounts.models import User
from crm.core.errors import NotAllowed
from tests.factories import make_user
from tests.orders.making import TODAY, Shop

PDF = b"%PDF-1.7 received, Wang"
MADE = "contracts:deliveries_made"


@pytest.fixture
def delivery(shop: Shop) -> Delivery:
    return shop.deliver(shop.released("10"), "4")


def add(actor: Any, delivery: Delivery, content: bytes = PDF, name: str = "签收单.pdf") -> OrderPaper:
    return add_signed_note(actor=actor, delivery_id=delivery.pk, file=ContentFile(content, name=name), name=name)


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, name: str, **asks: str) -> str:
    return client.get(reverse(name), asks).content.decode()


class TestService:
    def test_warehouse_and_sales_add_it_once_however_often_it_is_sent(self, shop: Shop, delivery: Delivery) -> None:
        paper = add(shop.walter, delivery)
        assert add(shop.alice, delivery) == paper
        assert (paper.delivery, paper.order, paper.kind) == (delivery, delivery.order, "returned")
        assert (paper.uploaded_by, paper.file.read()) == (shop.walter, PDF)
        second = shop.deliver(delivery.order, "6")
        assert add(shop.alice, second) != paper  # one scan may bear two notes
        assert [each.delivery for each in delivery.order.papers.all()] == [delivery, second]

    def test_nobody_else_adds_one(self, shop: Shop, delivery: Delivery) -> None:
        with pytest.raises(NotAllowed):
            add(shop.company.anna, delivery)
        with pytest.raises(OrderUnknown):
            add(make_user("bob_elsewhere", roles.SALES_REP), delivery)
        with pytest.raises(OrderUnknown):
            add(shop.walter, Delivery(pk=delivery.pk + 1))
        assert not OrderPaper.objects.exists()

    def test_it_is_a_paper_like_any_other(
        self, shop: Shop, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(AttachmentRefused):
            add(shop.walter, delivery, b"MZ program")
        monkeypatch.setattr(order_papers, "MOST", 1)
        second = shop.deliver(delivery.order, "6")
        add(shop.walter, delivery)
        add(shop.walter, second)  # each delivery has room of its own
        with pytest.raises(TooManyPapers):
            add(shop.walter, delivery, b"%PDF-1.7 page 2")
        scan = ContentFile(PDF, name="x.pdf")
        add_paper(actor=shop.alice, order_id=delivery.order_id, kind="other", file=scan, name="x.pdf")
        assert delivery.order.papers.count() == 3

    def test_an_order_as_a_whole_takes_none(self, shop: Shop, delivery: Delivery) -> None:
        with pytest.raises(NoteWithoutDelivery):
            add_paper(
                actor=shop.alice, order_id=delivery.order_id, kind="returned", file=ContentFile(PDF), name="x.pdf"
            )

    def test_that_of_a_delivery_taken_back_stays(self, shop: Shop, delivery: Delivery) -> None:
        paper = add(shop.walter, delivery)
        reverse_delivery(actor=shop.walter, delivery_id=delivery.pk, reason="36, not 361", on=TODAY)
        assert list(delivery.papers.all()) == [paper]
        with pytest.raises(InternalError, match="papers of an order stay"), transaction.atomic():
            paper.delete()
        with pytest.raises(InternalError), transaction.atomic():
            OrderPaper.objects.update(delivery=None)
        add(shop.alice, delivery, b"%PDF-1.7 what they say of it")  # evidence comes late, too
        assert delivery.papers.count() == 2


class TestDatabase:
    """Whatever a service does: the delivery is one of the order, what is of a delivery is signed, and is there once."""

    def row(self, delivery: Delivery | None, actor: User, order: Any, **fields: Any) -> OrderPaper:
        values = {"kind": "returned", "name": "x.pdf", "size": 1, "checksum": "c", "content_type": "application/pdf"}
        return OrderPaper(order=order, delivery=delivery, uploaded_by=actor, file="x.pdf", **{**values, **fields})

    def test_another_orders_delivery_is_refused(self, shop: Shop, delivery: Delivery) -> None:
        other = shop.released("10")
        with pytest.raises(InternalError, match="is one of its order"), transaction.atomic():
            self.row(delivery, shop.alice, other).save()

    def test_another_kind_is_refused(self, shop: Shop, delivery: Delivery) -> None:
        with pytest.raises(IntegrityError, match="order_paper_of_delivery"), transaction.atomic():
            self.row(delivery, shop.alice, delivery.order, kind="other").save()

    @pytest.mark.parametrize("of_delivery", [True, False])
    def test_one_file_is_there_once(self, shop: Shop, delivery: Delivery, of_delivery: bool) -> None:
        found = delivery if of_delivery else None  # as rows from before are
        self.row(found, shop.alice, delivery.order).save()
        with pytest.raises(IntegrityError, match="order_paper_once"), transaction.atomic():
            self.row(found, shop.alice, delivery.order).save()


class TestPages:
    def test_the_warehouse_adds_it_and_learns_no_more(self, shop: Shop, delivery: Delivery) -> None:
        client, page = enter(shop.walter), reverse("contracts:delivery", args=[delivery.pk])
        address = reverse("contracts:add_signed_note", args=[delivery.pk])
        before = client.get(page).content.decode()
        assert (address in before, "has not come back" in before) == (True, True)
        for _ in range(2):
            answer = client.post(address, {"file": ContentFile(PDF, name="../签收单.pdf")})
            assert (answer.status_code, answer["Location"]) == (302, page)
        paper = delivery.papers.get()
        after = client.get(page).content.decode()
        assert ("签收单.pdf" in after, "has not come back" in after) == (True, False)
        assert not any(word in after for word in ("100.00", "400.00", delivery.order.get_absolute_url()))
        file = reverse("contracts:paper", args=[delivery.order_id, paper.pk])
        assert (file in after, client.get(file).status_code) == (False, 403)
        assert not OrderPaper.objects.visible_to(shop.walter).exists()

    def test_a_refused_file_is_told_and_not_kept(self, shop: Shop, delivery: Delivery) -> None:
        address = reverse("contracts:add_signed_note", args=[delivery.pk])
        answer = enter(shop.walter).post(address, {"file": ContentFile(b"MZ", name="x.pdf")})
        assert (answer.status_code, "x.pdf" in answer.content.decode()) == (422, True)
        assert not delivery.papers.exists()

    def test_sales_adds_it_and_opens_it_from_the_delivery_and_the_order(self, shop: Shop, delivery: Delivery) -> None:
        client: Any = enter(shop.alice)
        page = reverse("contracts:delivery", args=[delivery.pk])
        order = client.get(delivery.order.get_absolute_url()).content.decode()
        assert (page in order, "signed note missing" in order, 'value="returned"' in order) == (True, True, False)
        client.post(
            reverse("contracts:add_signed_note", args=[delivery.pk]), {"file": ContentFile(PDF, name="签收单.pdf")}
        )
        file = reverse("contracts:paper", args=[delivery.order_id, delivery.papers.get().pk])
        assert file in client.get(page).content.decode()
        order = client.get(delivery.order.get_absolute_url()).content.decode()
        assert f"Signed delivery note {delivery.number} ·" in order
        assert ("signed note missing" in order, file in order) == (False, True)
        assert b"".join(client.get(file).streaming_content) == PDF

    def test_who_sees_neither_the_order_nor_all_deliveries_finds_no_page(self, shop: Shop, delivery: Delivery) -> None:
        bob = enter(make_user("bob_elsewhere", roles.SALES_REP))
        anna = enter(shop.company.anna)
        for name, status in (("delivery", 200), ("add_signed_note", 403)):
            address = reverse(f"contracts:{name}", args=[delivery.pk])
            assert (bob.get(address).status_code, anna.get(address).status_code) == (404, status)
        page = anna.get(reverse("contracts:delivery", args=[delivery.pk])).content.decode()
        assert reverse("contracts:add_signed_note", args=[delivery.pk]) not in page
        assert reverse("contracts:reverse_delivery", args=[delivery.pk]) not in page


class TestMissing:
    def test_the_lists_find_deliveries_whose_note_has_not_come_back(self, shop: Shop, delivery: Delivery) -> None:
        signed, wrong = shop.deliver(shop.released("5"), "5"), shop.deliver(shop.released("3"), "3")
        add(shop.walter, signed)
        reverse_delivery(actor=shop.walter, delivery_id=wrong.pk, reason="36, not 361", on=TODAY)
        walter, alice, anna = enter(shop.walter), enter(shop.alice), enter(shop.company.anna)
        page = text_of(walter, MADE)
        assert (page.count(">Missing<"), page.count(">There<")) == (1, 1)
        for client, name, missing, others in (
            (walter, MADE, [delivery.number], [signed.number, wrong.number]),
            (anna, "receivables:deliveries_to_invoice", [delivery.number], [signed.number]),
            (alice, "contracts:orders", [delivery.order.number], [signed.order.number, wrong.order.number]),
        ):
            for value, seen, hidden in (("true", missing, others), ("false", others, missing)):
                page = text_of(client, name, unsigned=value)
                assert ([each in page for each in seen], [each in page for each in hidden]) == (
                    [True] * len(seen),
                    [False] * len(hidden),
                ), (name, value)

    @pytest.mark.thorough
    def test_the_list_asks_as_often_for_many_deliveries_as_for_one(self, shop: Shop, delivery: Delivery) -> None:
        client = enter(shop.walter)
        client.get(reverse(MADE))
        counts = []
        for more in (0, 3):
            for _ in range(more):
                shop.deliver(shop.released("2"), "2")
            with CaptureQueriesContext(connection) as caught:
                client.get(reverse(MADE))
            counts.append(len(caught))
        assert counts[0] == counts[1]
