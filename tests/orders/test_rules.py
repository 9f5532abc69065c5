"""Prices, parts and states of orders."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules import orders as rules

D = Decimal


@pytest.mark.parametrize(
    ("price", "discount", "places", "net"),
    [
        ("100", "0", 2, "100.00"),
        ("99.99", "12.5", 2, "87.49"),
        ("10", "100", 2, "0.00"),
        ("2053", "12.5", 0, "1796.00"),
    ],
)
def test_a_discount_lowers_the_price_to_the_last_coin(price: str, discount: str, places: int, net: str) -> None:
    assert rules.net_price(D(price), D(discount), places) == D(net)


quantities = st.lists(st.decimals("0.001", "999", places=3), min_size=1, max_size=6)
prices = st.decimals("0", "9999", places=2)


@given(parts=quantities, price=prices, places=st.integers(0, 2))
def test_the_parts_of_a_line_add_up_to_it(parts: list[Decimal], price: Decimal, places: int) -> None:
    before, amounts = D(0), []
    for part in parts:
        amounts.append(rules.part_amount(price, before, part, places))
        before += part
    assert sum(amounts) == rules.line_amount(before, price, places)
    assert all(amount >= 0 and amount == round(amount, places) for amount in amounts)


@given(parts=st.lists(st.decimals("0", "9999", places=2), min_size=1, max_size=6), base=prices)
def test_the_base_parts_of_an_order_add_up_to_its_base_total(parts: list[Decimal], base: Decimal) -> None:
    total = sum(parts, D(0))
    done, shares = D(0), []
    for part in parts:
        shares.append(rules.part_base(total, base, done, part))
        done += part
    assert sum(shares) == (base if total else 0)


@pytest.mark.parametrize(
    ("delivered", "invoiced", "rest_cancelled", "state"),
    [
        ("4", "4", False, "released"),  # the rest is still to come
        ("4", "4", True, "invoiced"),
        ("4", "2", True, "delivered"),
        ("10", "4", False, "delivered"),
        ("10", "10", False, "invoiced"),
    ],
)
def test_an_order_stands_where_its_lines_are(delivered: str, invoiced: str, rest_cancelled: bool, state: str) -> None:
    line = rules.Filled(D(10), D(delivered), D(invoiced))
    assert rules.state_after([line], rest_cancelled=rest_cancelled) == state
