"""Orders by telephone: released with the customer's written confirmation among their papers, in whatever way."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from contracts.errors import ConfirmationMissing
from contracts.models import Channel, Order, OrderPaper, OrderState
from contracts.services import releasing
from contracts.services.order_papers import add_paper
from contracts.services.orders import LineInput, change_order, copy_order
from credit.models import CreditCheck, Hold, Reservation
from credit.services import recheck_holds
from tests.orders.making import TODAY, Shop
from tests.orders.test_pages import typed

D = Decimal


def confirm(shop: Shop, order: Order, kind: str = "confirmation") -> OrderPaper:
    file = ContentFile(b"%PDF-1.7 we want ten")
    return add_paper(actor=shop.alice, order_id=order.pk, kind=kind, file=file, name="确认函.pdf")


def by_phone(shop: Shop, quantity: str = "10", **fields: Any) -> Order:
    return shop.draft(quantity, channel=Channel.PHONE, **fields)


@pytest.mark.parametrize("quantity", ["10", "2000"], ids=["within the limit", "beyond it"])
def test_without_the_confirmation_it_is_neither_released_nor_held(shop: Shop, quantity: str) -> None:
    order = by_phone(shop, quantity)
    confirm(shop, order, kind="purchase")  # another paper is none
    with pytest.raises(ConfirmationMissing):
        shop.release(order)
    order.refresh_from_db()
    assert (order.state, order.last_check_id, order.released_on) == (OrderState.DRAFT, None, None)
    assert [model.objects.count() for model in (CreditCheck, Reservation, Hold)] == [0, 0, 0]
    confirm(shop, order)
    assert shop.release(order).state == (OrderState.RELEASED if quantity == "10" else OrderState.HELD)


def test_paid_in_advance_it_needs_the_confirmation_as_well(shop: Shop) -> None:
    shop.pay("1000")
    order = by_phone(shop, contract_id=None, payment="prepaid")
    with pytest.raises(ConfirmationMissing):
        shop.release(order)
    confirm(shop, order)
    assert shop.release(order).state == OrderState.RELEASED


def test_a_confirmed_one_on_hold_goes_by_itself(shop: Shop) -> None:
    order = by_phone(shop, contract_id=None, payment="prepaid")
    confirm(shop, order)
    assert shop.release(order).state == OrderState.HELD
    shop.pay("1000")
    recheck_holds(customer_id=shop.customer.pk, on=TODAY)
    order.refresh_from_db()
    assert order.state == OrderState.RELEASED


def test_a_copy_came_the_same_way_and_needs_a_confirmation_of_its_own(shop: Shop) -> None:
    order = by_phone(shop)
    confirm(shop, order)
    copied = copy_order(actor=shop.alice, order_id=order.pk, on=TODAY)
    assert (copied.channel, copied.papers.count()) == (Channel.PHONE, 0)
    with pytest.raises(ConfirmationMissing):
        shop.release(copied)


def test_how_it_came_stays_when_other_things_change(shop: Shop) -> None:
    order = by_phone(shop)
    change: dict[str, Any] = {
        "actor": shop.alice, "order_id": order.pk, "lines": [LineInput(shop.product.pk, order.lines.get().quantity)],
        "on": TODAY, "contract_id": shop.contract.pk, "payment": "credit",
    }  # fmt: skip
    assert change_order(version=1, **change).channel == Channel.PHONE
    assert change_order(version=2, channel=Channel.WRITTEN, **change).channel == Channel.WRITTEN


def test_what_was_confirmed_before_a_change_is_confirmed_anew(shop: Shop) -> None:
    order = by_phone(shop)
    confirm(shop, order)
    lines = [LineInput(shop.product.pk, D(20))]
    order = change_order(
        actor=shop.alice, order_id=order.pk, version=1, lines=lines, on=TODAY, contract_id=shop.contract.pk,
        payment="credit",
    )  # fmt: skip
    with pytest.raises(ConfirmationMissing):
        shop.release(order)
    assert confirm(shop, order) != order.papers.get(edition=1)  # the same file confirms it once more
    assert shop.release(order).state == OrderState.RELEASED


def test_orders_in_writing_are_not_asked_for_papers(shop: Shop, django_assert_num_queries: Any) -> None:
    order = shop.draft()
    with django_assert_num_queries(0):
        releasing.require_confirmation(order)


def test_the_page_says_it_beforehand_and_leads_to_the_files(shop: Shop) -> None:
    order = by_phone(shop)
    client = Client()
    client.force_login(shop.alice)
    page, listed = order.get_absolute_url(), reverse("contracts:orders") + "?unconfirmed=true"
    before = client.get(page).content.decode()
    assert ("add the customer&#x27;s written confirmation" in before, 'href="#files"' in before) == (True, True)
    assert order.number in client.get(listed).content.decode()
    refused = client.post(reverse("contracts:release_order", args=[order.pk]), {"version": 1}, follow=True)
    assert "came by telephone" in refused.content.decode()
    order.refresh_from_db()
    assert order.state == OrderState.DRAFT
    confirm(shop, order)
    after = client.get(page).content.decode()
    assert ('href="#files"' in after, "By telephone" in after) == (False, True)
    assert order.number not in client.get(listed).content.decode()


def test_the_form_says_what_an_order_by_telephone_needs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("contracts.views.orders", "contracts.forms.orders"):
        monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
    client = Client()
    client.force_login(shop.alice)
    address = reverse("contracts:new_order", args=[shop.customer.pk])
    client.post(address, typed(shop, channel="phone"))
    order = Order.objects.get()
    assert order.channel == Channel.PHONE
    edit, needed = reverse("contracts:edit_order", args=[order.pk]), "By telephone: once it is saved"
    assert needed in client.get(edit).content.decode()
