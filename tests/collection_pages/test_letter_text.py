"""The words of a letter: what a template may say is checked when it is saved, what is filled in is plain text."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from receivables.letter_text import VARIABLES, check_template, fill, long_date, sums

VALUES = {
    "customer": "{total} 有限公司",
    "total": [("CNY", Decimal("1234.50")), ("EUR", Decimal("7.00")), ("USD", Decimal("30.00"))],
    "on": dt.date(2026, 1, 5),
    "oldest_days": 0,
}


def test_a_template_may_name_every_known_variable() -> None:
    check_template(" ".join(f"{{{name}}}" for name in VARIABLES))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Dear {kontact}", "{kontact} is not known. A letter knows: {customer}, {contact}"),
        ("Dear {customer.owner.password}", "{customer.owner.password} is not known"),
        ("Dear {Customer}", "{Customer} is not known"),
        ("Dear { customer }", "{ customer } is not known"),
        ("Dear {}", "{} is not known"),
        ("Pay\nby {pay_by", "Line 2 has a brace too many or too few."),
        ("Pay by pay_by}", "Line 1 has a brace too many or too few."),
    ],
)
def test_what_no_letter_knows_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        check_template(text)
    assert message in refused.value.messages[0]


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        check_template("{a} {b} {")
    assert len(refused.value.messages) == 3


def test_what_is_filled_in_is_never_read_again() -> None:
    assert fill("Dear {customer}", VALUES, language="en") == "Dear {total} 有限公司"


def test_dates_and_sums_are_written_in_the_language_of_the_letter() -> None:
    text = "{on}: {total}, {oldest_days}"
    assert fill(text, VALUES, language="en") == "5 January 2026: CNY 1,234.50, EUR 7.00 and USD 30.00, 0"
    assert fill(text, VALUES, language="zh-hans") == "2026年1月5日: CNY 1,234.50、EUR 7.00、USD 30.00, 0"
    assert sums([("CNY", Decimal(1))], "en") == "CNY 1.00"
    assert long_date(dt.date(2026, 12, 31), "en") == "31 December 2026"
