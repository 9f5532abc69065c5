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
from customers.rules import ABROAD, COMPANY, HERE, PERSON

Text = str | Promise
NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?"
VARIABLE = re.compile(r"\{\{\s*(" + NAME + r")\s*\}\}")
MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
CONDITION = re.compile(
    r"^\s*(?P<negated>not\s+)?(?P<name>" + NAME + r")\s*"
    r"(?:(?P<sign>==|!=|>=|<=|>|<)\s*(?P<value>-?\d+(?:\.\d+)?|'[^']*'|\"[^\"]*\"))?\s*$"
)
FIGURES = ("number", "money", "words")  # kinds that are compared with a number
KINDS = ("text", "number", "money", "date")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


SETTLEMENTS = ("cash", "rolling", "monthly", "quarterly", "yearly", "floor_stock", "consignment")


@dataclass(frozen=True)
class Variable:
    """What stands in braces: its kind and what it means to who writes the template."""

    kind: str  # text, number, money, base_money (in base currency), date, words, currency, code
    meaning: Text
    codes: tuple[str, ...] = ()  # what a condition compares it with, whatever the language of the contract


KNOWN: Mapping[str, Variable] = {
    "seller.name": Variable("text", _("name of the legal entity that sells")),
    "seller.uscc": Variable("text", _("registration code of the legal entity")),
    "seller.address": Variable("text", _("address of the legal entity")),
    "seller.bank": Variable("text", _("bank details of the legal entity")),
    "seller.signatory": Variable("text", _("who signs for us")),
    "seller.authority": Variable("text", _("authority of who signs for us")),
    "customer.name": Variable("text", _("legal name of the customer")),
    "customer.form": Variable("code", _("what the customer is, for conditions only"), (COMPANY, ABROAD, PERSON)),
    "customer.place": Variable("code", _("where the customer is, for conditions only"), (HERE, ABROAD)),
    "customer.uscc": Variable("text", _("registration code of the customer")),
    "customer.document": Variable(
        "text", _("number of the customer in a register, abroad too, or of an identity document")
    ),
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
    "account.settlement": Variable("code", _("settlement agreed"), SETTLEMENTS),
    "account.instruments": Variable("text", _("payment forms agreed")),
    "account.limit": Variable("base_money", _("credit limit of the customer")),
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
    """Why a condition cannot be read: 'condition', 'unknown', 'kind' (it compares with what can never be equal to, or
    in the order of, what the name stands for); '' when it can.
    """
    if not condition.strip():
        return ""
    found = CONDITION.match(condition)
    if found is None:
        return "condition"
    name, sign, literal = found["name"], found["sign"], found["value"]
    if name not in known:
        return "unknown"
    if sign is None:
        return ""
    quoted, text = literal[0] in "'\"", literal[1:-1]
    kind = known[name]
    if kind in FIGURES:
        fits = not quoted
    elif kind == "date":
        fits = quoted and as_date(text) is not None
    else:
        fits = quoted and sign in ("==", "!=")
        if fits and kind == "code":
            fits = text in KNOWN[name].codes
    return "" if fits else "kind"


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
    places: int = 2,
) -> Written:
    """The text with its variables written out in the language of the contract; `places` are those of its currency.

    What is missing stands in brackets, by what it means (`labels`) where that is known.
    """
    unresolved: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        name = found[1]
        word = in_language(values.get(name), kinds.get(name, ""), values, language, places)
        if word == "":
            unresolved[name] = None
            label = labels.get(name, name)
            return f"［{label}］" if language == "zh" else f"[{label}]"
        return word

    written = VARIABLE.sub(put, text)
    return Written(written, tuple(unresolved))


def in_language(value: Any, kind: str, values: Mapping[str, Any], language: str, places: int) -> str:
    """A value as the contract prints it; '' where there is none or its kind is not known."""
    if value is None or value == "" or not kind:
        return ""
    if kind == "date":
        day = as_date(value)
        return long_date(day, language) if day else ""
    if kind == "currency":
        return currency_name(str(value), language)
    if kind in ("money", "base_money", "words"):
        amount = as_amount(value)
        if amount is None:
            return ""
        if kind != "words":
            return figure(amount, places if kind == "money" else 2)
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


def holds(
    condition: str,
    values: Mapping[str, Any],
    kinds: Mapping[str, str] = MappingProxyType({}),
    codes: Mapping[str, str] = MappingProxyType({}),
) -> bool:
    """Whether a clause with this condition is used; one that cannot be read is used, so that nothing is left out.

    `kinds` tells figures and days from texts. `codes` stand for values that are printed in the language of the
    contract.
    """
    if not condition.strip():
        return True
    found = CONDITION.match(condition)
    if found is None:
        return True
    name = found["name"]
    value = values.get(name)
    if found["sign"] is None:
        is_figure = kinds.get(name) in FIGURES and value is not None
        there = bool(as_amount(value)) if is_figure else bool(value or codes.get(name))
        return not there if found["negated"] else there
    answer = compare(value, found["sign"], found["value"], kind=kinds.get(name, ""), code=codes.get(name))
    return not answer if found["negated"] else answer


def compare(value: Any, sign: str, literal: str, *, kind: str = "", code: str | None = None) -> bool:
    """A value against a number, or against a text or a day in quotes; a text can only be the same or another."""
    left: Any
    right: Any
    if literal[0] in "'\"":
        text = literal[1:-1]
        if kind != "date":
            same = text in (str(value if value is not None else ""), code)
            return same if sign == "==" else not same if sign == "!=" else False
        left, right = as_date(value), as_date(text)
    else:
        left, right = as_amount(value), Decimal(literal)
    if left is None or right is None:
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


SENTENCES = re.compile(r"[^.;:。；：！？!?\n]*(?:[.;:。；：！？!?\n]+\s*|$)")
FEW = 3  # so many words or signs that stayed between two changes are read as part of the change
ALIKE = 0.4  # of two sentences less alike than that, one is taken out and the other put in


def redline(before: str, after: str) -> Sequence[Piece]:
    """What was taken out of and put into a text, in order: by sentences, and inside those that are alike by words."""
    old, new = SENTENCES.findall(before), SENTENCES.findall(after)
    changes: list[tuple[str, str, str]] = []  # what stayed, or what was taken out and what was put in
    for tag, old_from, old_to, new_from, new_to in differ(old, new):
        if tag == "equal":
            changes.append(("".join(old[old_from:old_to]), "", ""))
        else:
            changes += inside("".join(old[old_from:old_to]), "".join(new[new_from:new_to]))
    return [piece for change in joined(changes) for piece in pieces_of(*change)]


def differ(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def inside(before: str, after: str) -> list[tuple[str, str, str]]:
    """What differs between two stretches of text, by words."""
    old, new = sides(before), sides(after)
    found: list[tuple[str, str, str]] = []
    kept = 0
    for tag, old_from, old_to, new_from, new_to in differ(old, new):
        out, into = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if tag != "equal":
            found.append(("", out, into))
            continue
        few = sum(not word.isspace() for word in old[old_from:old_to]) < FEW
        at_edge = old_from == 0 or old_to == len(old)
        if few and not at_edge:
            found.append(("", out, out))
        else:
            kept += len(out)
            found.append((out, "", ""))
    if kept < ALIKE * min(len(before), len(after)):
        return [("", before, after)]
    return found


def joined(changes: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Changes that follow each other as one."""
    found: list[tuple[str, str, str]] = []
    for same, out, into in changes:
        if not same and found and not found[-1][0]:
            found[-1] = ("", found[-1][1] + out, found[-1][2] + into)
        elif same and found and found[-1][0]:
            found[-1] = (found[-1][0] + same, "", "")
        elif same or out or into:
            found.append((same, out, into))
    return found


def pieces_of(same: str, out: str, into: str) -> list[Piece]:
    return [Piece(how, text) for how, text in (("", same), ("del", out), ("ins", into)) if text]
