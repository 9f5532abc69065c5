"""What cells are read as: amounts, dates, numbers of documents and customers, codes."""

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.exchange import parsers
from crm.exchange.issues import CellError

POINT = {"decimal": "point"}
COMMA = {"decimal": "comma"}
AMOUNTS = st.decimals(min_value=Decimal("-9999999999999.99"), max_value=Decimal("9999999999999.99"), places=2)
DAYS = st.dates(dt.date(1970, 1, 1), dt.date(2100, 12, 31))


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("１，２３４．５０", "1234.50"),
        ("(1,234.50)", "-1234.50"),
        ("（1234.5）", "-1234.50"),
        ("-5", "-5.00"),
        ("5-", "-5.00"),
        ("−5.10", "-5.10"),
        ("¥ 1,234", "1234.00"),
        ("USD 12.30", "12.30"),
        ("12.30元", "12.30"),
        ("1 234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        (" 7\u3000", "7.00"),
        (8734.709999999999, "8734.71"),
        (-0.0, "0.00"),
        (3, "3.00"),
    ],
)
def test_amounts_are_read_as_people_write_them(cell: Any, amount: str) -> None:
    assert str(parsers.parse_amount(cell, POINT)) == amount


@pytest.mark.parametrize(
    ("cell", "options", "code"),
    [
        ("12,34,567", POINT, "separators"),
        ("1.234,50", POINT, "separators"),
        ("1,234.50", COMMA, "separators"),
        ("5,000", COMMA, "too_many_decimals"),
        ("1.234", POINT, "too_many_decimals"),
        (1.005, POINT, "too_many_decimals"),
        ("1.2E+05", POINT, "digits_lost"),
        ("abc", POINT, "not_a_number"),
        ("--5", POINT, "not_a_number"),
        ("(-5)", POINT, "not_a_number"),
        (True, POINT, "not_a_number"),
        (dt.date(2026, 1, 1), POINT, "not_a_number"),
        (float("nan"), POINT, "not_a_number"),
        (1e17, POINT, "too_large"),
        ("99999999999999999", POINT, "too_large"),
    ],
)
def test_an_amount_that_could_mean_two_things_is_refused(cell: Any, options: Any, code: str) -> None:
    with pytest.raises(CellError) as refused:
        parsers.parse_amount(cell, options)
    assert refused.value.code == code


@given(AMOUNTS)
def test_an_amount_survives_every_way_it_is_written(amount: Decimal) -> None:
    amount = amount.quantize(Decimal("0.01")) + 0
    plain, grouped = f"{amount:.2f}", f"{amount:,.2f}"
    german = grouped.translate(str.maketrans(",.", ".,"))
    brackets = f"({grouped[1:]})" if amount < 0 else grouped
    full_width = "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in grouped)
    for text in (plain, grouped, brackets, full_width, f"¥{grouped}", f"{grouped} CNY"):
        assert parsers.parse_amount(text, POINT) == amount, text
    assert parsers.parse_amount(german, COMMA) == amount


@given(AMOUNTS)
def test_a_float_that_is_cents_is_those_cents(amount: Decimal) -> None:
    assert parsers.parse_amount(float(amount), POINT) == amount


@pytest.mark.thorough
@given(st.text(max_size=30))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parser in (parsers.parse_amount, parsers.parse_date, parsers.parse_whole, parsers.parse_currency,
                   parsers.parse_customer_number, parsers.parse_text, parsers.parse_yes):  # fmt: skip
        for options in (POINT, COMMA, {"date_order": "dmy", "zeros": "strip"}):
            with suppress(CellError):
                parser(text, options)


@given(DAYS)
def test_a_day_survives_every_way_it_is_written(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    ways = [
        day, dt.datetime(day.year, day.month, day.day, 23, 59), day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y.%m.%d}",
        f"{day:%Y%m%d}", float(f"{day:%Y%m%d}"), f"{day.year}年{day.month}月{day.day}日", f"{day} 00:00:00",
        f"{day:%d-%b-%Y}", f"{day:%b} {day.day}, {day.year}",
    ]  # fmt: skip
    if serial:
        ways += [float(serial), serial + 0.75]
    for cell in ways:
        assert parsers.parse_date(cell, {}) == day, cell
    assert parsers.parse_date(f"{day:%d/%m/%Y}", {"date_order": "dmy"}) == day
    assert parsers.parse_date(f"{day:%m/%d/%Y}", {"date_order": "mdy"}) == day


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("05/11/2026", "date_order"),
        ("05/11/26", "short_year"),
        ("2026-13-01", "not_a_date"),
        ("2026-02-30", "not_a_date"),
        ("1899-01-01", "date_out_of_range"),
        ("tomorrow", "not_a_date"),
        (0, "not_a_date"),
        (-3.0, "not_a_date"),
        (True, "not_a_date"),
    ],
)
def test_a_date_that_could_mean_two_things_is_refused(cell: Any, code: str) -> None:
    with pytest.raises(CellError) as refused:
        parsers.parse_date(cell, {})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "zeros", "number"),
    [
        ("0200706844", "strip", "200706844"),
        ("0200706844", "keep", "0200706844"),
        ("200706844", "pad", "0200706844"),
        (200706844.0, "pad", "0200706844"),
        ("000", "strip", "0"),
        ("CCCA02", "strip", "CCCA02"),
        (" '00123 ", "keep", "00123"),
        ("１２３", "keep", "123"),
        ("1930571429.0", "keep", "1930571429"),
    ],
)
def test_zeros_in_front_of_a_customer_number_are_a_choice(cell: Any, zeros: str, number: str) -> None:
    assert parsers.parse_customer_number(cell, {"zeros": zeros, "zeros_width": "10"}) == number


def test_a_number_that_lost_its_digits_is_refused() -> None:
    with pytest.raises(CellError, match="digits_lost"):
        parsers.parse_document_number("1.93057E+09", {})


@pytest.mark.parametrize(("cell", "code"), [("人民币", "CNY"), ("usd", "USD"), ("ＵＳＤ", "USD"), ("¥", "CNY")])
def test_currencies_are_known_by_name_and_sign(cell: str, code: str) -> None:
    assert parsers.parse_currency(cell, {}) == code


def test_a_cell_with_nul_bytes_is_refused_and_invisible_signs_are_dropped() -> None:
    with pytest.raises(CellError, match="control_characters"):
        parsers.parse_text("a\x00b", {})
    assert parsers.parse_text("\ufeffNASH \u00a0 foundation\u200b ", {}) == "NASH foundation"
    assert parsers.parse_text("上海（示例）有限公司", {}) == "上海（示例）有限公司"
