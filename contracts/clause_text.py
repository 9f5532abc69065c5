"""The words of a clause: text with typed variables in double braces, and the condition under which it is used.

Pure: no database, no clock, and no template engine. A text is read once: what a variable stands for is plain text and
never read again, so a customer who is called '{{ contract.amount }}' or '{% if %}' is printed under just that name.
"""

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.amount_words import currency_name, in_words
from crm.core.display import figure

Text = str | Promise
NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?"
VARIABLE = re.compile(r"\{\{\s*(" + NAME + r")\s*\}\}")
MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
CONDITION = re.compile(
    r"^\s*(?P<negated>not\s+)?(?P<name>" + NAME + r")\s*"
    r"(?:(?P<sign>==|!=|>=|<=|>|<)\s*(?P<value>-?\d+(?:\.\d+)?|'[^']*'|\"[^\"]*\"))?\s*$"
)
KINDS = ("text", "number", "money", "date")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """What stands in braces: its kind and what it means to who writes the template."""

    kind: str  # text, number, money, date, words
    meaning: Text


KNOWN: Mapping[str, Variable] = {
    "seller.name": Variable("text", _("name of the legal entity that sells")),
    "seller.uscc": Variable("text", _("registration code of the legal entity")),
    "seller.address": Variable("text", _("address of the legal entity")),
    "seller.bank": Variable("text", _("bank details of the legal entity")),
    "seller.signatory": Variable("text", _("who signs for us")),
    "seller.authority": Variable("text", _("authority of who signs for us")),
    "customer.name": Variable("text", _("legal name of the customer")),
    "customer.uscc": Variable("text", _("registration code of the customer")),
    "customer.address": Variable("text", _("address of the customer")),
    "customer.representative": Variable("text", _("legal representative of the customer")),
    "customer.signatory": Variable("text", _("who signs for the customer")),
    "customer.authority": Variable("text", _("authority of who signs for the customer")),
    "contract.number": Variable("text", _("number of the contract")),
    "contract.currency": Variable("currency", _("currency of the contract")),
    "contract.amount": Variable("money", _("amount of the contract, in figures")),
    "contract.amount_in_words": Variable("words", _("amount of the contract, in words")),
    "contract.starts_on": Variable("date", _("first day of the contract")),
    "contract.ends_on": Variable("date", _("last day of the contract")),
    "account.term_days": Variable("number", _("term in days")),
    "account.settlement": Variable("text", _("settlement agreed")),
    "account.instruments": Variable("text", _("payment forms agreed")),
    "account.limit": Variable("money", _("credit limit of the customer")),
    "lines.count": Variable("number", _("number of lines")),
}


@dataclass(frozen=True)
class Written:
    """A clause with its variables written out; `unresolved` names those that stand for nothing yet."""

    text: str
    unresolved: tuple[str, ...]


def names_in(text: str) -> list[str]:
    """The variables a text names, each once, in order."""
    return list(dict.fromkeys(found[1] for found in VARIABLE.finditer(text)))


def known_names(own: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Kind of every variable that a version with these variables of its own may name."""
    return {name: variable.kind for name, variable in KNOWN.items()} | {
        str(variable["name"]): str(variable["kind"]) for variable in own
    }


def problems_in(text: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with a text: ('unknown', name) and ('mark', '{%') for marks that mean nothing here."""
    found = [("unknown", name) for name in names_in(text) if name not in known]
    rest = VARIABLE.sub("", text)
    return found + [("mark", mark) for mark in dict.fromkeys(MARKS.findall(rest))]


def condition_problem(condition: str, known: Mapping[str, str]) -> str:
    """Why a condition cannot be read: 'condition', 'unknown', or '' when it can."""
    if not condition.strip():
        return ""
    found = CONDITION.match(condition)
    if found is None:
        return "condition"
    return "" if found["name"] in known else "unknown"


def own_problems(own: Any) -> list[str]:
    """Names of a version's own variables that are not fit: misspelt, of no known kind, or taken."""
    if not isinstance(own, list):
        return ["?"]
    bad: list[str] = []
    seen: set[str] = set()
    for variable in own:
        name = str(variable.get("name", "")) if isinstance(variable, dict) else ""
        fits = (
            isinstance(variable, dict)
            and re.fullmatch(r"[a-z][a-z0-9_]*", name)
            and variable.get("kind") in KINDS
            and variable.get("label_zh")
            and variable.get("label_en")
            and name not in seen
        )
        seen.add(name)
        if not fits:
            bad.append(name or "?")
    return bad


def write(
    text: str,
    values: Mapping[str, Any],
    kinds: Mapping[str, str],
    *,
    language: str,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> Written:
    """The text with its variables written out in the language of the contract.

    What is missing stands in brackets, by what it means (`labels`) where that is known.
    """
    unresolved: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        name = found[1]
        word = in_language(values.get(name), kinds.get(name, ""), values, language)
        if word == "":
            unresolved[name] = None
            label = labels.get(name, name)
            return f"［{label}］" if language == "zh" else f"[{label}]"
        return word

    written = VARIABLE.sub(put, text)
    return Written(written, tuple(unresolved))


def in_language(value: Any, kind: str, values: Mapping[str, Any], language: str) -> str:
    """A value as the contract prints it; '' where there is none or its kind is not known."""
    if value is None or value == "" or not kind:
        return ""
    if kind == "date":
        day = as_date(value)
        return long_date(day, language) if day else ""
    if kind == "currency":
        return currency_name(str(value), language)
    if kind in ("money", "words"):
        amount = as_amount(value)
        if amount is None:
            return ""
        if kind == "money":
            return figure(amount)
        return in_words(amount, currency=str(values.get("contract.currency", "")), language=language)
    return str(value)


def as_date(value: Any) -> dt.date | None:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def as_amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def long_date(day: dt.date, language: str) -> str:
    """'2026年11月22日' or '22 November 2026'."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def holds(condition: str, values: Mapping[str, Any]) -> bool:
    """Whether a clause with this condition is used; one that cannot be read is used, so that nothing is left out."""
    if not condition.strip():
        return True
    found = CONDITION.match(condition)
    if found is None:
        return True
    value = values.get(found["name"])
    if found["sign"] is None:
        there = bool(value)
        return not there if found["negated"] else there
    answer = compare(value, found["sign"], found["value"])
    return not answer if found["negated"] else answer


def compare(value: Any, sign: str, literal: str) -> bool:
    """A value against a number, or against a text in quotes."""
    left: Any
    right: Any
    if literal[0] in "'\"":
        left, right = str(value if value is not None else ""), literal[1:-1]
        return left == right if sign == "==" else left != right if sign == "!=" else False
    left, right = as_amount(value), Decimal(literal)
    if left is None:
        return sign == "!="
    return {
        "==": left == right, "!=": left != right, ">": left > right,
        "<": left < right, ">=": left >= right, "<=": left <= right,
    }[sign]  # fmt: skip


def sides(text: str) -> list[str]:
    """A text in pieces a redline compares: words and numbers of Latin script, single signs of Chinese."""
    return re.findall(r"\{\{[^}]*\}\}|[A-Za-z0-9_'.,-]+|\s+|.", text, re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A stretch of a redline: kept, taken out (`del`) or put in (`ins`)."""

    how: str  # "", "del", "ins"
    text: str


def redline(before: str, after: str) -> Sequence[Piece]:
    """What was taken out of and put into a text, in order."""
    old, new = sides(before), sides(after)
    pieces: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("", "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece("del", "".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece("ins", "".join(new[new_from:new_to])))
    return pieces
