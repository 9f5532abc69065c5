"""Products are seen, added and changed on pages of their own, by whom they are for."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.errors import ProductNameless, ProductTaken, ProductUnitless
from contracts.models import Product
from contracts.services.products import ProductRow, add_product, change_product, upsert_products
from crm.accounts import roles
from crm.core.errors import AmountNotPositive, NotAllowed
from tests.contracts.making import draft, signed
from tests.contracts.test_products_of_lines import line
from tests.factories import Company, make_user
from tests.orders.making import make_product

D = Decimal
GIVEN = {
    "code": "P-9", "name_zh": "", "name_en": "Seal", "unit_en": "PCS", "price": "12.50", "cost": "8", "is_active": "on",
}  # fmt: skip


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def diana(company: Company) -> Any:
    """The sales director: she keeps products and does not see the administration."""
    return make_user("diana", roles.SALES_DIRECTOR)


def test_who_keeps_products_adds_and_changes_them_on_their_pages(company: Company, diana: Any) -> None:
    client, new = client_of(diana), reverse("contracts:new_product")
    listed = client.get(reverse("contracts:products")).content.decode()
    assert new in listed
    made = client.post(new, GIVEN)
    product = Product.objects.get()
    assert made.headers["Location"] == product.get_absolute_url()
    assert (product.code, product.name_zh, product.name_en) == ("P-9", "Seal", "Seal")
    assert (product.unit_zh, product.unit_en) == ("件", "PCS"), "a known word is put into the other language"
    again = client.post(new, GIVEN)
    assert (again.status_code, "There is a product P-9 already." in again.content.decode()) == (422, True)
    edit = reverse("contracts:edit_product", args=[product.pk])
    client.post(edit, {**GIVEN, "edition": 0, "code": "P-10", "name_zh": "密封圈", "price": "13.00", "is_active": ""})
    product.refresh_from_db()
    assert (product.code, product.name_zh, product.price, product.is_active) == ("P-9", "密封圈", D("13.00"), False)
    assert product.get_absolute_url() in client.get(reverse("contracts:products")).content.decode()


def test_who_may_not_change_products_sees_neither_their_cost_nor_buttons(company: Company) -> None:
    product = make_product("100.00")
    Product.objects.update(cost=D("61.00"))
    client = client_of(company.alice)
    page = client.get(product.get_absolute_url()).content.decode()
    assert "100.00" in page
    assert "61.00" not in page
    assert reverse("contracts:edit_product", args=[product.pk]) not in page
    assert reverse("contracts:new_product") not in client.get(reverse("contracts:products")).content.decode()


def test_a_product_names_the_contracts_in_force_that_fix_its_price_and_the_reader_sees(company: Company) -> None:
    product = make_product("100.00")
    fixing = signed(company, lines=[line(product, "97.00")])
    other = draft(company, lines=[line(product, "96.00")])
    page = client_of(company.alice).get(product.get_absolute_url()).content.decode()
    assert fixing.number in page
    assert "97.00 CNY" in page
    assert other.number not in page, "a draft fixes nothing"
    assert fixing.number not in client_of(company.charlie).get(product.get_absolute_url()).content.decode()


def test_a_product_that_was_changed_since_it_was_opened_is_not_overwritten_unasked(
    company: Company, diana: Any
) -> None:
    product = make_product("100.00", name_zh="轴承", name_en="Bearing")
    client, edit = client_of(diana), reverse("contracts:edit_product", args=[product.pk])
    opened = client.get(edit).context["form"].initial
    raised = ProductRow(product.code, "轴承", "Bearing", "件", D("120.00"), D("60.00"))
    upsert_products(actor=None, rows=[raised])  # a file meanwhile
    typed = {**opened, "name_en": "Ball bearing", "is_active": "on"}
    refused = client.post(edit, typed)
    page = refused.content.decode()
    product.refresh_from_db()
    assert (refused.status_code, product.name_en, product.price) == (422, "Bearing", D("120.00"))
    assert "changed this product while you were editing it" in page
    assert "Keep mine" in page
    assert "Ball bearing" in page
    kept = {**typed, "price": "125.00", "edition": refused.context["form"]["edition"].value()}
    for _ in range(2):  # sent twice
        assert client.post(edit, kept).status_code == 302
    product.refresh_from_db()
    assert (product.name_en, product.price) == ("Ball bearing", D("125.00"))


def test_a_file_with_the_unit_in_one_language_leaves_a_known_product_its_word_in_the_other(company: Company) -> None:
    def units_after(zh: str, en: str = "") -> tuple[str, str]:
        upsert_products(actor=None, rows=[ProductRow("P-1", "轴承", "Bearing", zh, D(1), unit_en=en)])
        product = Product.objects.get()
        return product.unit_zh, product.unit_en

    assert units_after("台") == ("台", "unit")
    assert units_after("台", "machine") == ("台", "machine")
    assert units_after("台") == ("台", "machine")
    assert units_after("", "machine") == ("台", "machine")
    assert units_after("套") == ("套", "set")
    assert units_after("PCS") == ("PCS", "PCS")


def test_a_product_has_a_code_of_its_own_a_name_and_no_price_below_nought(company: Company, diana: Any) -> None:
    product = make_product("100.00")
    row = ProductRow(product.code, "轴承", "", "件", D(100))
    with pytest.raises(NotAllowed):
        change_product(actor=company.alice, product_id=product.pk, row=row)
    with pytest.raises(NotAllowed):
        add_product(actor=company.alice, row=row)
    with pytest.raises(ProductTaken):
        add_product(actor=diana, row=row)
    with pytest.raises(ProductNameless):
        change_product(actor=diana, product_id=product.pk, row=ProductRow("X", "", "", "件", D(1)))
    with pytest.raises(ProductUnitless):
        change_product(actor=diana, product_id=product.pk, row=ProductRow("X", "轴承", "", "", D(1)))
    with pytest.raises(AmountNotPositive):
        change_product(actor=diana, product_id=product.pk, row=ProductRow("X", "轴承", "", "件", D(1), D(-1)))
    before = Product.objects.get()
    assert (before.code, before.name_en, before.price) == (product.code, product.name_en, D("100.00"))
