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
from receivables.selectors.trading import CUSTOMER, PRODUCT, Amounts, Period, trading_status
from receivables.services import reverse_invoice
from receivables.services.order_invoices import invoice_delivery
from tests.factories import make_customer, make_invoice
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
    assert [(row.key, row.amount, row.quantity, row.rank, row.customers) for row in found.rows] == [
        (shop.product.pk, D(6000), D(60), 1, 1),
        (other, D(3000), D(30), 2, 1),
    ]
    assert [round(row.share, 3) for row in found.rows] == [D("0.667"), D("0.333")]
    assert [round(row.cumulated, 3) for row in found.rows] == [D("0.667"), D(1)]
    assert (found.listed.amount, found.quantity, found.count) == (D(9000), None, 2)
    assert (found.billed, found.without_lines) == (found.listed, Amounts())


def test_by_customer_counts_what_was_billed_and_by_product_comes_to_the_same(sold: tuple[Shop, int]) -> None:
    """What was posted by hand has no lines, a credit note is taken off."""
    shop, _other = sold
    company, second = shop.company, make_customer(owner=shop.alice)
    make_invoice(second, "20000.00", on=TODAY, entity=company.entity)
    make_invoice(shop.customer, "1000.00", on=TODAY, entity=company.entity, kind="credit_note")
    gone = make_invoice(second, "700.00", on=TODAY, entity=company.entity)
    reverse_invoice(actor=None, invoice_id=gone.pk, on=TODAY, reason="wrong")
    make_invoice(second, "250.00", on=TODAY - dt.timedelta(days=365), entity=company.entity)

    customers = trading_status(user=company.greg, by=CUSTOMER, period=MARCH)
    assert [(row.key, row.amount, row.rank, row.quantity) for row in customers.rows] == [
        (second.pk, D(20000), 1, None),
        (shop.customer.pk, D(8000), 2, None),
    ]
    assert customers.listed == customers.billed == Amounts(D(28000), D(250))
    products = trading_status(user=company.greg, by=PRODUCT, period=MARCH)
    assert (products.listed.amount, products.without_lines) == (D(9000), Amounts(D(19000), D(250)))
    assert products.billed == customers.billed
    of_one = trading_status(user=company.greg, by=CUSTOMER, period=MARCH, product_id=shop.product.pk)
    assert [(row.key, row.amount, row.quantity) for row in of_one.rows] == [(shop.customer.pk, D(6000), D(60))]
    assert (of_one.quantity, of_one.billed) == (D(60), of_one.listed)
    without = trading_status(user=company.greg, by=PRODUCT, period=MARCH, customer_id=second.pk)
    assert (without.rows, without.count, without.billed) == ([], 0, Amounts(D(20000), D(250)))


def test_a_customer_that_was_credited_more_than_billed_stands_below_zero(shop: Shop) -> None:
    make_invoice(shop.customer, "1000.00", on=TODAY, entity=shop.company.entity, kind="credit_note")
    [row] = trading_status(user=shop.company.greg, by=CUSTOMER, period=MARCH).rows
    assert (row.amount, row.share, row.change) == (D(-1000), D(1), None)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (("2026-01-01", "2026-11-29"), ("2025-01-01", "2025-11-29")),
        (("2027-02-01", "2027-02-28"), ("2026-02-01", "2026-02-28")),
        (("2025-02-01", "2025-02-28"), ("2024-02-01", "2024-02-29")),
        (("2024-02-29", "2024-02-29"), ("2023-02-28", "2023-02-28")),
        (("2025-11-30", "2026-11-29"), ("2024-11-30", "2025-11-29")),
        (("2025-01-01", "2026-11-29"), ("2023-01-01", "2024-11-29")),
        (("2024-02-29", "2025-02-28"), ("2022-02-28", "2023-02-28")),
        (("2025-01-01", "2026-01-01"), ("2023-01-01", "2024-01-01")),
    ],
)
def test_a_period_is_compared_with_days_of_an_earlier_year_and_none_of_its_own(
    period: tuple[str, str], before: tuple[str, str]
) -> None:
    assert Period(*map(dt.date.fromisoformat, period)).same_days_before == Period(*map(dt.date.fromisoformat, before))


def test_a_period_is_compared_with_another_one(sold: tuple[Shop, int]) -> None:
    shop, other = sold
    april = Period(dt.date(2026, 4, 1), dt.date(2026, 5, 1))
    [row, gone] = trading_status(user=shop.company.greg, by=PRODUCT, period=april, before=MARCH).rows
    assert (row.key, row.amount, row.before, row.change) == (other, D(1500), D(3000), D("-0.5"))
    assert (gone.amount, gone.before, gone.change) == (D(0), D(6000), D(-1))
    [row] = trading_status(user=shop.company.greg, by=PRODUCT, period=april).rows
    assert (row.before, row.change, row.yearly) == (D(0), None, D(4500))
    [row, _gone] = trading_status(user=shop.company.greg, by=PRODUCT, period=MARCH, before=april).rows[::-1]
    assert (row.key, row.amount, row.before, row.yearly) == (other, D(3000), D(1500), D(3000))


def test_a_reversed_invoice_does_not_count(sold: tuple[Shop, int]) -> None:
    shop, other = sold
    invoice = Invoice.objects.get(amount=6000)
    reverse_invoice(actor=None, invoice_id=invoice.pk, on=TODAY, reason="wrong")
    [row] = trading_status(user=shop.company.greg, by=PRODUCT, period=MARCH).rows
    assert (row.key, row.share) == (other, D(1))


def test_a_rep_sees_the_trade_of_the_own_customers_only(sold: tuple[Shop, int]) -> None:
    shop, _other = sold
    assert trading_status(user=shop.alice, by=CUSTOMER, period=MARCH).listed.amount == D(9000)
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
    assert [cell.number_format for cell in book.active[5][-5:]].count("0.0%") == 3
    rows = list(book.active.iter_rows(min_row=5, values_only=True))
    assert [row[4] for row in rows] == [3000, 3000]
    assert rows[0][1:3] == (shop.customer.code, shop.customer.name)


def test_the_page_tells_what_has_no_lines_and_no_quantity_of_several_units(sold: tuple[Shop, int]) -> None:
    shop, _other = sold
    make_invoice(shop.customer, "20000.00", on=TODAY, entity=shop.company.entity)
    client = Client()
    client.force_login(shop.alice)
    asked = {"start": "2026-03-01", "end": str(TODAY)}
    by_product = client.get(reverse("receivables:trading"), asked).content.decode()
    assert all(text in by_product for text in ("Billed without lines", "20,000.00", "29,000.00", "pc"))
    by_customer = client.get(reverse("receivables:trading"), {**asked, "by": "customer"}).content.decode()
    assert "29,000.00" in by_customer
    assert not any(text in by_customer for text in ("Quantity", "Billed without lines"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"start": "2026-03-01", "end": "2026-02-01"}, "The last day lies before the first."),
        ({"end": "1900-01-01"}, "is the year right?"),
        ({"end": "2199-12-31"}, "This day has not come yet"),
        ({"before_start": "2025-01-01"}, "give both, or neither"),
        ({"start": "2199-01-01"}, "The last day lies before the first."),
    ],
)
def test_days_that_are_wrong_show_no_figures_of_other_days(
    sold: tuple[Shop, int], wrong: dict[str, str], told: str
) -> None:
    shop, _other = sold
    client = Client()
    client.force_login(shop.alice)
    asked = {"start": "2026-03-01", "end": str(TODAY), **wrong}
    answer = client.get(reverse("receivables:trading"), asked)
    page = answer.content.decode()
    assert (answer.status_code, told in page) == (422, True)
    assert not any(text in page for text in ("6,000.00", "Cumulated share", "Export to Excel"))
    sent = client.get(reverse("receivables:trading_export"), asked)
    assert (sent.status_code, sent["Location"].split("?")[0]) == (302, reverse("receivables:trading"))
