"""Orders under a contract whose lines name products: signed prices, and what goes beyond the contract."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.errors import PriceFixed
from contracts.models import Contract, ContractLine, ContractState, Order
from contracts.selectors.performance import beyond_contract, left_of
from contracts.services.orders import LineInput, cancel_order, copy_order
from tests.orders.making import TODAY, Shop, make_contract, make_product

D = Decimal


@pytest.fixture
def contract(shop: Shop) -> Contract:
    """A signed sale of 100 at 81.08, list price 100.00."""
    made = make_contract(
        shop.customer, shop.alice, shop.company.entity, kind="sales", amount=D(8108), state=ContractState.DRAFT
    )
    ContractLine.objects.create(
        contract=made, position=1, product=shop.product, description="x", unit="件", quantity=D(100),
        price=D("81.08"), amount=D(8108),
    )  # fmt: skip
    Contract.objects.filter(pk=made.pk).update(state=ContractState.IN_APPROVAL)
    Contract.objects.filter(pk=made.pk).update(state=ContractState.APPROVED)
    Contract.objects.filter(pk=made.pk).update(state=ContractState.SIGNED)
    return Contract.objects.get(pk=made.pk)


def fresh(order: Order) -> Order:
    return Order.objects.select_related("contract").get(pk=order.pk)


class TestPrice:
    def test_a_product_the_contract_names_costs_what_was_signed(self, shop: Shop, contract: Contract) -> None:
        other = make_product("50.00")
        lines = [LineInput(shop.product.pk, D(10), None), LineInput(other.pk, D(1), D(5))]
        order = shop.draft(contract_id=contract.pk, lines=lines)
        said = order.lines.order_by("position").values_list("list_price", "discount", "price", "by_contract")
        assert list(said) == [(D(100), D(0), D("81.08"), True), (D(50), D(5), D("47.50"), False)]
        assert copy_order(actor=shop.alice, order_id=order.pk, on=TODAY).total == order.total

    def test_no_discount_is_given_on_a_price_that_was_signed(self, shop: Shop, contract: Contract) -> None:
        with pytest.raises(PriceFixed):
            shop.draft(contract_id=contract.pk, discount="1")
        assert not Order.objects.exists()


class TestBeyond:
    def test_an_order_within_the_contract_says_nothing(self, shop: Shop, contract: Contract) -> None:
        shop.released("40", contract_id=contract.pk)
        assert beyond_contract(fresh(shop.draft("60", contract_id=contract.pk))) is None

    def test_orders_together_are_held_against_quantity_and_total(self, shop: Shop, contract: Contract) -> None:
        shop.released("40", contract_id=contract.pk)
        shop.draft("40", contract_id=contract.pk)  # binds nobody yet
        beyond = beyond_contract(fresh(shop.draft("61", contract_id=contract.pk)))
        assert beyond is not None
        assert (beyond.total, [row.excess for row in beyond.lines], beyond.outside) == (D("81.08"), [D(1)], [])

    def test_what_was_cancelled_is_left_again(self, shop: Shop, contract: Contract) -> None:
        order = shop.released("40", contract_id=contract.pk)
        shop.deliver(order, "15")
        cancel_order(actor=shop.alice, order_id=order.pk, reason="less", on=TODAY)
        assert [row.left for row in left_of(contract)] == [D(85)]
        assert beyond_contract(fresh(order)) is None
        assert beyond_contract(fresh(shop.draft("85", contract_id=contract.pk))) is None

    def test_an_order_whose_rest_was_cancelled_counts_as_far_as_it_was_delivered(
        self, shop: Shop, contract: Contract
    ) -> None:
        order = shop.released("110", contract_id=contract.pk)
        shop.deliver(order, "15")
        assert beyond_contract(fresh(order)) is not None
        cancel_order(actor=shop.alice, order_id=order.pk, reason="less", on=TODAY)
        assert beyond_contract(fresh(order)) is None

    def test_a_product_that_the_contract_does_not_name_is_told(self, shop: Shop, contract: Contract) -> None:
        other = make_product("1.00")
        beyond = beyond_contract(fresh(shop.draft(contract_id=contract.pk, lines=[LineInput(other.pk, D(1))])))
        assert beyond is not None
        assert beyond.outside == [other]

    def test_a_framework_without_products_binds_no_quantity(self, shop: Shop) -> None:
        assert beyond_contract(fresh(shop.draft("500"))) is None


class TestPages:
    def test_the_form_begins_with_what_is_left_and_the_page_warns(
        self, shop: Shop, contract: Contract, monkeypatch: Any
    ) -> None:
        for module in ("contracts.views.orders", "contracts.forms.orders"):
            monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
        shop.released("40", contract_id=contract.pk)
        client = Client()
        client.force_login(shop.alice)
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        page = client.get(address, {"contract": contract.pk}).content.decode()
        assert 'name="lines-0-quantity" value="60"' in page
        order = shop.draft("61", contract_id=contract.pk)
        page = client.get(order.get_absolute_url()).content.decode()
        assert "101 ordered, 100 agreed" in page
        assert "81.08 over the total agreed" in page
        client.post(reverse("contracts:release_order", args=[order.pk]), {"version": "1"})
        assert "goes beyond its contract" in client.get(order.get_absolute_url()).content.decode()
