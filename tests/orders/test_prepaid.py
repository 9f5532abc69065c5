"""Orders paid in advance: no goods without money, money claimed once, and the invoice settled with it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.errors import SupplyStopped
from contracts.filters import orders_to_deliver
from contracts.models import OrderState
from contracts.services.orders import cancel_order
from contracts.verification.orders import verify_orders
from credit.models import CreditAccount, CreditCheck, CreditCheckPolicy
from credit.services import recheck_holds
from credit.verification import verify_credit
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import reverse_invoice, reverse_receipt
from receivables.services.order_invoices import invoice_delivery
from receivables.verification.documents import verify_receivables
from receivables.verification.order_invoices import verify_order_invoices
from tests.factories import account_of, make_rate
from tests.orders.making import TODAY, Shop
from tests.orders.test_pages import signed_in

D = Decimal


def differences() -> list[object]:
    return [*verify_orders(), *verify_order_invoices(), *verify_credit(), *verify_receivables()]


def figures(shop: Shop) -> tuple[Decimal, ...]:
    """What prepaid orders claim, what is unallocated, what is owed."""
    account = account_of(shop.customer)
    return account.prepaid, account.unallocated, account.receivable


def test_without_money_it_is_held_and_never_sent(shop: Shop) -> None:
    order = shop.released("10", contract_id=None, payment="prepaid")
    assert order.state == OrderState.HELD
    assert order.last_check is not None
    assert [finding.code for finding in order.last_check.findings] == ["prepayment"]
    assert account_of(shop.customer).prepaid == 0


def test_a_cheque_is_no_money_until_it_clears(shop: Shop) -> None:
    shop.pay("1000", instrument="cheque")
    assert shop.released("10", contract_id=None, payment="prepaid").state == OrderState.HELD


def test_each_invoice_is_settled_with_the_money_of_the_order(shop: Shop) -> None:
    old = shop.pay("700")
    named = shop.pay("600")
    order = shop.released("10", contract_id=None, payment="prepaid")
    type(named).objects.filter(pk=named.pk).update(reference=f"Order {order.number}")
    assert figures(shop) == (D(1000), D(1300), D(0))
    first = invoice_delivery(actor=None, delivery_id=shop.deliver(order, "4").pk, on=TODAY)
    assert figures(shop) == (D(600), D(900), D(0))
    second = invoice_delivery(actor=shop.company.anna, delivery_id=shop.deliver(order, "6").pk, on=TODAY)
    assert figures(shop) == (D(0), D(300), D(0))
    rows = Allocation.objects.order_by("pk").values_list("invoice_id", "receipt_id", "amount", "method")
    assert list(rows) == [
        (first.pk, named.pk, D(400), "prepayment"),
        (second.pk, named.pk, D(200), "prepayment"),
        (second.pk, old.pk, D(400), "prepayment"),
    ]
    assert not Invoice.objects.filter(open_amount__gt=0).exists()
    assert differences() == []


def test_money_that_came_after_the_invoice_date_settles_it_from_its_own_day(shop: Shop) -> None:
    day = dt.timedelta(days=1)
    order = shop.prepaid()
    receipt = shop.pay("1000", on=TODAY + day)
    later = invoice_delivery(actor=None, delivery_id=shop.deliver(order, "10").pk, on=TODAY)
    assert later.open_amount == 0 or Invoice.objects.get(pk=later.pk).open_amount == 0
    assert Allocation.objects.get().receipt_id != receipt.pk  # the older one comes first
    assert differences() == []


def test_money_of_another_currency_stays_and_the_invoice_is_open(shop: Shop) -> None:
    make_rate("USD", "7.0")
    shop.pay("1000", currency="USD")
    order = shop.released("10", contract_id=None, payment="prepaid")
    assert order.state == OrderState.RELEASED
    invoice = invoice_delivery(actor=None, delivery_id=shop.deliver(order, "10").pk, on=TODAY)
    assert Invoice.objects.get(pk=invoice.pk).open_amount == 1000
    assert not Allocation.objects.exists()
    assert differences() == []


def test_what_is_cancelled_claims_nothing_any_more(shop: Shop) -> None:
    order = shop.prepaid()
    shop.deliver(order, "3")
    cancel_order(actor=shop.alice, order_id=order.pk, reason="by mail", on=TODAY)
    assert account_of(shop.customer).prepaid == 300
    assert differences() == []


@pytest.mark.parametrize(("strength", "state"), [("off", "released"), ("warn", "released"), ("hold", "held")])
def test_the_policy_says_how_strictly(shop: Shop, strength: str, state: str) -> None:
    CreditCheckPolicy.objects.filter(state="active").update(state="retired")
    CreditCheckPolicy.objects.create(version=9, state="active", name_zh="试行", name_en="Trial", prepayment=strength)
    assert shop.released("10", contract_id=None, payment="prepaid").state == state
    assert differences() == []


class TestReversedInvoice:
    def test_its_delivery_waits_again_and_is_reserved_again(self, shop: Shop) -> None:
        order = shop.released("10")
        delivery = shop.deliver(order, "10")
        invoice = invoice_delivery(actor=shop.company.anna, delivery_id=delivery.pk, on=TODAY)
        order.refresh_from_db()
        assert order.state == OrderState.INVOICED
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong name")
        order.refresh_from_db()
        account = account_of(shop.customer)
        assert (order.state, order.invoiced_total) == (OrderState.DELIVERED, 0)
        assert (account.reserved, account.receivable) == (1000, 0)
        assert differences() == []
        again = invoice_delivery(actor=shop.company.anna, delivery_id=delivery.pk, on=TODAY)
        assert again.number == f"{invoice.number}-2"
        assert invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY) == again
        account.refresh_from_db()
        assert (account.reserved, account.receivable) == (0, 1000)
        assert differences() == []

    @pytest.mark.thorough
    def test_a_part_of_an_order_stays_released_and_a_closed_one_is_open_again(self, shop: Shop) -> None:
        order = shop.released("10")
        first = invoice_delivery(actor=None, delivery_id=shop.deliver(order, "4").pk, on=TODAY)
        reverse_invoice(actor=None, invoice_id=first.pk, on=TODAY, reason="wrong")
        order.refresh_from_db()
        assert order.state == OrderState.RELEASED
        second = invoice_delivery(actor=None, delivery_id=shop.deliver(order, "6").pk, on=TODAY)
        type(order).objects.filter(pk=order.pk).update(state=OrderState.DELIVERED)
        assert account_of(shop.customer).reserved == 400
        reverse_invoice(actor=None, invoice_id=second.pk, on=TODAY, reason="wrong")
        assert account_of(shop.customer).reserved == 1000
        assert differences() == []

    @pytest.mark.thorough
    def test_paid_in_advance_the_money_is_claimed_again(self, shop: Shop) -> None:
        order = shop.prepaid()
        invoice = invoice_delivery(actor=None, delivery_id=shop.deliver(order, "10").pk, on=TODAY)
        assert figures(shop) == (D(0), D(0), D(0))
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong")
        assert figures(shop) == (D(1000), D(1000), D(0))
        assert differences() == []
        again = invoice_delivery(actor=None, delivery_id=order.deliveries.get().pk, on=TODAY)
        assert Invoice.objects.get(pk=again.pk).open_amount == 0
        assert differences() == []

    def test_an_invoice_of_no_delivery_is_reversed_as_ever(self, shop: Shop) -> None:
        from tests.factories import make_invoice

        invoice = make_invoice(shop.customer, "100.00", on=TODAY)
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong")
        assert account_of(shop.customer).receivable == 0


def test_what_is_missing_is_told_in_base_currency_and_in_that_of_the_order(shop: Shop) -> None:
    make_rate("USD", "7.0")
    order = shop.draft("10", payment="prepaid", contract_id=None, currency="USD")
    page = signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    missing = f"A receipt of 1,000.30 CNY ({order.total} USD)"
    assert missing in page
    shop.release(order)
    assert missing in signed_in(shop.alice).get(reverse("contracts:holds")).content.decode()


def test_what_other_orders_claim_beyond_the_money_is_missing_too(shop: Shop) -> None:
    CreditAccount.objects.filter(customer=shop.customer).update(unallocated=8, prepaid=32)
    order = shop.released("1", payment="prepaid", contract_id=None)
    [finding] = CreditCheck.objects.get(pk=order.last_check_id).findings
    assert (finding.figures["lacking"], finding.figures["short"]) == ("24.00", "124.00")
    page = signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    assert "A receipt of 124.00 CNY" in page
    CreditAccount.objects.filter(customer=shop.customer).update(unallocated=8 + 124)
    assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 1


def test_goods_stay_when_the_money_they_were_paid_with_is_gone(shop: Shop) -> None:
    order = shop.prepaid("10")
    shop.deliver(order, "3")
    assert list(orders_to_deliver(shop.walter)) == [order]
    reverse_receipt(actor=None, receipt_id=Receipt.objects.get().pk, on=TODAY, reason="bounced")
    with pytest.raises(SupplyStopped):
        shop.deliver(order, "7")
    assert (order.deliveries.count(), list(orders_to_deliver(shop.walter))) == (1, [])
    assert "Released, supply stopped" in signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    shop.pay("999.99")
    assert list(orders_to_deliver(shop.walter)) == []
    CreditCheckPolicy.objects.filter(state="active").update(state="retired")
    CreditCheckPolicy.objects.create(version=2, name_zh="二", name_en="Two", state="active", limit_tolerance=D("0.01"))
    shop.deliver(order, "6")
    assert list(orders_to_deliver(shop.walter)) == [order]
