"""Papers of orders: taken in at any time, taken out before the first check only, seen by who sees the order."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import InternalError, transaction
from django.test import Client
from django.urls import reverse

from contracts.errors import OrderUnknown, PaperStays, TooManyPapers
from contracts.models import Order, OrderPaper, OrderState
from contracts.services import order_papers
from contracts.services.order_papers import add_paper, remove_paper
from contracts.services.orders import LineInput, change_order
from contracts.verification import orders as verification
from credit.errors import AttachmentRefused
from crm.core.errors import NotAllowed
from tests.factories import make_user
from tests.orders.making import TODAY, Shop

PDF = b"%PDF-1.7 the customer wants ten"


def add(shop: Shop, order: Order, content: bytes = PDF, name: str = "确认函.pdf", **fields: Any) -> OrderPaper:
    values: dict[str, Any] = {"actor": shop.alice, "kind": "confirmation", **fields}
    return add_paper(order_id=order.pk, file=ContentFile(content, name=name), name=name, **values)


def test_a_paper_is_added_at_any_time_and_taken_out_of_a_draft_only(
    shop: Shop, django_capture_on_commit_callbacks: Any
) -> None:
    order = shop.draft()
    wrong, paper = add(shop, order, b"%PDF-1.7 another"), add(shop, order)
    storage, path = wrong.file.storage, str(wrong.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):  # pressed twice it is gone all the same
            remove_paper(actor=shop.alice, order_id=order.pk, paper_id=wrong.pk)
    assert (list(order.papers.all()), storage.exists(path)) == ([paper], False)
    shop.release(order)
    with pytest.raises(PaperStays):
        remove_paper(actor=shop.alice, order_id=order.pk, paper_id=paper.pk)
    with pytest.raises(InternalError, match="papers of an order stay"), transaction.atomic():
        paper.delete()
    with pytest.raises(InternalError), transaction.atomic():
        OrderPaper.objects.update(name="other.pdf")
    add(shop, order, b"%PDF-1.7 drawing", kind="other")
    assert [each.kind for each in order.papers.all()] == ["confirmation", "other"]


def test_papers_of_an_order_that_was_held_stay_when_it_is_a_draft_again(shop: Shop) -> None:
    order = shop.draft("2000")  # beyond the limit
    paper = add(shop, order)
    held = shop.release(order)
    assert held.state == OrderState.HELD
    lines = [LineInput(shop.product.pk, Decimal(10))]
    change_order(
        actor=shop.alice, order_id=order.pk, version=held.version, lines=lines, on=TODAY,
        contract_id=shop.contract.pk, payment=held.payment,
    )  # fmt: skip
    order.refresh_from_db()
    assert order.state == OrderState.DRAFT
    with pytest.raises(PaperStays):
        remove_paper(actor=shop.alice, order_id=order.pk, paper_id=paper.pk)
    with pytest.raises(InternalError, match="papers of an order stay"), transaction.atomic():
        paper.delete()
    client = Client()
    client.force_login(shop.alice)
    address = reverse("contracts:remove_paper", args=[order.pk, paper.pk])
    assert address not in client.get(order.get_absolute_url()).content.decode()
    assert list(order.papers.all()) == [paper]


def test_the_same_file_sent_twice_is_there_once(shop: Shop) -> None:
    order = shop.draft()
    assert add(shop, order) == add(shop, order)
    assert order.papers.count() == 1


def test_only_what_it_says_it_is_is_taken_and_only_so_much(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = shop.draft()
    for name, content in (("x.pdf", b"MZ program"), ("x.exe", PDF), ("x.pdf", b"")):
        with pytest.raises(AttachmentRefused):
            add(shop, order, content, name)
    monkeypatch.setattr(order_papers, "MOST", 1)
    add(shop, order)
    with pytest.raises(TooManyPapers):
        add(shop, order, b"%PDF-1.7 2")
    assert order.papers.count() == 1


def test_who_does_not_see_the_order_neither_adds_nor_reads_nor_removes(shop: Shop) -> None:
    order = shop.draft()
    paper = add(shop, order)
    bob = make_user("bob_elsewhere", "sales_rep")
    with pytest.raises(OrderUnknown):
        add(shop, order, b"%PDF-1.7 2", actor=bob)
    with pytest.raises(OrderUnknown):
        remove_paper(actor=bob, order_id=order.pk, paper_id=paper.pk)
    with pytest.raises(NotAllowed):
        add(shop, order, b"%PDF-1.7 2", actor=shop.walter)
    client = Client()
    client.force_login(bob)
    assert client.get(reverse("contracts:paper", args=[order.pk, paper.pk])).status_code == 404
    assert list(order.papers.all()) == [paper]
    assert not OrderPaper.objects.visible_to(bob).exists()


def test_the_page_takes_and_hands_out_a_paper(shop: Shop) -> None:
    order, other = shop.draft(), shop.draft()
    client = Client()
    client.force_login(shop.alice)
    file = ContentFile(PDF, name="../../确认函.pdf")
    address = reverse("contracts:add_paper", args=[order.pk])
    assert client.post(address, {"kind": "confirmation", "file": file}).status_code == 302
    paper = order.papers.get()
    page = client.get(order.get_absolute_url()).content.decode()
    assert ("确认函.pdf" in page, reverse("contracts:remove_paper", args=[order.pk, paper.pk]) in page) == (True, True)
    response: Any = client.get(reverse("contracts:paper", args=[order.pk, paper.pk]))
    assert b"".join(response.streaming_content) == PDF
    assert (response["X-Content-Type-Options"], response["Content-Disposition"][:10]) == ("nosniff", "attachment")
    assert client.get(reverse("contracts:paper", args=[other.pk, paper.pk])).status_code == 404
    refused = client.post(address, {"kind": "confirmation", "file": ContentFile(b"MZ", name="x.pdf")})
    assert (refused.status_code, order.papers.count()) == (422, 1)


def test_verify_finds_a_file_that_is_lost_or_another_one(shop: Shop) -> None:
    paper = add(shop, shop.draft())
    papers = OrderPaper.objects.all()
    assert list(verification.verify_papers(papers)) == []
    storage, path = paper.file.storage, str(paper.file.name)
    storage.delete(path)
    storage.save(path, ContentFile(PDF[::-1]))
    [other] = verification.verify_papers(papers)
    assert (other.code, other.key) == ("order_paper", f"{paper.order.number} / 确认函.pdf")
    storage.delete(path)
    [lost] = verification.verify_papers(papers)
    assert str(lost.found) == "0"
