"""A delivery that was recorded wrongly is taken back: quantities and reservation stand as before it."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from contracts.errors import DeliveryBilled, DeliveryReversed
from contracts.models import DeliveryReversal, Order
from contracts.services.deliveries import reverse_delivery
from contracts.services.orders import cancel_order
from contracts.verification.orders import verify_orders
from crm.core.errors import NotAllowed, ReasonMissing
from customers.models import TimelineEvent
from receivables.services.order_invoices import invoice_delivery
from receivables.services.reversals import reverse_invoice
from receivables.views.deliveries import deliveries_to_invoice
from tests.factories import account_of
from tests.orders.making import TODAY, Shop, make_product

D = Decimal


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def take_back(shop: Shop, delivery: object, reason: str = "36, not 361") -> DeliveryReversal:
    return reverse_delivery(actor=shop.walter, delivery_id=delivery.pk, reason=reason, on=TODAY)  # type: ignore[attr-defined]


class TestTakenBack:
    def test_it_is_to_be_delivered_again_and_is_not_billed(self, shop: Shop) -> None:
        order = shop.released("10")
        delivery = shop.deliver(order, "10")
        assert take_back(shop, delivery).pk == take_back(shop, delivery).pk
        order = fresh(order)
        assert (order.state, order.delivered_total, order.lines.get().delivered) == ("released", D(0), D(0))
        assert account_of(shop.customer).reserved == D(1000)
        assert not deliveries_to_invoice(shop.company.anna).exists()
        with pytest.raises(DeliveryReversed):
            invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY)
        shop.deliver(order, "4")
        assert fresh(order).delivered_total == D(400)
        assert list(verify_orders()) == []
        assert TimelineEvent.objects.filter(kind="delivery_reversed").count() == 1

    def test_the_parts_add_up_to_the_coin_whichever_is_taken_back(self, shop: Shop) -> None:
        shop.product = make_product("0.33")
        order = shop.released("9")
        first = shop.deliver(order, "2.5")
        shop.deliver(order, "2.5")
        take_back(shop, first)
        shop.deliver(order, "6.5")
        order = fresh(order)
        assert (order.state, order.delivered_total) == ("delivered", order.total)
        assert list(verify_orders()) == []

    def test_what_is_billed_stays_until_its_invoice_is_reversed(self, shop: Shop) -> None:
        order = shop.released("10")
        delivery = shop.deliver(order, "10")
        invoice = invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY)
        with pytest.raises(DeliveryBilled):
            take_back(shop, delivery)
        assert not DeliveryReversal.objects.exists()
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong")
        take_back(shop, delivery)
        assert (fresh(order).state, account_of(shop.customer).reserved) == ("released", D(1000))

    def test_where_the_rest_was_cancelled_it_is_cancelled_too(self, shop: Shop) -> None:
        order = shop.released("10")
        first, second = shop.deliver(order, "2"), shop.deliver(order, "3")
        cancel_order(actor=shop.alice, order_id=order.pk, reason="enough", on=TODAY)
        take_back(shop, second)
        assert (fresh(order).state, account_of(shop.customer).reserved) == ("delivered", D(200))
        take_back(shop, first)
        assert (fresh(order).state, account_of(shop.customer).reserved) == ("cancelled", D(0))
        assert list(verify_orders()) == []

    def test_it_needs_a_reason_and_the_warehouse_and_stays(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.released("10"), "10")
        with pytest.raises(ReasonMissing):
            take_back(shop, delivery, " ")
        with pytest.raises(NotAllowed):
            reverse_delivery(actor=shop.alice, delivery_id=delivery.pk, reason="wrong", on=TODAY)
        assert not DeliveryReversal.objects.exists()
        made = take_back(shop, delivery)
        for attempt in (made.delete, lambda: DeliveryReversal.objects.update(reason="x")):
            with pytest.raises(DatabaseError), transaction.atomic():
                attempt()

    def test_the_warehouse_presses_it_in_its_list(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.released("10"), "10")
        client = Client()
        client.force_login(shop.walter)
        address = reverse("contracts:reverse_delivery", args=[delivery.pk])
        assert address in client.get(reverse("contracts:deliveries_made")).content.decode()
        billed = shop.deliver(shop.released("5"), "5")
        invoice_delivery(actor=None, delivery_id=billed.pk, on=TODAY)
        page = client.get(reverse("contracts:deliveries_made")).content.decode()
        assert billed.number in page
        assert reverse("contracts:reverse_delivery", args=[billed.pk]) not in page
        assert client.post(address, {"reason": "36, not 361"}).status_code == 302
        page = client.get(reverse("contracts:deliveries_made")).content.decode()
        assert (address in page, "36, not 361" in page) == (False, True)
