"""Orders through their life: prices, checks, holds, deliveries, cancellation, invoices."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.errors import (
    ContractMissing,
    ContractNotInForce,
    ContractOfAnother,
    DiscountTooHigh,
    NothingToCancel,
    NotReleased,
    OrderChanged,
    OrderNotOpen,
    OrderUnknown,
    ProductNotSold,
    SupplyStopped,
    TooMuchDelivered,
)
from contracts.filters import orders_to_deliver
from contracts.models import Contract, Order, OrderLine, OrderState, Product
from contracts.selectors.performance import beyond_contract
from contracts.services.deliveries import deliver
from contracts.services.orders import LineInput, cancel_order, change_order, close_order, copy_order
from contracts.services.pricing import agree_discount
from contracts.services.releasing import preview_order, release_order
from credit.models import CreditAccount, CreditCheck, CreditCheckPolicy, Hold, Reservation
from credit.services import lock_account
from crm.core.errors import NotAllowed
from customers.models import Customer, TimelineEvent
from receivables.errors.order_invoices import InvoicedBeforeDelivery
from receivables.models import DeliveryInvoice, Invoice, InvoiceLine
from receivables.services.order_invoices import invoice_delivery
from receivables.services.reversals import reverse_invoice
from tests.factories import account_of, make_customer, make_rate
from tests.orders.making import TODAY, Shop, make_contract, make_product

D = Decimal
DAY = dt.timedelta(days=1)


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


class TestPrices:
    def test_a_line_costs_its_list_price_less_the_discount(self, shop: Shop) -> None:
        order = shop.draft("3", discount="5")
        line = order.lines.get()
        assert (line.list_price, line.price, line.amount, order.total) == (D(100), D(95), D(285), D(285))

    def test_a_rep_may_give_what_the_floor_allows_and_no_more(self, shop: Shop) -> None:
        with pytest.raises(DiscountTooHigh) as refused:
            shop.draft(discount="5.01")
        assert refused.value.params["highest"] == "5"
        assert not Order.objects.exists()
        assert shop.draft(discount="10", actor=shop.company.mona).total == D(900)

    def test_what_was_agreed_with_the_customer_may_always_be_given(self, shop: Shop) -> None:
        terms: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY + DAY, "reason": "volume", "on": TODAY}
        agree_discount(actor=shop.company.mona, customer_id=shop.customer.pk, percent=D(9), **terms)
        assert shop.draft(discount="9").total == D(910)
        with pytest.raises(DiscountTooHigh):
            shop.draft(discount="9", on=TODAY + 2 * DAY)

    def test_nobody_agrees_more_than_the_own_floor(self, shop: Shop) -> None:
        terms: dict[str, Any] = {"starts_on": TODAY, "ends_on": None, "reason": "volume", "on": TODAY}
        with pytest.raises(DiscountTooHigh):
            agree_discount(actor=shop.company.mona, customer_id=shop.customer.pk, percent=D(11), **terms)
        with pytest.raises(NotAllowed):
            agree_discount(actor=shop.alice, customer_id=shop.customer.pk, percent=D(1), **terms)
        assert not shop.customer.discounts.exists()

    def test_a_foreign_order_is_priced_at_the_rate_of_its_day(self, shop: Shop) -> None:
        make_rate("USD", "8")
        order = shop.draft(currency="USD", contract_id=None, payment="prepaid")
        assert order.total == D(125)

    def test_what_is_not_sold_any_more_is_not_ordered(self, shop: Shop) -> None:
        Product.objects.update(is_active=False)
        with pytest.raises(ProductNotSold):
            shop.draft()


class TestDrafts:
    def test_a_stranger_drafts_nothing(self, shop: Shop) -> None:
        for actor in (shop.company.charlie, shop.walter, shop.company.anna):
            with pytest.raises(NotAllowed):
                shop.draft(actor=actor)
        assert not Order.objects.exists()

    def test_a_contract_of_another_customer_is_refused(self, shop: Shop) -> None:
        other = make_contract(make_customer("Other"), shop.alice, shop.company.entity)
        with pytest.raises(ContractOfAnother):
            shop.draft(contract_id=other.pk)

    def test_who_saves_an_older_edition_is_told(self, shop: Shop) -> None:
        order = shop.draft()
        lines = [LineInput(shop.product.pk, D(2))]
        change: dict[str, Any] = {
            "order_id": order.pk,
            "contract_id": shop.contract.pk,
            "payment": "credit",
            "on": TODAY,
        }
        change_order(actor=shop.alice, version=1, lines=lines, **change)
        with pytest.raises(OrderChanged):
            change_order(actor=shop.alice, version=1, lines=[LineInput(shop.product.pk, D(9))], **change)
        assert fresh(order).total == D(200)

    def test_a_released_order_is_changed_neither_by_the_service_nor_past_it(self, shop: Shop) -> None:
        order = shop.released()
        with pytest.raises(OrderNotOpen):
            change_order(
                actor=shop.alice, order_id=order.pk, version=1, lines=[LineInput(shop.product.pk, D(1))], on=TODAY,
                contract_id=None, payment="prepaid",
            )  # fmt: skip
        attempts = [
            lambda: Order.objects.filter(pk=order.pk).update(total=1),
            lambda: OrderLine.objects.filter(order=order).update(price=1, amount=10),
            lambda: OrderLine.objects.filter(order=order).delete(),
            lambda: Order.objects.filter(pk=order.pk).update(state="draft"),
            lambda: OrderLine.objects.filter(order=order).update(delivered=11),
        ]
        for attempt in attempts:
            with pytest.raises(DatabaseError), transaction.atomic():
                attempt()
        assert fresh(order).total == D(1000)


class TestRelease:
    def test_the_first_order_released_makes_its_customer_active(self, shop: Shop) -> None:
        Customer.objects.filter(pk=shop.customer.pk).update(state="identified")
        order = shop.draft("1001")
        shop.release(order)
        assert Customer.objects.get(pk=shop.customer.pk).state == "identified", "a held order is none yet"
        shop.released()
        shop.released()
        assert Customer.objects.get(pk=shop.customer.pk).state == "active"
        assert TimelineEvent.objects.filter(kind="state_changed").count() == 1

    def test_within_the_limit_it_is_released_and_reserved(self, shop: Shop) -> None:
        order = shop.released()
        assert (order.state, order.base_total, order.released_on) == (OrderState.RELEASED, D(1000), TODAY)
        assert account_of(shop.customer).reserved == D(1000)
        assert order.last_check is not None
        assert order.last_check.decision == "released"
        assert TimelineEvent.objects.filter(kind="order_released").exists()

    def test_with_the_first_release_its_contract_is_performed(self, shop: Shop) -> None:
        contract = shop.draft("1001").contract
        assert contract is not None
        assert contract.state == "signed"
        shop.released("1001")
        contract.refresh_from_db()
        assert contract.state == "signed", "a held order performs nothing"
        shop.released()
        contract.refresh_from_db()
        assert contract.state == "in_performance"
        assert contract.is_in_force_on(TODAY)

    def test_over_the_limit_it_is_held_with_the_reason(self, shop: Shop) -> None:
        order = shop.released("1001")
        assert (order.state, order.held_on) == (OrderState.HELD, TODAY)
        assert order.last_check is not None
        assert [finding.code for finding in order.last_check.findings] == ["over_limit"]
        assert account_of(shop.customer).reserved == 0
        assert Hold.objects.filter(source_kind="order", source_id=order.pk).exists()

    def test_a_draft_shows_the_hold_that_would_be_and_leaves_no_trace(self, shop: Shop) -> None:
        order = shop.draft("1001")
        found = preview_order(order=order, on=TODAY)
        assert found is not None
        assert found.decision == "held"
        assert not CreditCheck.objects.exists()

    def test_on_credit_it_needs_a_contract_in_force(self, shop: Shop) -> None:
        for contract_id in (None, make_contract(
            shop.customer, shop.alice, shop.company.entity, state="draft", signed_on=None
        ).pk):  # fmt: skip
            order = shop.draft(contract_id=contract_id)
            with pytest.raises((ContractMissing, ContractNotInForce)):
                shop.release(order)
            assert fresh(order).state == OrderState.DRAFT
        order = shop.draft()
        with pytest.raises(ContractNotInForce):
            shop.release(order, on=dt.date(2027, 1, 1))

    def test_prepaid_needs_neither_contract_nor_headroom(self, shop: Shop) -> None:
        order = shop.prepaid("5000")
        assert order.state == OrderState.RELEASED
        assert account_of(shop.customer).reserved == 0

    def test_an_older_edition_is_not_released(self, shop: Shop) -> None:
        order = shop.draft()
        with pytest.raises(OrderChanged):
            release_order(actor=shop.alice, order_id=order.pk, version=7, on=TODAY)
        assert not CreditCheck.objects.exists()

    def test_released_twice_it_is_reserved_once(self, shop: Shop) -> None:
        order = shop.released()
        assert shop.release(order).state == OrderState.RELEASED
        assert CreditCheck.objects.count() == 1

    def test_a_check_reads_its_fields_at_once(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        """None is read by itself later, which would be under the lock of the account."""
        drafts = [shop.draft("1001"), shop.draft("10")]
        for model in (Order, Contract, Customer):
            monkeypatch.setattr(
                model, "refresh_from_db", lambda row, *_args, fields, **_kwargs: pytest.fail(str(fields))
            )
        held, released = map(shop.release, drafts)
        assert (held.state, released.state) == (OrderState.HELD, OrderState.RELEASED)
        assert beyond_contract(released) is None

    def test_a_held_order_that_is_changed_is_a_draft_and_waits_no_more(self, shop: Shop) -> None:
        order = shop.released("1001")
        changed = change_order(
            actor=shop.alice, order_id=order.pk, version=1, lines=[LineInput(shop.product.pk, D(10))], on=TODAY,
            contract_id=shop.contract.pk, payment="credit",
        )  # fmt: skip
        assert (changed.state, changed.version) == (OrderState.DRAFT, 2)
        assert not Hold.objects.exists()
        assert shop.release(changed).state == OrderState.RELEASED

    def test_a_copy_is_checked_like_a_new_order(self, shop: Shop) -> None:
        order = shop.released("600")
        made = copy_order(actor=shop.alice, order_id=order.pk, on=TODAY)
        assert (made.state, made.copied_from_id, made.total) == (OrderState.DRAFT, order.pk, order.total)
        assert shop.release(made).state == OrderState.HELD

    def test_others_release_nothing(self, shop: Shop) -> None:
        order = shop.draft()
        with pytest.raises(NotAllowed):
            release_order(actor=shop.company.anna, order_id=order.pk, version=1, on=TODAY)
        with pytest.raises(OrderUnknown):
            release_order(actor=shop.company.charlie, order_id=order.pk, version=1, on=TODAY)
        assert not CreditCheck.objects.exists()


class TestDelivery:
    def test_in_two_parts_the_last_makes_it_delivered(self, shop: Shop) -> None:
        order = shop.released()
        first = shop.deliver(order, "4")
        assert (first.amount, fresh(order).state) == (D(400), OrderState.RELEASED)
        shop.deliver(order, "6")
        assert (fresh(order).state, fresh(order).delivered_total) == (OrderState.DELIVERED, D(1000))

    def test_no_more_leaves_than_was_ordered(self, shop: Shop) -> None:
        order = shop.released()
        shop.deliver(order, "4")
        with pytest.raises(TooMuchDelivered):
            shop.deliver(order, "6.001")
        assert order.lines.get().delivered == D(4)

    def test_what_is_held_does_not_leave(self, shop: Shop) -> None:
        order = shop.released("1001")
        with pytest.raises(NotReleased):
            shop.deliver(order, "1")
        assert not order.deliveries.exists()

    def test_only_the_warehouse_delivers(self, shop: Shop) -> None:
        order = shop.released()
        with pytest.raises(NotAllowed):
            deliver(actor=shop.alice, order_id=order.pk, quantities={order.lines.get().pk: D(1)}, on=TODAY)
        assert not order.deliveries.exists()

    def test_a_form_sent_twice_delivers_once(self, shop: Shop) -> None:
        order = shop.released()
        first = shop.deliver(order, "4", idempotency_key="one form")
        assert shop.deliver(order, "4", idempotency_key="one form") == first
        assert order.lines.get().delivered == D(4)

    def test_a_delivery_stays_as_it_is(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.released(), "4")
        with pytest.raises(DatabaseError), transaction.atomic():
            type(delivery).objects.update(amount=1)
        with pytest.raises(DatabaseError), transaction.atomic():
            delivery.lines.all().delete()
        assert delivery.lines.count() == 1


class TestStoppedSupply:
    @pytest.mark.parametrize("status", ["frozen", "cash_only"])
    def test_goods_on_credit_stay_until_the_account_is_normal_again(self, shop: Shop, status: str) -> None:
        order = shop.released()
        CreditAccount.objects.update(status=status)
        with pytest.raises(SupplyStopped):
            shop.deliver(order, "4")
        assert not order.deliveries.exists()
        assert not orders_to_deliver(shop.walter).exists()
        CreditAccount.objects.update(status="normal")
        assert orders_to_deliver(shop.walter).get() == order
        assert shop.deliver(order, "4").amount == D(400)

    @pytest.mark.parametrize("state", ["blacklisted", "closed"])
    @pytest.mark.parametrize("payment", ["credit", "prepaid"])
    def test_nothing_leaves_for_a_customer_that_is_refused(self, shop: Shop, state: str, payment: str) -> None:
        order = shop.released() if payment == "credit" else shop.prepaid()
        Customer.objects.filter(pk=shop.customer.pk).update(state=state)
        with pytest.raises(SupplyStopped):
            shop.deliver(order, "4")
        assert not order.deliveries.exists()
        assert not orders_to_deliver(shop.walter).exists()

    def test_what_is_paid_in_advance_leaves_for_a_cash_customer(self, shop: Shop) -> None:
        order = shop.prepaid()
        CreditAccount.objects.update(status="cash_only")
        assert orders_to_deliver(shop.walter).get() == order
        assert shop.deliver(order, "4").amount == D(400)

    def test_what_was_released_although_the_account_is_frozen_leaves(self, shop: Shop) -> None:
        """Both directors lifted the hold, or the policy only warns: the release knew it."""
        CreditCheckPolicy.objects.filter(state="active").update(state="retired")
        CreditCheckPolicy.objects.create(version=9, state="active", name_zh="试行", name_en="Trial", frozen="warn")
        CreditAccount.objects.update(status="frozen")
        order = shop.released()
        assert orders_to_deliver(shop.walter).get() == order
        assert shop.deliver(order, "4").amount == D(400)

    def test_a_stop_that_comes_before_the_lock_is_seen(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        order = shop.released()

        def stopped_first(*, customer_id: int) -> CreditAccount:
            CreditAccount.objects.update(status="frozen")
            return lock_account(customer_id=customer_id)

        monkeypatch.setattr("contracts.services.deliveries.lock_account", stopped_first)
        with pytest.raises(SupplyStopped):
            shop.deliver(order, "4")
        assert not order.deliveries.exists()

    def test_a_form_sent_again_after_the_stop_finds_its_delivery(self, shop: Shop) -> None:
        order = shop.released()
        first = shop.deliver(order, "4", idempotency_key="one form")
        CreditAccount.objects.update(status="frozen")
        assert shop.deliver(order, "4", idempotency_key="one form") == first


class TestCancellation:
    def test_cancelled_before_delivery_all_is_free_again(self, shop: Shop) -> None:
        order = cancel_order(actor=shop.alice, order_id=shop.released().pk, reason="by mail", on=TODAY)
        assert order.state == OrderState.CANCELLED
        assert account_of(shop.customer).reserved == 0

    def test_what_was_delivered_stays_reserved_until_it_is_billed(self, shop: Shop) -> None:
        order = shop.released()
        delivery = shop.deliver(order, "4")
        assert (
            cancel_order(actor=shop.alice, order_id=order.pk, reason="enough", on=TODAY).state == OrderState.DELIVERED
        )
        assert account_of(shop.customer).reserved == D(400)
        with pytest.raises(NotReleased):
            shop.deliver(order, "1")
        invoice_delivery(actor=shop.company.anna, delivery_id=delivery.pk, on=TODAY)
        account = account_of(shop.customer)
        assert (account.reserved, account.receivable) == (D(0), D(400))
        assert fresh(order).state == OrderState.INVOICED

    def test_a_held_order_that_is_cancelled_waits_no_more(self, shop: Shop) -> None:
        cancel_order(actor=shop.alice, order_id=shop.released("1001").pk, reason="by mail", on=TODAY)
        assert not Hold.objects.exists()

    def test_what_is_delivered_is_not_cancelled(self, shop: Shop) -> None:
        order = shop.released()
        shop.deliver(order, "10")
        with pytest.raises(NothingToCancel):
            cancel_order(actor=shop.alice, order_id=order.pk, reason="by mail", on=TODAY)
        assert account_of(shop.customer).reserved == D(1000)


class TestInvoices:
    def test_a_delivery_moves_from_reserved_to_receivable_once(self, shop: Shop) -> None:
        order = shop.released()
        first = shop.deliver(order, "4")
        invoice = invoice_delivery(actor=shop.company.anna, delivery_id=first.pk, on=TODAY)
        assert invoice_delivery(actor=shop.company.anna, delivery_id=first.pk, on=TODAY) == invoice
        account = account_of(shop.customer)
        assert (account.reserved, account.receivable) == (D(600), D(400))
        assert (invoice.number, invoice.cost, invoice.reference) == (first.number, D(240), order.number)
        line = InvoiceLine.objects.get()
        assert (line.product_id, line.quantity, line.base_amount) == (shop.product.pk, D(4), D(400))
        assert fresh(order).state == OrderState.RELEASED

    def test_the_term_of_the_contract_sets_the_due_date(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.released(), "10")
        assert invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY).due_on == TODAY + 60 * DAY

    def test_what_is_prepaid_is_due_at_once(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.prepaid(), "10")
        assert invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY).due_on == TODAY

    def test_invoiced_in_full_it_can_be_closed(self, shop: Shop) -> None:
        order = shop.released()
        invoice_delivery(actor=None, delivery_id=shop.deliver(order, "10").pk, on=TODAY)
        assert fresh(order).state == OrderState.INVOICED
        assert close_order(actor=shop.alice, order_id=order.pk, on=TODAY).state == OrderState.CLOSED

    def test_a_foreign_order_is_consumed_to_the_cent(self, shop: Shop) -> None:
        make_rate("USD", "7.1")
        contract = make_contract(shop.customer, shop.alice, shop.company.entity, currency="USD")
        product = make_product("33.33")
        lines = [LineInput(product.pk, D(3))]
        order = shop.release(shop.draft(lines=lines, currency="USD", contract_id=contract.pk))
        for _part in range(3):
            invoice_delivery(actor=None, delivery_id=shop.deliver(order, "1").pk, on=TODAY)
        reservation = Reservation.objects.get()
        assert (reservation.remaining, account_of(shop.customer).reserved) == (D(0), D(0))

    def test_sales_bill_nothing_and_nobody_before_it_left(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.released(), "10")
        with pytest.raises(NotAllowed):
            invoice_delivery(actor=shop.alice, delivery_id=delivery.pk, on=TODAY)
        with pytest.raises(InvoicedBeforeDelivery):
            invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY - DAY)
        assert not Invoice.objects.exists()
        assert not DeliveryInvoice.objects.exists()
        assert account_of(shop.customer).reserved == D(1000)


def test_a_draft_sent_again_is_answered_though_its_product_was_withdrawn(shop: Shop) -> None:
    first = shop.draft(idempotency_key="once")
    Product.objects.update(is_active=False)
    assert shop.draft(idempotency_key="once").pk == first.pk
    with pytest.raises(ProductNotSold):
        shop.draft(idempotency_key="another")
    assert Order.objects.count() == 1
    Product.objects.update(is_active=True)
    assert shop.draft(idempotency_key="another").pk != first.pk, "a refusal keeps no key"


def test_a_reversal_locks_account_order_and_invoice_in_this_order(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = invoice_delivery(actor=None, delivery_id=shop.deliver(shop.released(), "10").pk, on=TODAY)
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)  # nothing is prepared
    with CaptureQueriesContext(connection) as caught:
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong")
    sql = [each["sql"].replace('"', "") for each in caught.captured_queries]
    locking = [each for each in sql if "FOR NO KEY UPDATE" in each]
    first = [
        next(place for place, each in enumerate(locking) if f"FROM {table}" in each)
        for table in ("credit_creditaccount", "contracts_order", "receivables_invoice")
    ]
    assert first == sorted(first), locking
