"""Trading status as a workbook: numbers as numbers, shares as shares."""

from collections.abc import Sequence
from typing import IO

from django.utils.translation import gettext as _
from openpyxl import Workbook

from crm.core.display import isodate
from crm.core.money import base_currency
from crm.exchange.workbook import saved
from receivables.ageing_book import Sheet
from receivables.selectors.trading import Period, Trading


def write_trading(
    trading: Trading, names: Sequence[str], *, by_product: bool, period: Period, before: Period
) -> IO[bytes]:
    """Every row of a trading status, then its totals; shares and changes are parts of 1."""
    book = Workbook(write_only=True)
    heads = {
        _("Rank"): 8,
        _("Code"): 16,
        _("Product") if by_product else _("Customer"): 40,
        _("Customers") if by_product else _("Products"): 12,
        _("Quantity"): 16,
        _("Amount"): 18,
        _("Share of all"): 10,
        _("Cumulated share"): 10,
        _("Yearly average"): 18,
        _("Period before"): 18,
        _("Against before"): 10,
    }
    kinds = ["number", "text", "text", "number", "number", "money", "number", "number", "money", "money", "number"]
    subtitle = _("%(start)s to %(end)s, compared with %(before_start)s to %(before_end)s, in %(currency)s") % {
        "start": isodate(period.start),
        "end": isodate(period.end),
        "before_start": isodate(before.start),
        "before_end": isodate(before.end),
        "currency": base_currency(),
    }
    sheet = Sheet(book, _("Trading status"), subtitle, heads, kinds)
    for row, name in zip(trading.rows, names, strict=True):
        sheet.add(
            [
                row.rank,
                row.code,
                name,
                row.others,
                row.quantity,
                row.amount,
                round(row.share, 4),
                round(row.cumulated, 4),
                round(row.yearly, 2),
                row.before,
                None if row.change is None else round(row.change, 4),
            ]
        )
    change = trading.change
    sheet.add(
        [
            None, "", _("Total"), None, trading.quantity, trading.amount, None, None, None, trading.before,
            None if change is None else round(change, 4),
        ],
        bold=True,
    )  # fmt: skip
    return saved(book)
