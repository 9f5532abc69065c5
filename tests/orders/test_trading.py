"""Trading status: against sums made by hand, over periods, and only of what a reader may see."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from contracts.services.orders import LineInput
from receivables.models import Invoice
from receivables.selectors.trading import CUSTOMER, PRODUCT, Period, trading_status
from receivables.services import reverse_invoice
from receivables.services.order_invoices import invoice_delivery
from tests.orders.making import TODAY, Shop, make_product

D = Decimal
MARCH = Period(dt.date(2026, 3, 1), TODAY)


def sell(shop: Shop, quantity: str, *, product: int, on: dt.date = TODAY) -> Invoice:
    """So many of a product at 100.00, ordered in January at the latest, billed on a day."""
    order = shop.released(lines=[LineInput(product, D(quantity))])
    delivery = shop.deliver(order, quantity)
    return invoice_delivery(actor=None, delivery_id=delivery.pk, on=on)


@pytest.fixture
def sold(shop: Shop) -> tuple[Shop, int]:
    """60 of one product and 30 of another, billed today; 15 more of the other a month later."""
    other = make_product("100.00", name_en="Seal").pk
    sell(shop, "60", product=shop.product.pk)
    sell(shop, "30", product=other)
    sell(shop, "15", product=other, on=TODAY + dt.timedelta(days=30))
    return shop, other


def test_shares_and_ranks_add_up(sold: tuple[Shop, int]) -> None:
    shop, other = sold
    found = trading_status(user=shop.company.greg, by=PRODUCT, period=MARCH)
    assert [(row.key, row.amount, row.quantity, row.rank, row.others) for row in found.rows] == [
        (shop.product.pk, D(6000), D(60), 1, 1),
        (other, D(3000), D(30), 2, 1),
    ]
    assert [round(row.share, 3) for row in found.rows] == [D("0.667"), D("0.333")]
    assert [round(row.cumulated, 3) for row in found.rows] == [D("0.667"), D(1)]
    assert (found.amount, found.quantity, found.count) == (D(9000), D(90), 2)


def test_a_period_is_compared_with_the_one_before(sold: tuple[Shop, int]) -> None:
    shop, other = sold
    april = Period(dt.date(2026, 4, 1), dt.date(2026, 5, 1))
    [row, gone] = trading_status(user=shop.company.greg, by=PRODUCT, period=april).rows
    assert (row.key, row.amount, row.before, row.change) == (other, D(1500), D(3000), D("-0.5"))
    assert (gone.amount, gone.before, gone.change) == (D(0), D(6000), D(-1))
    never = Period(dt.date(2025, 1, 1), dt.date(2025, 2, 1))
    [row] = trading_status(user=shop.company.greg, by=PRODUCT, period=april, before=never).rows
    assert (row.before, row.change, row.yearly) == (D(0), None, D(4500))


def test_a_reversed_invoice_does_not_count(sold: tuple[Shop, int]) -> None:
    shop, other = sold
    invoice = Invoice.objects.get(amount=6000)
    reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong")
    [row] = trading_status(user=shop.company.greg, by=PRODUCT, period=MARCH).rows
    assert (row.key, row.share) == (other, D(1))


def test_a_rep_sees_the_trade_of_the_own_customers_only(sold: tuple[Shop, int]) -> None:
    shop, _other = sold
    assert trading_status(user=shop.alice, by=CUSTOMER, period=MARCH).amount == D(9000)
    assert not trading_status(user=shop.company.charlie, by=CUSTOMER, period=MARCH).rows
    assert not trading_status(user=shop.company.charlie, by=PRODUCT, period=MARCH).rows


def test_the_page_narrows_and_the_workbook_says_the_same(sold: tuple[Shop, int]) -> None:
    shop, other = sold
    client = Client()
    client.force_login(shop.alice)
    asked: dict[str, Any] = {"by": "customer", "product": other, "start": "2026-03-01", "end": str(TODAY)}
    page = client.get(reverse("receivables:trading"), asked).content.decode()
    assert shop.customer.code in page
    assert "3,000.00" in page
    answer = client.get(reverse("receivables:trading_export"), asked)
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    rows = list(book.active.iter_rows(min_row=5, values_only=True))
    assert [row[5] for row in rows] == [3000, 3000]
    assert rows[0][1:3] == (shop.customer.code, shop.customer.name)
