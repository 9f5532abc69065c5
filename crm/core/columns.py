"""Columns of lists: what a cell shows, how it sorts, what it adds up to. Used by pages and exports alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from typing import Any

from django.db.models import Expression, F

from crm.core import display
from crm.core.display import Text
from crm.core.registry import ListColumn

# What these give holds nothing that would have to be escaped.
FORMATS: dict[str, Callable[[Any], str]] = {
    "money": display.money,
    "number": display.number,
    "percent": display.percent,
    "date": display.isodate,
    "datetime": display.isotime,
}
NUMERIC = {"money", "number", "percent"}


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a list; there is one object of each.

    `value` is an attribute path ('customer.name') or a callable of the row; the key when empty. A badge shows a
    `Badge` or the state field it names. `annotate(user)` gives expressions applied only where the column is shown,
    sorted or filtered on; a cell that reads none of them says so with `reads_annotation`. `total` sums the column (a
    name when the summed field is called otherwise). `wraps`: long text is shown on several lines instead of being cut.
    """

    key: str
    label: Text
    kind: str = "text"  # text, money, number, percent, date, datetime, badge; buttons, which are not exported
    value: str | Callable[[Any], Any] = ""
    url: Callable[[Any], str] | None = None
    detail: Callable[[Any], Any] | None = None  # a quiet second line
    order_by: str | Sequence[str] = ()
    total: bool | str = False
    permission: str | None = None
    annotate: Callable[[Any], dict[str, Expression]] | None = None
    reads_annotation: bool = True  # False where only sorting, totals and filters need what is annotated
    related: Sequence[str] = ()  # select_related paths the cell reads
    export_with: Sequence["Column"] = ()  # what an export adds behind it, such as the number to a name
    filters: Callable[[], dict[str, Any]] = dict
    default: bool = True
    help: Text = ""
    wraps: bool = False  # sentences that are read in the list: shown whole, on several lines

    @cached_property
    def numeric(self) -> bool:
        return self.kind in NUMERIC

    @cached_property
    def css(self) -> str:
        """Class of head and cells: figures stand right, dates do not wrap, long text is cut with dots or wraps."""
        if self.wraps:
            return "text text-wraps"
        if self.kind == "buttons":
            return "buttons"
        return "num" if self.numeric else "nowrap" if self.kind in {"date", "datetime", "badge"} else "text"

    @cached_property
    def order(self) -> tuple[str, ...]:
        return (self.order_by,) if isinstance(self.order_by, str) else tuple(self.order_by)

    def ordering(self, descending: bool) -> list[Any]:
        """What the database sorts by; computed columns put what is not known last either way."""
        if self.annotate is None:
            return [f"-{name}" if descending else name for name in self.order]
        return [F(name).desc(nulls_last=True) if descending else F(name).asc(nulls_last=True) for name in self.order]

    @cached_property
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

    def cell(self, row: Any) -> str:
        """The value as the table shows it, as HTML."""
        value, linked = self.raw(row), False
        if value is None:
            shown = ""
        elif self.kind in FORMATS:
            shown = FORMATS[self.kind](value)
            if self.kind == "money" and value < 0:
                shown = f'<span class="amount-negative">{shown}</span>'
        else:
            shown = display.escaped(value)
        if self.url is not None and value not in (None, "") and (address := self.url(row)):
            shown, linked = f'<a href="{escape(address)}">{shown}</a>', True
        if self.detail is not None and (more := self.detail(row)) not in (None, ""):
            if self.css == "text" and shown and not linked:
                shown = f"<span>{shown}</span>"  # the two stand apart only where each is an element
            shown += f'<span class="cell-detail">{display.escaped(more)}</span>'
            if self.css == "text":
                shown = f'<div class="pair">{shown}</div>'
        return shown


@cache
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
    query: str  # the query string a click leads to, empty when the column does not sort
    direction: str  # ascending, descending, or empty


def row_html(row: Any, columns: Sequence[Column], url: str, css: str, tick: str, *, labelled: bool = False) -> str:
    """One line of the table, behind `tick`, the cell with the box that chooses it (TICK). All parts are escaped.

    `labelled` cells bear the head of their column, which a phone shows where the row stands as a card.
    """
    parts = ["<tr"]
    if url:
        parts.append(f' data-href="{escape(url)}"')
    if css:
        parts.append(f' class="{escape(css)}"')
    parts.append(">")
    parts.append(tick)
    for column in columns:
        label = f' data-label="{escape(str(column.label))}"' if labelled else ""
        parts.append(f'<td class="{column.css}"{label}>{column.cell(row)}</td>')
    parts.append("</tr>")
    return "".join(parts)


TICK = (
    '<td class="tick"><input class="form-check-input" type="checkbox" name="ids" value="{}" form="bulk-form" data-tick'
    ' aria-label="{}"></td>'
)
