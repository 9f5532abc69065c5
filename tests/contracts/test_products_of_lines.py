"""Lines of a contract that name a product: its unit and name, one price, and the discount floor."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.contract_text import text_of
from contracts.errors import ContractChangedByYou, ProductPricedTwice
from contracts.models import Contract
from contracts.services.approving import submit_contract
from contracts.services.drafting import LineTerms
from contracts.services.pricing import agree_discount
from tests.contracts.making import TODAY, again, change, draft
from tests.factories import Company
from tests.orders.making import make_product

D = Decimal


def line(product: Any, price: str, quantity: str = "10") -> LineTerms:
    return LineTerms("", "", D(quantity), D(price), product_id=product.pk)


def below(contract: Contract) -> list[str]:
    return [each["discount"] for each in text_of(again(contract), on=TODAY).below_floor]


class TestLines:
    def test_a_product_brings_its_unit_and_its_name(self, company: Company) -> None:
        product = make_product("100.00")
        made = draft(company, language="en", lines=[line(product, "95")]).lines.get()
        assert (made.product, made.description, made.unit) == (product, product.name_en, "pc")
        made = draft(company, lines=[line(product, "95")]).lines.get()
        assert (made.description, made.unit) == (product.name_zh, "件")

    def test_sent_twice_it_is_saved_once_and_without_its_product_it_is_another(self, company: Company) -> None:
        product = make_product("100.00")
        contract = draft(company, lines=[line(product, "95")])
        read = contract.version
        saved = change(contract, company.alice, read, lines=[line(product, "96")])
        assert change(contract, company.alice, read, lines=[line(product, "96")]).version == saved.version
        bare = LineTerms(product.name_zh, product.unit_zh, D(10), D(96))
        with pytest.raises(ContractChangedByYou):
            change(contract, company.alice, read, lines=[bare])
        assert contract.lines.get().product == product

    def test_one_product_has_one_price(self, company: Company) -> None:
        product = make_product("100.00")
        with pytest.raises(ProductPricedTwice):
            draft(company, lines=[line(product, "95"), line(product, "96")])
        assert not Contract.objects.exists()


class TestFloor:
    def test_a_price_below_the_floor_of_the_owner_is_a_deviation_that_is_routed(self, company: Company) -> None:
        product = make_product("100.00")
        contract = draft(company, lines=[line(product, "95")])
        assert below(contract) == []
        change(contract, company.alice, lines=[line(product, "94.99")])
        text = text_of(again(contract), on=TODAY)
        assert ([each["discount"] for each in text.below_floor], text.is_deviation) == (["5.01"], True)

    def test_what_was_agreed_with_the_customer_may_be_signed(self, company: Company) -> None:
        product = make_product("100.00")
        contract = draft(company, lines=[line(product, "91")])
        assert below(contract) == ["9"]
        terms: dict[str, Any] = {"starts_on": TODAY, "ends_on": None, "reason": "volume", "on": TODAY}
        agree_discount(actor=company.mona, customer_id=company.customer.pk, percent=D(9), **terms)
        assert below(contract) == []

    def test_its_page_and_its_approvers_are_told(self, company: Company, monkeypatch: Any) -> None:
        product = make_product("100.00", name_en="Bearing")
        contract = draft(company, language="en", lines=[line(product, "60")])
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="volume", on=TODAY)
        figures = contract.submissions.get().approval.decisions.earliest("pk").figures
        assert figures["below_floor"] == [
            {"description": "Bearing", "price": "60.00", "list_price": "100.00", "discount": "40", "highest": "5"}
        ]
        client = Client()
        client.force_login(company.alice)
        page = client.get(contract.get_absolute_url()).content.decode()
        assert "60.00 is 40 % below the list price of 100.00; the owner may give 5 %" in page

    def test_a_line_is_drafted_by_its_product_alone(self, company: Company) -> None:
        product = make_product("100.00")
        contract = draft(company, lines=[])
        client = Client()
        client.force_login(company.alice)
        address = reverse("contracts:edit_contract", args=[contract.pk])
        form = client.get(address).context["form"]
        typed = {name: form[name].value() for name in form.fields if form[name].value() is not None}
        sets = {f"{prefix}-{name}_FORMS": "0" for prefix in ("line", "plan") for name in ("TOTAL", "INITIAL")}
        rows = {"line-TOTAL_FORMS": "1", "line-0-product": product.pk, "line-0-quantity": "2", "line-0-price": "99"}
        response = client.post(address, {**typed, **sets, **rows})
        assert response.status_code == 302
        assert contract.lines.get().product == product
