"""Orders and deliveries under contention: two deliveries of the last piece, two invoices of one delivery."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile

from contracts.errors import (
    ConfirmationMissing,
    NothingToAccept,
    NothingToReview,
    OrderChanged,
    PaperStays,
    ReviewReturned,
    TooMuchDelivered,
)
from contracts.models import Delivery, Order, OrderLine, OrderPaper, OrderState, Product
from contracts.services import deliveries, order_papers, order_reviews, paper_reviews, releasing
from contracts.services.order_papers import add_paper, add_signed_note, remove_paper
from contracts.services.order_reviews import review_order
from contracts.services.paper_reviews import review_contract
from contracts.services.pricing import seed_floors
from credit.models import Reservation
from credit.services import entries
from credit.services.check_policies import seed_check_policy
from crm.accounts import roles
from crm.accounts.roles import sync_roles
from receivables.models import Invoice
from receivables.services import order_invoices
from receivables.services.order_invoices import invoice_delivery
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import make_company, make_user
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


class TestAConfirmationTakenOutWhileItIsReleased:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, Order]:
        order = shop.draft(channel="phone")
        file = ContentFile(b"%PDF-1.7 ten")
        paper = add_paper(actor=shop.alice, order_id=order.pk, kind="confirmation", file=file, name="a.pdf")
        looks, takes = Rendezvous(releasing.is_confirmed), Rendezvous(order_papers.lock_order)
        takes.barrier = looks.barrier
        monkeypatch.setattr(releasing, "is_confirmed", looks)
        monkeypatch.setattr(order_papers, "lock_order", takes)
        # The database refuses to take a paper out of a released order, so that the release ends after the removal.
        gone = threading.Event()
        monkeypatch.setattr(releasing, "require_review", lambda order: gone.wait(looks.patience))

        def remove() -> None:
            remove_paper(actor=shop.alice, order_id=order.pk, paper_id=paper.pk)
            gone.set()

        answers = at_once(lambda: shop.release(order), remove)
        order.refresh_from_db()
        return answers, looks, order

    def test_without_the_lock_it_is_released_unconfirmed(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Order.objects.all().__class__, "select_for_update", lambda self, **options: self.all())
        _answers, looks, order = self.race(shop, monkeypatch)
        assert looks.met
        assert (order.state, order.papers.count()) == (OrderState.RELEASED, 0)

    def test_with_the_lock_one_of_them_is_refused(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, looks, order = self.race(shop, monkeypatch)
        assert not looks.met
        [refused] = [type(answer) for answer in answers if isinstance(answer, Exception)]
        assert refused in (ConfirmationMissing, PaperStays)
        assert (order.state == OrderState.RELEASED) == (order.papers.count() == 1)


class TestOneSignedNoteSentTwice:
    """By the warehouse and by sales, in the same moment."""

    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous]:
        delivery = shop.deliver(shop.released("10"), "4")
        looks = Rendezvous(order_papers.asdict)  # what comes after the look for an earlier one
        monkeypatch.setattr(order_papers, "asdict", looks)

        def add(actor: Any) -> Any:
            file = ContentFile(b"%PDF-1.7 received")
            return add_signed_note(actor=actor, delivery_id=delivery.pk, file=file, name="a.pdf")

        return at_once(lambda: add(shop.walter), lambda: add(shop.alice)), looks

    def test_without_the_lock_the_database_refuses_the_second(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Order.objects.all().__class__, "select_for_update", lambda self, **options: self.all())
        answers, looks = self.race(shop, monkeypatch)
        assert looks.met
        assert sorted(type(answer).__name__ for answer in answers) == ["IntegrityError", "OrderPaper"]

    def test_with_the_lock_both_are_told_the_same(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, looks = self.race(shop, monkeypatch)
        assert not looks.met
        assert answers[0] == answers[1] == OrderPaper.objects.get()


class TestAReviewTakenBackWhileItIsReleased:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, Order]:
        Product.objects.update(is_custom=True)
        order = shop.draft()
        said: dict[str, Any] = {"actor": shop.company.mona, "order_id": order.pk, "version": 1, "on": TODAY}
        review_order(verdict="approved", **said)
        looks, takes = Rendezvous(releasing.require_review), Rendezvous(order_reviews.lock_order)
        takes.barrier = looks.barrier
        monkeypatch.setattr(releasing, "require_review", looks)
        monkeypatch.setattr(order_reviews, "lock_order", takes)
        answers = at_once(
            lambda: shop.release(order), lambda: review_order(verdict="returned", note="no drawing", **said)
        )
        order.refresh_from_db()
        return answers, looks, order

    def test_without_the_lock_it_is_released_and_sent_back(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Order.objects.all().__class__, "select_for_update", lambda self, **options: self.all())
        _answers, looks, order = self.race(shop, monkeypatch)
        assert looks.met
        assert (order.state, order.reviews.first().verdict) == (OrderState.RELEASED, "returned")

    def test_with_the_lock_one_of_them_is_refused(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, looks, order = self.race(shop, monkeypatch)
        assert not looks.met
        [refused] = [type(answer) for answer in answers if isinstance(answer, Exception)]
        assert refused in (NothingToReview, ReviewReturned)
        assert (order.state == OrderState.RELEASED) == (order.reviews.first().verdict == "approved")


class TestAContractRefusedWhileItIsReleased:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, Order]:
        order = shop.draft(contract_id=None)
        file = ContentFile(b"%PDF-1.7 ten")
        paper = add_paper(actor=shop.alice, order_id=order.pk, kind="purchase", file=file, name="a.pdf")
        said: dict[str, Any] = {"actor": make_user("leo", roles.LEGAL), "version": 1, "on": TODAY}
        said |= {"order_id": order.pk, "paper_id": paper.pk}
        review_contract(verdict="accepted", **said)
        looks, takes = Rendezvous(releasing.require_accepted), Rendezvous(paper_reviews.lock_order)
        takes.barrier = looks.barrier
        monkeypatch.setattr(releasing, "require_accepted", looks)
        monkeypatch.setattr(paper_reviews, "lock_order", takes)
        answers = at_once(
            lambda: shop.release(order), lambda: review_contract(verdict="refused", note="not signed", **said)
        )
        order.refresh_from_db()
        return answers, looks, order

    def verdict(self, order: Order) -> str:
        return str(order.papers.get().reviews.first().verdict)

    def test_without_the_lock_it_is_released_under_what_was_refused(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Order.objects.all().__class__, "select_for_update", lambda self, **options: self.all())
        _answers, looks, order = self.race(shop, monkeypatch)
        assert looks.met
        assert (order.state, self.verdict(order)) == (OrderState.RELEASED, "refused")

    def test_with_the_lock_one_of_them_is_refused(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, looks, order = self.race(shop, monkeypatch)
        assert not looks.met
        [refused] = [type(answer) for answer in answers if isinstance(answer, Exception)]
        assert refused in (NothingToAccept, OrderChanged)
        assert (order.state == OrderState.RELEASED) == (self.verdict(order) == "accepted")
