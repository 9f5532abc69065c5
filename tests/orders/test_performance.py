"""What the page of a contract says about its orders, deliveries, invoices and receipts, and to whom."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from contracts.rules.contracts import Measure, fixed_total
from contracts.selectors.performance import performance_of
from contracts.services.orders import cancel_order
from crm.accounts import roles
from crm.accounts.models import User
from customers.models import Customer
from receivables.models import Invoice
from receivables.panels.contracts import received_under
from receivables.services.order_invoices import invoice_delivery
from receivables.services.reversals import reverse_invoice
from tests.contracts.making import legal, signed
from tests.factories import make_credit_note, make_receipt, make_user
from tests.orders.making import TODAY, Shop, make_contract

D = Decimal


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The pages of a day on which the contract, of a fixed total of 5,000, is in force."""
    for module in ("contracts.views.contracts", "contracts.views.orders", "receivables.panels.contracts"):
        monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
    shop.contract = make_contract(
        shop.customer, shop.alice, shop.company.entity, kind="sales", amount=D(5000), title="Bearings"
    )
    return shop


def page(user: User, contract: Contract) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(contract.get_absolute_url())
    assert response.status_code == 200
    return str(response.content.decode())


def billed(shop: Shop, quantity: str = "10", **fields: Any) -> Invoice:
    """An order of so many at 100.00 that left and was invoiced."""
    order = shop.released(quantity, **fields)
    return invoice_delivery(actor=None, delivery_id=shop.deliver(order, quantity).pk, on=TODAY)


class TestFigures:
    def test_each_stage_is_held_against_the_fixed_total(self, shop: Shop) -> None:
        billed(shop, "10")
        shop.deliver(shop.released("20"), "5")
        shop.draft("3")
        found = performance_of(shop.contract, shop.alice)
        assert (found.ordered.amount, found.delivered.amount, found.invoiced.amount) == (D(3000), D(1500), D(1000))
        assert (found.ordered.share, found.waiting, found.count) == (D("0.6"), D(300), 3)

    def test_what_was_cancelled_is_as_ordered_as_it_was_delivered(self, shop: Shop) -> None:
        order = shop.released("10")
        shop.deliver(order, "4")
        cancel_order(actor=shop.alice, order_id=order.pk, reason="by mail", on=TODAY)
        untouched = shop.released("7")
        cancel_order(actor=shop.alice, order_id=untouched.pk, reason="by mail", on=TODAY)
        found = performance_of(shop.contract, shop.alice)
        assert (found.ordered.amount, found.delivered.amount) == (D(400), D(400))

    def test_orders_of_other_contracts_do_not_count(self, shop: Shop) -> None:
        other = make_contract(shop.customer, shop.alice, shop.company.entity)
        shop.released("10", contract_id=other.pk)
        assert performance_of(shop.contract, shop.alice).count == 0

    def test_money_counts_as_received_by_where_it_came_from(self, shop: Shop) -> None:
        first, second = billed(shop, "10"), billed(shop, "20")
        make_receipt(shop.customer, "600.00", on=TODAY, lines=[(first, "600.00")])
        make_receipt(shop.customer, "500.00", on=TODAY, lines=[(second, "500.00")], instrument="cheque")
        make_credit_note(shop.customer, "100.00", corrects=second, on=TODAY)
        found = received_under(shop.contract, shop.alice)
        assert (found.received.amount, found.uncleared, found.credited) == (D(1100), D(500), D(100))
        assert (found.invoiced, found.open) == (D(3000), D(1800))
        assert {row.invoice.pk: row.received for row in found.rows} == {first.pk: D(600), second.pk: D(500)}

    def test_a_reversed_invoice_counts_nowhere(self, shop: Shop) -> None:
        invoice = billed(shop, "10")
        reverse_invoice(actor=shop.company.fiona, invoice_id=invoice.pk, on=TODAY, reason="wrong price")
        found = received_under(shop.contract, shop.alice)
        assert (found.invoiced, found.open, found.reversed) == (D(0), D(0), D(1000))


@pytest.mark.parametrize(
    ("kind", "amount", "total"),
    [("sales", "10", D(10)), ("service", "10", D(10)), ("framework", "10", None), ("sales", "0", None)],
)
def test_only_what_is_sold_in_lines_has_a_fixed_total(kind: str, amount: str, total: Decimal | None) -> None:
    assert fixed_total(kind, D(amount)) == total


@pytest.mark.parametrize(
    ("amount", "percent", "tone"),
    [("0", 0, "info"), ("99.99", 99, "info"), ("100", 100, "success"), ("100.01", 100, "warning")],
)
def test_a_bar_is_full_only_when_all_is_done(amount: str, percent: int, tone: str) -> None:
    measure = Measure(D(amount), D(100))
    assert (measure.percent, measure.tone) == (percent, tone)


class TestPage:
    def test_a_reader_sees_orders_invoices_and_what_came_in(self, shop: Shop) -> None:
        invoice = billed(shop, "10")
        make_receipt(shop.customer, "600.00", on=TODAY, lines=[(invoice, "600.00")])
        text = page(shop.alice, shop.contract)
        order = shop.contract.orders.get()
        for there in (
            order.get_absolute_url(),
            invoice.get_absolute_url(),
            "20.0% of the contract",
            "12.0% of the contract",
            "60.0%",
            f'{reverse("contracts:orders")}?contract={shop.contract.pk}"',
            f'{reverse("contracts:new_order", args=[shop.customer.pk])}?contract={shop.contract.pk}"',
        ):
            assert there in text, there

    def test_more_than_was_agreed_is_said(self, shop: Shop) -> None:
        shop.released("60")
        assert "1,000.00 CNY more was ordered than the contract is over." in page(shop.alice, shop.contract)

    def test_a_framework_contract_says_that_it_has_no_total(self, shop: Shop) -> None:
        framework = make_contract(shop.customer, shop.alice, shop.company.entity, amount=D(9000))
        shop.released("10", contract_id=framework.pk)
        text = page(shop.alice, framework)
        assert "has no fixed total: 9,000.00 CNY is the volume expected" in text
        assert "of the contract" not in text

    def test_who_only_decided_about_it_sees_no_order_of_its_customer(self, shop: Shop) -> None:
        contract = signed(shop.company)
        invoice = billed(shop, "10", contract_id=contract.pk)
        order = contract.orders.get()
        assert order.number in page(shop.company.mona, contract)
        Customer.objects.filter(pk=shop.customer.pk).update(owner=shop.company.charlie, team=shop.company.west)
        text = page(User.objects.get(username="mona"), contract)
        for hidden in (order.number, invoice.number, "New order", "All orders"):
            assert hidden not in text
        assert "the orders of its customer are for those who look after the customer" in text
        assert performance_of(contract, shop.company.mona).count == 0
        assert received_under(contract, shop.company.mona).count == 0

    def test_who_sees_no_money_sees_no_receipts(self, shop: Shop) -> None:
        invoice = billed(shop, "10")
        text = page(legal(), shop.contract)
        assert shop.contract.orders.get().number in text
        assert invoice.get_absolute_url() not in text
        assert "New order under this contract" not in text  # legal drafts none

    def test_who_completes_it_is_told_what_is_not_paid(self, shop: Shop) -> None:
        invoice = billed(shop, "10")
        complete = reverse("contracts:complete_contract", args=[shop.contract.pk])
        client = Client()
        client.force_login(shop.company.greg)
        make_receipt(shop.customer, "400.00", on=TODAY, lines=[(invoice, "400.00")])
        assert "600.00 CNY is invoiced and not paid." in client.get(complete).content.decode()
        make_receipt(shop.customer, "600.00", on=TODAY, lines=[(invoice, "600.00")])
        assert "not paid" not in client.get(complete).content.decode()

    def test_nothing_is_ordered_under_a_contract_that_is_over(self, shop: Shop) -> None:
        Contract.objects.filter(pk=shop.contract.pk).update(state="expired", ended_on=TODAY)
        assert "New order under this contract" not in page(shop.alice, shop.contract)

    def test_a_draft_shows_no_performance(self, shop: Shop) -> None:
        contract = make_contract(shop.customer, shop.alice, shop.company.entity, state="draft", signed_on=None)
        assert 'id="performance"' not in page(shop.alice, contract)

    @pytest.mark.thorough
    def test_it_costs_no_more_for_more_orders(self, shop: Shop, django_assert_max_num_queries: Any) -> None:
        client = Client()
        client.force_login(shop.alice)
        billed(shop, "1")
        client.get(shop.contract.get_absolute_url())
        with django_assert_max_num_queries(36) as few:
            client.get(shop.contract.get_absolute_url())
        for _each in range(12):
            billed(shop, "1")
        with django_assert_max_num_queries(len(few.captured_queries)):
            text = client.get(shop.contract.get_absolute_url()).content.decode()
        assert "All orders of this contract (13)" in text


class TestOrders:
    def test_a_list_shows_those_of_one_contract(self, shop: Shop) -> None:
        client = Client()
        client.force_login(shop.alice)
        other = make_contract(shop.customer, shop.alice, shop.company.entity)
        invoice = billed(shop, "10")
        own, foreign = shop.contract.orders.get(), shop.draft(contract_id=other.pk)
        text = client.get(reverse("contracts:orders"), {"contract": shop.contract.pk}).content.decode()
        assert own.number in text
        assert foreign.number not in text
        assert shop.contract.number in text  # the chip names it
        documents = client.get(reverse("receivables:invoices"), {"contract": other.pk}).content.decode()
        assert invoice.get_absolute_url() not in documents

    def test_a_contract_nobody_may_see_is_not_named_by_a_filter(self, shop: Shop) -> None:
        other = make_user("sarah", roles.SERVICE)
        for user in (shop.company.charlie, other):
            client = Client()
            client.force_login(user)
            text = client.get(reverse("contracts:orders"), {"contract": shop.contract.pk}).content.decode()
            assert shop.contract.number not in text
            found = client.get(reverse("contracts:contract_options"), {"q": shop.contract.number}).json()
            assert found == {"items": []}

    def test_an_order_begins_with_the_contract_it_was_asked_under(self, shop: Shop) -> None:
        client = Client()
        client.force_login(shop.alice)
        make_contract(shop.customer, shop.alice, shop.company.entity)  # newer, and in force too
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        text = client.get(address, {"contract": shop.contract.pk}).content.decode()
        assert f'value="{shop.contract.pk}" selected' in text
        assert f'href="{shop.contract.get_absolute_url()}"' in text  # where Cancel leads
