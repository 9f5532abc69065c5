"""Trading status as a workbook: numbers as numbers, shares as shares."""

from collections.abc import Sequence
from decimal import Decimal
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _
from openpyxl import Workbook

from crm.core.display import isodate
from crm.core.money import base_currency
from crm.exchange.workbook import saved
from receivables.books.ageing import Sheet
from receivables.selectors.trading import Amounts, Period, Trading, TradingRow


class Head(NamedTuple):
    key: str
    label: str
    width: int
    kind: str


def heads_of(*, by_product: bool, of_units: bool) -> list[Head]:
    """The columns: customers are counted of products only, and quantities told where they have one unit."""
    counted = [Head("customers", _("Customers"), 12, "number")] if by_product else []
    units = [Head("quantity", _("Quantity"), 16, "number"), Head("unit", _("Unit"), 8, "text")] if by_product else []
    units = units or ([Head("quantity", _("Quantity"), 16, "number")] if of_units else [])
    return [
        Head("rank", _("Rank"), 8, "number"),
        Head("code", _("Code"), 16, "text"),
        Head("name", _("Product") if by_product else _("Customer"), 40, "text"),
        *counted,
        *units,
        Head("amount", _("Amount"), 18, "money"),
        Head("share", _("Share of the total"), 10, "share"),
        Head("cumulated", _("Cumulated share"), 10, "share"),
        Head("yearly", _("Yearly average since its first invoice"), 18, "money"),
        Head("before", _("Compared period"), 18, "money"),
        Head("change", _("Against it"), 10, "share"),
    ]


def write_trading(
    trading: Trading, names: Sequence[str], *, by_product: bool, of_units: bool, period: Period, before: Period
) -> IO[bytes]:
    """Every row of a trading status, then its totals; shares and changes are parts of 1."""
    book = Workbook(write_only=True)
    heads = heads_of(by_product=by_product, of_units=of_units)
    subtitle = _("%(start)s to %(end)s, compared with %(before_start)s to %(before_end)s, in %(currency)s") % {
        "start": isodate(period.start),
        "end": isodate(period.end),
        "before_start": isodate(before.start),
        "before_end": isodate(before.end),
        "currency": base_currency(),
    }
    widths = {head.label: head.width for head in heads}
    sheet = Sheet(book, _("Trading status"), subtitle, widths, [head.kind for head in heads])

    def add(values: dict[str, Any], *, bold: bool = False) -> None:
        sheet.add([values.get(head.key, "" if head.kind == "text" else None) for head in heads], bold=bold)

    for row, name in zip(trading.rows, names, strict=True):
        add(cells_of(row, name))
    add(sums(_("Total"), trading.listed, trading.quantity), bold=True)
    if trading.billed != trading.listed:
        add(sums(_("Billed without lines"), trading.without_lines))
        add(sums(_("All that was billed"), trading.billed), bold=True)
    return saved(book)


def cells_of(row: TradingRow, name: str) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "code": row.code,
        "name": name,
        "customers": row.customers,
        "quantity": row.quantity,
        "unit": row.unit,
        "amount": row.amount,
        "share": round(row.share, 4),
        "cumulated": round(row.cumulated, 4),
        "yearly": round(row.yearly, 2),
        "before": row.before,
        "change": rounded(row.change),
    }


def sums(name: str, amounts: Amounts, quantity: Decimal | None = None) -> dict[str, Any]:
    """A row of sums under the others."""
    return {
        "name": name,
        "quantity": quantity,
        "amount": amounts.amount,
        "before": amounts.before,
        "change": rounded(amounts.change),
    }


def rounded(part: Decimal | None) -> Decimal | None:
    return None if part is None else round(part, 4)
