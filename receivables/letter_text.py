"""The words of a letter: text with variables in braces, such as 'Dear {contact}', each of a type of its own.

Pure: no database, no clock. A template is checked when it is saved, so that no letter fails at night for a misspelt
variable; what a variable stands for is plain text and is never read again.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.core.display import money

ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


@dataclass(frozen=True)
class Variable:
    """What stands in braces: a kind (text, date, sums, number) and what it means to who writes the template."""

    kind: str
    meaning: str | Promise


VARIABLES: Mapping[str, Variable] = {
    "customer": Variable("text", _("name of the customer")),
    "contact": Variable("text", _("contact of the customer; the customer's name where none is known")),
    "entity": Variable("text", _("legal entity that writes")),
    "number": Variable("text", _("number of the letter")),
    "on": Variable("date", _("date of the letter")),
    "total": Variable("sums", _("what is asked for, a sum for each currency")),
    "count": Variable("number", _("number of items listed")),
    "oldest_due_on": Variable("date", _("due date of the oldest item")),
    "oldest_days": Variable("number", _("days the oldest item is overdue")),
    "pay_by": Variable("date", _("last day to pay that the letter grants")),
    "owner": Variable("text", _("name of the customer's owner in the house")),
}


def names_in(text: str) -> list[str]:
    """The variables a text names, in order, known or not."""
    return [found[1] for found in BRACES.finditer(text) if found[1] is not None]


def check_template(text: str) -> None:
    """Refuse a text that names what no letter knows. Raises ValidationError."""
    problems: list[ValidationError] = []
    for found in BRACES.finditer(text):
        name = found[1]
        if name is None:
            line = text.count("\n", 0, found.start()) + 1
            problems.append(ValidationError(_("Line %(line)s has a brace too many or too few."), params={"line": line}))
        elif name not in VARIABLES:
            problems.append(
                ValidationError(
                    _("{%(name)s} is not known. A letter knows: %(known)s."),
                    code="unknown_variable",
                    params={"name": name, "known": _(", ").join(f"{{{each}}}" for each in VARIABLES)},
                )
            )
    if problems:
        raise ValidationError(problems)


def fill(text: str, values: Mapping[str, Any], *, language: str) -> str:
    """The text with its variables written out in the language of the letter. What is filled in is not read again."""
    return BRACES.sub(lambda found: write(found[1] or "", values, language) or found[0], text)


def write(name: str, values: Mapping[str, Any], language: str) -> str:
    variable = VARIABLES.get(name)
    value = values.get(name)
    if variable is None or value is None:
        return ""
    if variable.kind == "date":
        return long_date(value, language)
    if variable.kind == "sums":
        return sums(value, language)
    return str(value)


def is_chinese(language: str) -> bool:
    return language.startswith("zh")


def long_date(day: dt.date, language: str) -> str:
    """'2026年11月22日' or '22 November 2026'."""
    if is_chinese(language):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def sums(amounts: Sequence[tuple[str, Decimal]], language: str) -> str:
    """'CNY 1,234.50 and USD 30.00'."""
    each = [f"{currency} {money(amount)}" for currency, amount in amounts]
    if is_chinese(language):
        return "、".join(each)
    return " and ".join([", ".join(each[:-1]), each[-1]] if len(each) > 1 else each)
