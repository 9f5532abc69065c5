"""The form of an order says what its lines cost while they are typed: just what the saved order will cost."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Contract, ContractLine, ContractState, Order
from contracts.services.orders import LineInput
from contracts.services.pricing import agree_discount
from crm.accounts.models import User
from crm.core.models import Rate
from tests.factories import make_user
from tests.orders.making import TODAY, Shop, make_contract, make_product

D = Decimal


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for module in ("contracts.views.orders", "contracts.forms.orders"):
        monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
    return shop


def sold_at(shop: Shop, price: str, **fields: Any) -> Contract:
    """A signed sale of 100 of the product at this price."""
    made = make_contract(
        shop.customer, shop.alice, shop.company.entity, kind="sales", amount=D(price) * 100,
        state=ContractState.DRAFT, **fields,
    )  # fmt: skip
    ContractLine.objects.create(
        contract=made, position=1, product=shop.product, description="x", unit="件", quantity=D(100),
        price=D(price), amount=D(price) * 100,
    )  # fmt: skip
    for state in (ContractState.IN_APPROVAL, ContractState.APPROVED, ContractState.SIGNED):
        Contract.objects.filter(pk=made.pk).update(state=state)
    return Contract.objects.get(pk=made.pk)


class Typing:
    """Somebody who fills in the form: `quote` is what it shows meanwhile, `save` keeps it."""

    def __init__(self, shop: Shop, user: User, address: str = "", **fields: Any) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.address = address or reverse("contracts:new_order", args=[shop.customer.pk])
        self.data: dict[str, Any] = {
            "contract": shop.contract.pk,
            "party_of": shop.contract.pk,
            "payment": "credit",
            "channel": "written",
            "legal_entity": shop.company.entity.pk,
            "currency": "CNY",
            "on": str(TODAY),
            "lines-INITIAL_FORMS": "0",
            **fields,
        }

    def lines(self, *rows: tuple[Any, str, str]) -> "Typing":
        self.data["lines-TOTAL_FORMS"] = str(len(rows))
        for row, values in enumerate(rows):
            for name, value in zip(("product", "quantity", "discount"), values, strict=True):
                self.data[f"lines-{row}-{name}"] = value
        return self

    def quote(self, **fields: Any) -> str:
        response = self.client.post(self.address, {**self.data, "quote": "1", **fields})
        assert response.status_code == 200
        return str(response.content.decode())

    def save(self) -> Any:
        return self.client.post(self.address, self.data)


def shown(page: str, name: str) -> str:
    """The words of the element of this id."""
    found = re.search(rf'<(\w+)[^>]*id="{name}"[^>]*>(.*?)</\1>', page, re.DOTALL)
    assert found is not None, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[2]).split())


def cells(page: str, row: int) -> list[str]:
    return [shown(page, f"lines-{row}-{name}") for name in ("unit", "list", "price", "amount", "refusal")]


def test_a_line_shows_what_the_saved_order_will_cost(shop: Shop) -> None:
    other = make_product("33.33")
    contract = sold_at(shop, "81.08")
    terms: dict[str, Any] = {"starts_on": TODAY, "ends_on": None, "reason": "volume", "on": TODAY}
    agree_discount(actor=shop.company.mona, customer_id=shop.customer.pk, percent=D(8), **terms)
    typing = Typing(shop, shop.alice, contract=contract.pk, party_of=contract.pk)
    page = typing.lines((shop.product.pk, "2.5", ""), (other.pk, "3", ""), (other.pk, "1,000", "0")).quote()
    assert [cells(page, row)[:4] for row in range(3)] == [
        ["pc", "100.00", "81.08 contract price", "202.70"],
        ["pc", "33.33", "30.66", "91.98"],
        ["pc", "33.33", "33.33", "33,330.00"],
    ]
    assert "33,624.68 CNY" in page
    assert not Order.objects.exists()
    typing.data["idempotency_key"] = "once"
    assert {typing.save().status_code for _ in range(2)} == {302}
    order = Order.objects.get()
    assert order.total == D("33624.68")
    assert [line.price for line in order.lines.order_by("position")] == [D("81.08"), D("30.66"), D("33.33")]


def test_a_line_that_is_half_typed_shows_what_is_known_and_one_that_is_refused_says_why(shop: Shop) -> None:
    contract = sold_at(shop, "81.08")
    typing = Typing(shop, shop.alice, contract=contract.pk, party_of=contract.pk)
    other, given_up = make_product("50.00"), make_product(is_active=False)
    page = typing.lines(
        (other.pk, "", ""), (other.pk, "x", ""), (shop.product.pk, "1", "1"), (other.pk, "2", "6"),
        (other.pk, "4", "5"), (given_up.pk, "1", ""), ("", "7", ""),
    ).quote()  # fmt: skip
    for row in (0, 1):
        assert cells(page, row) == ["pc", "50.00", "50.00", "", ""]
    assert "more than the 5 % you may give" in cells(page, 3)[4]
    assert "81.08" in cells(page, 2)[4]
    assert cells(page, 4) == ["pc", "50.00", "47.50", "190.00", ""]
    for row in (5, 6):
        assert cells(page, row) == [""] * 5
    assert "190.00 CNY" in page


def test_a_line_shows_all_that_is_wrong_with_it_typed_and_saved(shop: Shop) -> None:
    contract = sold_at(shop, "81.08")
    other = make_product("50.00")
    typing = Typing(shop, shop.alice, contract=contract.pk, party_of=contract.pk)
    typing.lines((other.pk, "0", "6"), (shop.product.pk, "0", "1"), (other.pk, "2", "101"), (other.pk, "0", "x"))
    quantity = "A quantity must be above zero."
    wrong = [
        ("more than the 5 % you may give", quantity), ("81.08", quantity), ("between 0 and 100 percent",), (quantity,)
    ]  # fmt: skip

    def told(page: str) -> None:
        for row, sentences in enumerate(wrong):
            assert all(sentence in cells(page, row)[4] for sentence in sentences)

    told(typing.quote())
    told(typing.save().content.decode())
    typing.data["lines-3-discount"] = ""  # now the form takes it, and the order refuses it
    refused = typing.save()
    told(refused.content.decode())
    assert refused.context["form"].non_field_errors() == ["Correct the lines marked below."]
    User.objects.filter(pk=shop.alice.pk).update(language="zh-hans")
    chinese = cells(typing.quote(), 0)[4]
    assert ("5 %" in chinese, "数量" in chinese, "quantity" in chinese) == (True, True, False)
    assert not Order.objects.exists()


def test_a_draft_that_lay_for_more_than_a_month_is_offered_todays_date_and_says_so(shop: Shop) -> None:
    order = shop.draft("1")
    address = reverse("contracts:edit_order", args=[order.pk])
    typing = Typing(shop, shop.alice, address, edition="1").lines((shop.product.pk, "1", ""))
    long_ago = TODAY - dt.timedelta(days=32)
    Order.objects.filter(pk=order.pk).update(on=long_ago + dt.timedelta(days=1))
    form = typing.client.get(address).context["form"]
    assert (form["on"].value(), form["on"].help_text) == (long_ago + dt.timedelta(days=1), "")
    Order.objects.filter(pk=order.pk).update(on=long_ago)
    opened = typing.client.get(address)
    assert opened.context["form"]["on"].value() == TODAY
    assert f"It was dated {long_ago}, more than a month ago" in opened.content.decode()
    typing.data["on"] = str(long_ago)
    refused = typing.save()
    [error] = refused.context["form"].errors["on"]
    assert f"dated a month back at most, between {long_ago + dt.timedelta(days=1)} and {TODAY}." in error
    assert Order.objects.get().on == long_ago
    typing.data["on"] = str(TODAY)
    assert typing.save().status_code == 302
    assert Order.objects.get().on == TODAY


def test_the_contract_that_is_chosen_brings_its_legal_entity_and_currency(shop: Shop) -> None:
    Rate.objects.create(currency_id="USD", date=TODAY - dt.timedelta(days=1), rate=D("7.2"))
    dollars = sold_at(shop, "12.50", currency="USD")
    typing = Typing(shop, shop.alice).lines((shop.product.pk, "10", ""))
    assert "id_currency" not in typing.quote()  # nothing is exchanged under somebody's hands
    page = typing.quote(contract=dollars.pk)
    assert re.findall(r'<option value="([A-Z]{3})"', page) == ["USD"]
    assert ("125.00 USD" in page, "900.00 CNY" in page) == (True, True)
    assert 'value="CNY"' in typing.quote(contract="")
    # Whoever saves before the page has followed is asked to look again, and loses nothing.
    typing.data["contract"] = dollars.pk
    refused = typing.save()
    assert (refused.status_code, Order.objects.exists()) == (422, False)
    assert "It is now that of the contract." in refused.content.decode()
    typing.data |= {"currency": "USD"}
    assert typing.save().status_code == 302
    assert Order.objects.get().total == D(125)


def test_headroom_stands_beside_the_total_for_those_who_see_accounts(shop: Shop) -> None:
    shop.released("300")
    typing = Typing(shop, shop.alice).lines((shop.product.pk, "800", ""))
    page = typing.quote()
    assert ("70,000.00" in page, "-10,000.00" in page) == (True, True)
    shop.pay("500")
    assert "needs a signed contract" in typing.quote(contract="")
    prepaid = typing.quote(payment="prepaid", contract="")
    assert "needs a signed contract" not in prepaid
    assert ("Money received that is free" in prepaid, "-79,500.00" in prepaid) == (True, True)


def test_nobody_is_told_prices_of_a_customer_he_does_not_see(shop: Shop) -> None:
    bob = make_user("bob_elsewhere", "sales_rep")
    typing = Typing(shop, bob).lines((shop.product.pk, "1", ""))
    assert typing.client.post(typing.address, {**typing.data, "quote": "1"}).status_code == 404


def test_an_order_without_a_rate_of_its_currency_says_so(shop: Shop) -> None:
    typing = Typing(shop, shop.alice, contract="", party_of="", currency="JPY").lines((shop.product.pk, "1", ""))
    page = typing.quote()
    assert cells(page, 0) == [""] * 5
    assert "JPY" in page


def test_an_order_that_is_changed_is_priced_as_it_stands(shop: Shop) -> None:
    order = shop.draft("12", discount="5")
    address = reverse("contracts:edit_order", args=[order.pk])
    typing = Typing(shop, shop.alice, address, edition="1")
    page = typing.client.get(address).content.decode()
    assert cells(page, 0) == ["pc", "100.00", "95.00", "1,140.00", ""]
    page = typing.lines((shop.product.pk, "13", "5")).quote(**{"lines-INITIAL_FORMS": "1"})
    assert (cells(page, 0)[3], "order-party" in page) == ("1,235.00", False)


@pytest.mark.parametrize("way", ["get", "quote"])
def test_many_lines_ask_the_database_as_often_as_one(shop: Shop, way: str) -> None:
    products = [make_product() for _ in range(12)]
    typing = Typing(shop, shop.alice)

    def queries(count: int) -> int:
        rows = [(product.pk, "2", "5") for product in products[:count]]
        if way == "get":
            order = shop.draft(lines=[LineInput(pk, D(2), D(5)) for pk, _quantity, _discount in rows])
            address = reverse("contracts:edit_order", args=[order.pk])
            with CaptureQueriesContext(
                connection,
            ) as caught:
                assert typing.client.get(address).status_code == 200
            return len(caught)
        typing.lines(*rows).quote()
        with CaptureQueriesContext(connection) as caught:
            typing.quote()
        return len(caught)

    few, many = queries(1), queries(12)
    assert few == many
    assert many <= 40
