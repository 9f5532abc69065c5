"""Orders for what is made to order: released when somebody else has said of them that they can be made."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import InternalError, transaction
from django.test import Client
from django.urls import reverse

from contracts.errors import (
    NothingToReview,
    OrderChanged,
    OrderUnknown,
    OwnOrderReviewed,
    PromisedTooEarly,
    ReviewMissing,
    ReviewReturned,
)
from contracts.models import Order, OrderReview, OrderState, Product
from contracts.panels.orders import review_card
from contracts.services import releasing
from contracts.services.order_reviews import review_order
from contracts.services.orders import LineInput, change_order, copy_order
from contracts.services.products import ProductRow, upsert_products
from contracts.verification.orders import verify_orders
from crm.core.errors import NotAllowed, ReasonMissing
from crm.notices.models import Notice
from customers.models import TimelineEvent
from tests.factories import make_user
from tests.orders.making import TODAY, Shop

IN_MAY = dt.date(2026, 5, 4)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """What is sold is made to order."""
    Product.objects.filter(pk=shop.product.pk).update(is_custom=True)
    return shop


def review(shop: Shop, order: Order, verdict: str = "approved", **fields: Any) -> OrderReview:
    values: dict[str, Any] = {"actor": shop.company.mona, "version": order.version, "on": TODAY, **fields}
    return review_order(order_id=order.pk, verdict=verdict, **values)


def changed(shop: Shop, order: Order, actor: Any = None) -> Order:
    return change_order(
        actor=actor or shop.alice, order_id=order.pk, version=order.version, on=TODAY, payment="credit",
        contract_id=shop.contract.pk, lines=[LineInput(shop.product.pk, Decimal(11))],
    )  # fmt: skip


@pytest.mark.parametrize("quantity", ["10", "2000"], ids=["within the limit", "beyond it"])
def test_without_a_review_it_is_neither_released_nor_held(shop: Shop, quantity: str) -> None:
    order = shop.draft(quantity)
    with pytest.raises(ReviewMissing):
        shop.release(order)
    order.refresh_from_db()
    assert (order.state, order.last_check_id) == (OrderState.DRAFT, None)
    review(shop, order, note="drawing checked", promised_on=IN_MAY)
    assert shop.release(order).state == (OrderState.RELEASED if quantity == "10" else OrderState.HELD)


def test_sent_back_it_waits_for_a_change_and_another_review(shop: Shop) -> None:
    order = shop.draft()
    review(shop, order)
    review(shop, order, "returned", note="no drawing")
    with pytest.raises(ReviewReturned, match="no drawing"):
        shop.release(order)
    order = changed(shop, order)
    with pytest.raises(ReviewMissing):
        shop.release(order)
    review(shop, order)
    assert shop.release(order).state == OrderState.RELEASED
    assert [(each.edition, each.verdict) for each in order.reviews.all()] == [
        (2, "approved"), (1, "returned"), (1, "approved"),
    ]  # fmt: skip
    with pytest.raises(InternalError), transaction.atomic():
        OrderReview.objects.update(verdict="approved")
    with pytest.raises(InternalError), transaction.atomic():
        OrderReview.objects.all().delete()


def test_a_held_order_that_is_changed_is_reviewed_again(shop: Shop) -> None:
    order = shop.draft("2000")
    review(shop, order)
    order = changed(shop, shop.release(order))
    with pytest.raises(ReviewMissing):
        shop.release(order)


def test_nobody_reviews_what_he_or_she_wrote(shop: Shop) -> None:
    mona = shop.company.mona
    own, other = shop.draft(actor=mona), changed(shop, shop.draft(), actor=mona)
    for order in (own, other):
        with pytest.raises(OwnOrderReviewed):
            review(shop, order)
    with pytest.raises(NotAllowed):
        review(shop, other, actor=make_user("carol_controls", "credit_controller"))
    with pytest.raises(OrderUnknown):
        review(shop, other, actor=make_user("another_manager", "sales_manager"))
    assert not OrderReview.objects.exists()
    review(shop, own, actor=make_user("diana_directs", "sales_director"))


def test_only_the_edition_that_was_read_and_only_what_is_made_to_order(shop: Shop) -> None:
    order = shop.draft()
    changed(shop, order)
    plain = shop.draft(lines=[LineInput(make_stock_product().pk, Decimal(1))])
    refused: list[tuple[type[Exception], Any, dict[str, Any]]] = [
        (OrderChanged, order, {"version": 1}),
        (NothingToReview, plain, {}),
        (ReasonMissing, order, {"version": 2, "verdict": "returned", "note": " "}),
        (PromisedTooEarly, order, {"version": 2, "promised_on": TODAY - dt.timedelta(days=1)}),
    ]
    for error, asked, fields in refused:
        with pytest.raises(error):
            review(shop, asked, **fields)
    assert not OrderReview.objects.exists()
    assert shop.release(plain).state == OrderState.RELEASED
    review(shop, Order.objects.get(pk=order.pk))
    released = shop.release(Order.objects.get(pk=order.pk))
    with pytest.raises(NothingToReview):
        review(shop, released, "returned", note="too late")


def make_stock_product() -> Product:
    rows = [ProductRow("STOCK", "轴承", "Bearing", "件", Decimal(10))]
    upsert_products(actor=None, rows=rows)
    return Product.objects.get(code="STOCK")


def test_a_copy_is_reviewed_anew(shop: Shop) -> None:
    order = shop.draft()
    review(shop, order)
    copied = copy_order(actor=shop.alice, order_id=order.pk, on=TODAY)
    assert copied.is_custom
    with pytest.raises(ReviewMissing):
        shop.release(copied)


def test_owner_and_authors_are_told_once_however_often_it_is_sent(shop: Shop) -> None:
    emma = make_user("emma_helps", "sales_director")
    order = changed(shop, shop.draft(), actor=emma)
    for _ in range(2):
        review(shop, order, "returned", note="no drawing")
    assert list(Notice.objects.order_by("user__username").values_list("user", "kind")) == [
        (shop.alice.pk, "order_review_returned"), (emma.pk, "order_review_returned"),
    ]  # fmt: skip
    assert "no drawing" in Notice.objects.filter(user=shop.alice).get().sentence
    assert TimelineEvent.objects.filter(kind="order_reviewed").count() == 1


def test_an_author_who_does_not_see_the_order_any_more_is_not_told(shop: Shop) -> None:
    emma = make_user("emma_helps", "sales_director")
    order = changed(shop, shop.draft(), actor=emma)
    emma.groups.clear()
    review(shop, order, "returned", note="no drawing")
    assert [notice.user for notice in Notice.objects.all()] == [shop.alice]


def test_orders_from_stock_are_not_asked_for_a_review(shop: Shop, django_assert_num_queries: Any) -> None:
    order = shop.draft(lines=[LineInput(make_stock_product().pk, Decimal(1))])
    with django_assert_num_queries(0):
        releasing.require_review(order)


def test_reviewers_find_what_waits_and_the_page_takes_their_word(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr("contracts.views.order_reviews.business_today", lambda: TODAY)
    mona, order = shop.company.mona, shop.draft()
    shop.draft(actor=mona)
    with django_assert_max_num_queries(2):
        card = review_card(mona)
    assert (card.count, card.rows[0].url) == (1, order.get_absolute_url())
    client = Client()
    client.force_login(mona)
    listed, address = (
        reverse("contracts:orders") + "?to_review=true",
        reverse("contracts:review_order", args=[order.pk]),
    )
    assert order.number in client.get(listed).content.decode()
    page = client.get(order.get_absolute_url()).content.decode()
    assert (address in page, "it waits for the review of somebody else" in page) == (True, True)
    assert client.post(address, {"verdict": "returned", "version": 1}).status_code == 422
    said = {"verdict": "approved", "version": 1, "promised_on": str(IN_MAY), "note": "drawing checked"}
    assert client.post(address, said).status_code == 302
    page = client.get(order.get_absolute_url()).content.decode()
    assert (f"promised for {IN_MAY}" in page, "drawing checked" in page) == (True, True)
    assert order.number not in client.get(listed).content.decode()
    assert review_card(mona).count == 0


def test_a_file_that_does_not_say_it_leaves_a_product_made_to_order(shop: Shop) -> None:
    row = ProductRow(shop.product.code, "轴承", "Bearing", "件", Decimal(10))
    upsert_products(actor=None, rows=[row])
    shop.product.refresh_from_db()
    assert (shop.product.is_custom, shop.product.price) == (True, Decimal(10))


def test_verify_finds_what_was_released_without(shop: Shop) -> None:
    order = shop.draft()
    review(shop, order)
    shop.release(order)
    assert list(verify_orders()) == []
    with transaction.atomic(), pgtrigger.ignore("contracts.Order:released_stays"):
        stock = shop.released(lines=[LineInput(make_stock_product().pk, Decimal(1))])
        Order.objects.filter(pk=stock.pk).update(is_custom=True)
        assert [(found.code, found.key) for found in verify_orders()] == [("order_reviewed", stock.number)]
