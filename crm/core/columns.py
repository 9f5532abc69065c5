"""Columns of lists: what a cell shows, how it sorts, what it adds up to. Used by pages and exports alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Expression, F
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crm.core import display
from crm.core.display import Text
from crm.core.registry import ListColumn

FORMATS: dict[str, Callable[[Any], str]] = {
    "money": display.money,
    "number": display.number,
    "percent": display.percent,
    "date": display.isodate,
    "datetime": display.isotime,
}
NUMERIC = {"money", "number", "percent"}


@dataclass(frozen=True)
class Column:
    """One column of a list.

    `value` is an attribute path ('customer.name') or a callable of the row; the key when empty. A badge shows a
    `Badge` or the state field it names. `annotate(user)` gives expressions applied only where the column is shown,
    sorted or filtered on. `total` sums the column (a name when the summed field is called otherwise).
    """

    key: str
    label: Text
    kind: str = "text"  # text, money, number, percent, date, datetime, badge
    value: str | Callable[[Any], Any] = ""
    url: Callable[[Any], str] | None = None
    detail: Callable[[Any], Any] | None = None  # a quiet second line
    order_by: str | Sequence[str] = ()
    total: bool | str = False
    permission: str | None = None
    annotate: Callable[[Any], dict[str, Expression]] | None = None
    related: Sequence[str] = ()  # select_related paths the cell reads
    filters: Callable[[], dict[str, Any]] = dict
    default: bool = True
    help: Text = ""

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC

    @property
    def css(self) -> str:
        """Class of head and cells: figures stand right, dates do not wrap, long text is cut with dots."""
        return "num" if self.numeric else "nowrap" if self.kind in {"date", "datetime", "badge"} else "text"

    @property
    def order(self) -> tuple[str, ...]:
        return (self.order_by,) if isinstance(self.order_by, str) else tuple(self.order_by)

    def ordering(self, descending: bool) -> list[Any]:
        """What the database sorts by; computed columns put what is not known last either way."""
        if self.annotate is None:
            return [f"-{name}" if descending else name for name in self.order]
        return [F(name).desc(nulls_last=True) if descending else F(name).asc(nulls_last=True) for name in self.order]

    @property
    def total_name(self) -> str:
        """The field or annotation that is summed."""
        if isinstance(self.total, str):
            return self.total
        return (self.value if isinstance(self.value, str) and self.value else self.key).replace(".", "__")

    def raw(self, row: Any) -> Any:
        """The value itself, as an export writes it."""
        if callable(self.value):
            return self.value(row)
        path = self.value or self.key
        if self.kind == "badge":
            return display.state_badge(row, path) if isinstance(getattr(row, path), str) else getattr(row, path)
        for name in path.split("."):
            row = getattr(row, name, None)
            if row is None:
                return None
        return row

    def cell(self, row: Any) -> SafeString:
        """The value as the table shows it."""
        value = self.raw(row)
        if value is None:
            html: SafeString = mark_safe("")
        elif self.kind in FORMATS:
            html = conditional_escape(FORMATS[self.kind](value))
            if self.kind == "money" and value < 0:
                html = format_html('<span class="amount-negative">{}</span>', html)
        else:
            html = conditional_escape(value)
        if self.url is not None and value not in (None, "") and (address := self.url(row)):
            html = format_html('<a href="{}">{}</a>', address, html)
        if self.detail is not None and (more := self.detail(row)) not in (None, ""):
            html = format_html('{}<span class="cell-detail">{}</span>', html, more)
        return html


def registered_column(column: ListColumn) -> Column:
    """A column another app registered for the customer list, as a column like any other."""
    return Column(
        key=column.key,
        label=column.label,
        kind=column.kind,
        value=column.value,
        order_by=column.order_by or (),
        total=column.total,
        permission=column.permission,
        annotate=column.annotate,
        filters=column.filters,
        default=column.default,
    )


@dataclass(frozen=True)
class Head:
    """The head of one shown column: its label and what a click sorts by."""

    column: Column
    sort: str  # value of ?sort= a click leads to, empty when it does not sort
    direction: str  # ascending, descending, or empty


@dataclass(frozen=True)
class Row:
    """One line of the table: `cells` are ready to print, in one piece, since a page has hundreds of them."""

    pk: Any
    url: str
    cells: SafeString
    css: str = ""


def cells_of(row: Any, columns: Sequence[Column]) -> SafeString:
    """The cells of a row; every `Column.cell` is escaped, the classes are ours."""
    return mark_safe("".join([f'<td class="{column.css}">{column.cell(row)}</td>' for column in columns]))  # noqa: S308
