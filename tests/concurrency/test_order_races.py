"""Orders and deliveries under contention: two deliveries of the last piece, two invoices of one delivery."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.models import Delivery, Order, OrderLine
from contracts.order_errors import TooMuchDelivered
from contracts.services import deliveries
from contracts.services.pricing import seed_floors
from credit.models import Reservation
from credit.services import entries
from credit.services.check_policies import seed_check_policy
from crm.accounts.roles import sync_roles
from receivables.models import Invoice
from receivables.services import order_invoices
from receivables.services.order_invoices import invoice_delivery
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import make_company
from tests.orders.making import TODAY, Shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
D = Decimal


@pytest.fixture
def shop() -> Shop:
    """A database that was emptied by an earlier test has neither roles nor policies."""
    sync_roles()
    seed_floors()
    seed_check_policy()
    return Shop(make_company())


class TestTwoDeliveriesOfTheLastPieces:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, OrderLine]:
        order = shop.released("10")
        rendezvous = Rendezvous(deliveries.row_of)
        monkeypatch.setattr(deliveries, "row_of", rendezvous)
        answers = at_once(lambda: shop.deliver(order, "6"), lambda: shop.deliver(order, "6"))
        return answers, rendezvous, order.lines.get()

    def test_without_the_lock_more_leaves_than_was_ordered(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(entries, "LOCK_ACCOUNT", entries.LOCK_ACCOUNT.replace("FOR NO KEY UPDATE", ""))
        monkeypatch.setattr(Order.objects.all().__class__, "select_for_update", lambda self, **options: self.all())
        answers, rendezvous, line = self.race(shop, monkeypatch)
        assert rendezvous.met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert sum(delivery.lines.get().quantity for delivery in Delivery.objects.all()) == 12 > line.quantity

    def test_with_the_lock_the_second_is_refused(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, rendezvous, line = self.race(shop, monkeypatch)
        assert not rendezvous.met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [TooMuchDelivered]
        assert (line.delivered, Delivery.objects.count()) == (D(6), 1)


class TestTwoInvoicesOfOneDelivery:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous]:
        delivery = shop.deliver(shop.released("10"), "4")
        rendezvous = Rendezvous(order_invoices.terms_of)
        monkeypatch.setattr(order_invoices, "terms_of", rendezvous)
        answers = at_once(
            lambda: invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY, number="FP-1"),
            lambda: invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY, number="FP-2"),
        )
        return answers, rendezvous

    def test_with_the_lock_it_is_billed_once_and_both_are_told_the_same(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers, rendezvous = self.race(shop, monkeypatch)
        assert not rendezvous.met
        assert answers[0] == answers[1] == Invoice.objects.get()
        assert Reservation.objects.get().consumed == D(400)
