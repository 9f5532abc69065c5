"""Money, dates and states look one way; floats never pass for money."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.forms import Field
from django.template import Context, Template
from django.utils import translation

from crm.core import display
from crm.core.dates import FIRST_DAY, business_today
from crm.core.display import isodate
from crm.core.widgets import DayField, MoneyField, PastDayField, PercentField, QuantityField, WholeField


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1234567.5"), "1,234,567.50"),
        (Decimal("-1234.5"), "-1,234.50"),
        (Decimal("0.00"), "–"),
        (Decimal("-0.004"), "–"),
        (Decimal("0.005"), "0.01"),
        (Decimal("9999999999999999.99"), "9,999,999,999,999,999.99"),
        (7, "7.00"),
        (None, ""),
        ("", ""),
    ],
)
def test_money(value: object, shown: str) -> None:
    assert Template("{{ x|money }}").render(Context({"x": value})) == shown


@pytest.mark.parametrize("value", [1.5, True])
def test_money_refuses_what_is_not_decimal(value: object) -> None:
    with pytest.raises(TypeError, match="money is Decimal"):
        display.money(value)


def test_short_money_counts_in_the_readers_units() -> None:
    with translation.override("zh-hans"):
        assert display.money_short(Decimal(123456789)) == "1.2亿"
        assert display.money_short(Decimal(-45678)) == "-4.6万"
    with translation.override("en"):
        assert display.money_short(Decimal(1234567)) == "1.2M"
        assert display.money_short(Decimal(999)) == "999"


def test_a_moment_is_shown_in_the_business_time_zone() -> None:
    late = dt.datetime(2026, 11, 22, 17, 30, tzinfo=ZoneInfo("UTC"))
    assert display.isodate(late) == "2026-11-23"
    assert display.isotime(late) == "2026-11-23 01:30"
    assert display.isodate(dt.date(2026, 1, 2)) == "2026-01-02"
    assert display.isodate(None) == ""


def test_a_badge_always_has_its_word_and_escapes_it() -> None:
    html = Template('{% badge label "danger" %}').render(Context({"label": "<late>"}))
    assert html == '<span class="state state-danger">&lt;late&gt;</span>'
    assert "state-neutral" in display.badge_html("x", "pink")


@pytest.mark.parametrize(
    ("used", "limit", "tone", "value"),
    [
        ("50", "100", "success", 50),
        ("81", "100", "warning", 81),
        ("120", "100", "danger", 100),
        ("5", "0", "danger", 100),
    ],
)
def test_a_bar_warns_before_the_limit_and_stops_at_it(used: str, limit: str, tone: str, value: int) -> None:
    html = Template("{% share_bar used limit %}").render(Context({"used": Decimal(used), "limit": Decimal(limit)}))
    assert f"bar-{tone}" in html
    assert f'value="{value}"' in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("1,234,567.5", "1234567.50"),
        ("1\u00a0234,567", "1234567.00"),
        ("-.5", "-0.50"),
        ("\uff11\uff12\uff0e\uff15", "12.50"),
        (" 12 000 ", "12000.00"),
        ("\u22125.00", "-5.00"),
    ],
)
def test_amounts_are_understood_as_people_type_them(typed: str, amount: str) -> None:
    assert MoneyField().clean(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "abc",
        "NaN",
        "Infinity",
        "1.234",
        "1e30",
        "1e5",
        "1,23",
        "1,2345",
        "12,34,567",
        "1234,567.5",
        "1.000,50",
        "1,,000",
        "--5",
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        MoneyField().clean(typed)


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        (DayField(), "1989-12-31", "too_early"),
        (DayField(), "2200-01-01", "too_late"),
        (DayField(), "9999-12-31", "too_late"),
        (PastDayField(), "1900-01-01", "too_early"),
        (PastDayField(), isodate(business_today() + dt.timedelta(1)), "too_late"),
    ],
)
def test_a_day_outside_of_any_business_is_refused(field: DayField, typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    assert refused.value.code == code


def test_what_happened_today_is_posted_today() -> None:
    today = business_today()
    assert PastDayField().clean(isodate(today)) == today
    assert DayField().clean("1990-01-01") == FIRST_DAY
    assert DayField(required=False).clean("") is None


@pytest.mark.parametrize(
    ("typed", "quantity"), [("1,234.5", "1234.5"), ("１２0.125", "120.125"), ("1 000", "1000"), ("0.001", "0.001")]
)
def test_a_quantity_is_read_as_an_amount_is_with_three_places(typed: str, quantity: str) -> None:
    assert QuantityField().clean(typed) == Decimal(quantity)


@pytest.mark.parametrize("typed", ["1,23", "1e5", "0.0001", "NaN", "twelve"])
def test_a_quantity_that_reads_in_two_ways_or_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        QuantityField().clean(typed)


@pytest.mark.parametrize(
    ("quantity", "shown"), [("1234.500", "1,234.5"), ("120.000", "120"), ("1000", "1,000"), ("0.125", "0.125")]
)
def test_a_quantity_is_shown_with_the_places_it_needs(quantity: str, shown: str) -> None:
    assert QuantityField().widget.format_value(Decimal(quantity)) == shown


@pytest.mark.parametrize(
    ("field", "typed", "english", "chinese"),
    [
        (WholeField(), "ten", "Enter a whole number.", "请输入整数。"),
        (WholeField(), "1.5", "Enter a whole number.", "请输入整数。"),
        (WholeField(min_value=1), "0", "It cannot be below 1.", "不能小于 1。"),
        (WholeField(max_value=20), "21", "It cannot be above 20.", "不能大于 20。"),
        (PercentField(), "much", "Enter a percentage such as 12.5.", "请输入百分比，例如 12.5。"),
        (PercentField(min_value=0), "-1", "It cannot be below 0.", "不能小于 0。"),
        (PercentField(max_value=100), "101", "It cannot be above 100.", "不能大于 100。"),
        (PercentField(), "1.005", "At most 2 decimal places are taken.", "最多填写 2 位小数。"),
        (MoneyField(min_value=0), "-1", "It cannot be below 0.", "不能小于 0。"),
        (MoneyField(max_value=1000), "1001", "It cannot be above 1,000.", "不能大于 1,000。"),
    ],
)
def test_whatever_a_figure_counts_it_is_refused_in_the_same_words(
    field: Field, typed: str, english: str, chinese: str
) -> None:
    for language, said in (("en", english), ("zh-hans", chinese)):
        with translation.override(language), pytest.raises(ValidationError) as refused:
            field.clean(typed)
        with translation.override(language):
            assert refused.value.messages == [said]
