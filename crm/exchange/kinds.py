"""Kinds of import: their fields, their options, and how an app compares and applies rows of its own.

An app registers an ImportKind when Django starts. Reading, mapping, staging, the dry run and its report are the same
for all kinds; what a row means is the planner's part.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.core.registry import registry
from crm.exchange.errors import OptionInvalid
from crm.exchange.issues import Issue
from crm.exchange.parsers import Parser

Text = str | Promise


class RowStatus(models.TextChoices):
    """What the dry run found out about a row."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    FAULTY = "faulty", _("Faulty")


class ValueKind(StrEnum):
    """How a parsed value is kept in the staging row and read back."""

    TEXT = "text"
    MONEY = "money"
    QUANTITY = "quantity"  # any other figure with decimals
    DATE = "date"
    NUMBER = "number"
    YES = "yes"


@dataclass(frozen=True)
class FieldSpec:
    """One thing a row can say. `aliases` are heads people use for it, in English and Chinese."""

    key: str
    label: Text
    parser: Parser
    aliases: Sequence[str] = ()
    kind: ValueKind = ValueKind.TEXT
    required: bool = False
    help: Text = ""
    example: str = ""

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The label in every language: a file may come from somebody who works in another one."""
        found = []
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                found.append(str(self.label))
        return tuple(found)


@dataclass(frozen=True)
class OptionSpec:
    """A choice of the user for the whole file. `choices` None is free text, a whole number, or yes and no."""

    key: str
    label: Text
    default: str = ""
    kind: str = "choice"  # choice, text, number, yes
    choices: Callable[[], Sequence[tuple[str, Text]]] | None = None
    help: Text = ""
    required: bool = False

    def clean(self, value: Any) -> str:
        """The value as it is kept. Raises OptionInvalid."""
        text = str(value).strip()
        if self.kind == "yes":
            if text.lower() in {"1", "yes", "true", "on", "y"}:
                return "1"
            if text.lower() in {"", "0", "no", "false", "off", "n"}:
                return ""
            raise OptionInvalid(option=self.key, value=text)
        if not text:
            return "" if not self.required else self.default
        if self.kind == "number" and not (text.isdecimal() and len(text) < 5):
            raise OptionInvalid(option=self.key, value=text)
        if self.kind == "choice" and self.choices and text not in {str(key) for key, _label in self.choices()}:
            raise OptionInvalid(option=self.key, value=text)
        if self.kind == "text" and len(text) > 40:
            raise OptionInvalid(option=self.key, value=text)
        return text


DECIMAL = OptionSpec(
    "decimal",
    _("Decimals in text are written with"),
    "point",
    choices=lambda: [("point", _("a point: 1,234.50")), ("comma", _("a comma: 1.234,50"))],
    required=True,
)
DATE_ORDER = OptionSpec(
    "date_order",
    _("Dates such as 05/11/2026"),
    "ymd",
    choices=lambda: [
        ("ymd", _("are refused as unclear")),
        ("dmy", _("day first: 5 November")),
        ("mdy", _("month first: 11 May")),
    ],
    help=_("2026-11-05, 2026/11/5, 20261105, 2026年11月5日 and date cells are always understood."),
    required=True,
)
ZEROS = OptionSpec(
    "zeros",
    _("Zeros in front of customer numbers"),
    "keep",
    choices=lambda: [("keep", _("keep")), ("strip", _("strip")), ("pad", _("fill up to a width"))],
    help=_("Choose the same for every file of one source, or one customer becomes two."),
    required=True,
)
ZEROS_WIDTH = OptionSpec("zeros_width", _("Width to fill up to"), "10", kind="number")
SOURCE = OptionSpec(
    "source",
    _("Name of the source"),
    "",
    kind="text",
    help=_("Customers are also found by the number they carry in this source, such as 'sap'."),
)
AUTOMATIC = "auto"
ENCODING = OptionSpec(
    "encoding",
    _("Encoding of the text"),
    AUTOMATIC,
    choices=lambda: [
        (AUTOMATIC, _("found out")),
        ("utf-8-sig", "UTF-8"),
        ("gb18030", "GB18030"),
        ("cp1252", "Windows-1252"),
    ],
    help=_("For text files whose letters come out wrong: Windows-1252 is usual in western Europe, GB18030 in China."),
    required=True,
)
COMMON_OPTIONS = (DECIMAL, DATE_ORDER, ENCODING)


def chosen_encoding(options: Mapping[str, str]) -> str:
    """The encoding the options name; empty when it is to be found out."""
    chosen = options.get(ENCODING.key, AUTOMATIC)
    return "" if chosen == AUTOMATIC else chosen


@dataclass
class ParsedRow:
    """A staged row: its number in the file, its parsed values, its natural key, and what is known about it."""

    number: int
    data: dict[str, Any]
    key: str = ""
    status: str = RowStatus.NEW
    issues: list[Issue] = field(default_factory=list)

    def fail(self, code: str, field_key: str = "", value: Any = "", /, **params: Any) -> None:
        """Note an error: the row is faulty."""
        self.issues.append(Issue(code, field_key, str(value), params))
        self.status = RowStatus.FAULTY

    def warn(self, code: str, field_key: str = "", value: Any = "", /, **params: Any) -> None:
        """Note a warning: the row stays what it is."""
        self.issues.append(Issue(code, field_key, str(value), params))


@dataclass(frozen=True)
class Values:
    """All rows of the file seen together: the distinct values of one field, or of several (set-based, in the database).

    Faulty rows are left out: what they say counts for nothing. `broken` tells what they belong to: the values of some
    fields in rows that could not be read, with the first such row.
    """

    distinct: Callable[[str], list[str]]
    tally: Callable[[Sequence[str]], list[tuple[tuple[str, ...], int, int]]]  # (values, rows, first row)
    broken: Callable[[Sequence[str]], dict[tuple[str, ...], int]]


class Planner(ABC):
    """Compares rows with what exists, and applies them. One planner lives for one dry run or one apply."""

    def __init__(self, *, options: Mapping[str, str], actor: Any, today: dt.date, values: Values) -> None:
        self.options, self.actor, self.today, self.values = options, actor, today, values

    def lock(self) -> None:  # noqa: B027
        """Keep others off what an apply looks up, until its transaction ends; a dry run waits for nobody."""

    @abstractmethod
    def prepare(self) -> None:
        """Look up, in a few statements, whatever the whole file refers to."""

    @abstractmethod
    def compare(self, rows: Sequence[ParsedRow]) -> None:
        """Set status and issues of a chunk of rows that could be read."""

    @abstractmethod
    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        """Write the new and changed rows through the bulk services, inside the caller's transaction; returns counts."""

    def notes(self) -> dict[str, int]:
        """Figures about the whole file worth showing, such as customers that will be created."""
        return {}


@dataclass(frozen=True)
class ImportKind:
    """What can be imported: open invoices, receipts. `key_of` is the natural key of a row from its parsed values.

    With `repeats` rows without a number of their own are told apart by their content and its count, so that equal rows
    are documents of their own; otherwise a second row with the same key is faulty. `check` is pure and sees one row.
    """

    key: str
    label: Text
    fields: Sequence[FieldSpec]
    planner: type[Planner]
    key_of: Callable[[dict[str, Any], Mapping[str, str]], str]
    permission: str
    options: Sequence[OptionSpec] = ()
    check: Callable[[ParsedRow, Mapping[str, str]], None] | None = None
    repeats: Callable[[dict[str, Any], Mapping[str, str]], bool] | None = None
    note_labels: Callable[[], dict[str, Text]] = dict
    links: Callable[[], Sequence[tuple[Text, str]]] = tuple  # (label, url name) of lists to look at afterwards
    help: Text = ""
    order: int = 100

    @property
    def all_options(self) -> tuple[OptionSpec, ...]:
        return (*COMMON_OPTIONS, *self.options)

    def field(self, key: str) -> FieldSpec:
        return next(spec for spec in self.fields if spec.key == key)

    def clean_options(self, options: Mapping[str, Any]) -> dict[str, str]:
        """Known options with their defaults. Raises OptionInvalid."""
        known = {spec.key: spec for spec in self.all_options}
        for key in options:
            if key not in known:
                raise OptionInvalid(option=key, value=options[key])
        return {key: spec.clean(options.get(key, spec.default)) for key, spec in known.items()}


def register_import_kind(*kinds: ImportKind) -> None:
    """Register kinds of import; a key that is already taken is a mistake of the programmer."""
    for kind in kinds:
        if kind.key in registry.import_kinds:
            raise ValueError(f"import kind {kind.key!r} is registered twice")
        registry.import_kinds[kind.key] = kind


def import_kind(key: str) -> ImportKind | None:
    found: Any = registry.import_kinds.get(key)
    return found if isinstance(found, ImportKind) else None


def kinds_for(user: Any) -> Iterator[ImportKind]:
    """What this user may import."""
    for kind in sorted(registry.import_kinds.values(), key=lambda kind: kind.order):
        if user.has_perm(kind.permission):
            yield kind


def to_json(kind: ValueKind, value: Any) -> Any:
    """A parsed value as it is kept in the staging row."""
    if kind in (ValueKind.MONEY, ValueKind.QUANTITY):
        return str(value)
    if kind is ValueKind.DATE:
        return value.isoformat()
    return value


def from_json(kind: ValueKind, value: Any) -> Any:
    if value is None:
        return None
    if kind in (ValueKind.MONEY, ValueKind.QUANTITY):
        return Decimal(value)
    if kind is ValueKind.DATE:
        return dt.date.fromisoformat(value)
    return value
