"""Ageing as workbooks: the same figures as the page, numbers as numbers, one chunk in memory at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from crm.core.money import base_currency
from crm.exchange.workbook import cell_value, saved
from receivables.columns.ageing import amount_of, document_rows, group_name
from receivables.selectors.ageing import (
    AgeingLine,
    AgeingQuery,
    ageing_lines,
    ageing_page,
    document_chunks,
    open_documents,
)

Progress = Callable[[int, int], None]
CHUNK = 500
MONEY = "#,##0.00;-#,##0.00;-"
FORMATS = {"money": MONEY, "date": "yyyy-mm-dd", "share": "0.0%"}
MOST_DOCUMENTS = 1_000_000  # a sheet has 1,048,576 rows
TITLE, BOLD = Font(bold=True, size=14), Font(bold=True)


class Sheet:
    """A sheet that says what it shows before its table: title, date and basis, then heads that stay in sight."""

    def __init__(
        self, book: Workbook, title: str, subtitle: str, heads: Mapping[str, int], kinds: Sequence[str]
    ) -> None:
        self.sheet: Any = book.create_sheet(title[:31])
        self.kinds = kinds
        self.cells: dict[bool, list[WriteOnlyCell]] = {}
        for place, width in enumerate(heads.values(), 1):
            self.sheet.column_dimensions[get_column_letter(place)].width = width
        self.sheet.freeze_panes = "A5"
        self.sheet.print_title_rows = "4:4"
        self.sheet.page_setup.orientation = "landscape"
        self.sheet.page_setup.fitToWidth, self.sheet.page_setup.fitToHeight = 1, 0
        self.sheet.sheet_properties.pageSetUpPr.fitToPage = True
        self.sheet.append([self.styled(title, TITLE)])
        self.sheet.append([cell_value(subtitle)])
        self.sheet.append([])
        self.sheet.append([self.styled(head, BOLD, wrap=True) for head in heads])

    def styled(self, value: Any, font: Font, *, wrap: bool = False) -> WriteOnlyCell:
        cell = WriteOnlyCell(self.sheet, cell_value(value))
        cell.font = font
        if wrap:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        return cell

    def add(self, values: Iterable[Any], *, bold: bool = False) -> None:
        """Write a row. A row goes to the file at once, so the cells and their formats serve for all of them."""
        if bold not in self.cells:
            self.cells[bold] = [self.formatted(kind, bold) for kind in self.kinds]
        for cell, value in zip(self.cells[bold], values, strict=True):
            cell.value = cell_value(value)
        self.sheet.append(self.cells[bold])

    def formatted(self, kind: str, bold: bool) -> WriteOnlyCell:
        cell = WriteOnlyCell(self.sheet)
        if kind in FORMATS:
            cell.number_format = FORMATS[kind]
        if bold:
            cell.font = BOLD
        return cell


def write_ageing(
    query: AgeingQuery, *, title: str, subtitle: str, labels: Mapping[str, str], progress: Progress
) -> IO[bytes]:
    """Every group in the order of the page, then the totals."""
    book = Workbook(write_only=True)
    coded = query.group == "customer"
    heads = {_("Number"): 14, _("Name"): 40} if coded else {_("Name"): 30}
    heads |= {_("Currency"): 10, **dict.fromkeys(labels.values(), 16)}
    kinds = [*(["text"] * (3 if coded else 2)), *(["money"] * len(labels))]
    sheet = Sheet(book, title, subtitle, heads, kinds)

    def figures(line: AgeingLine) -> list[Any]:
        return [line.currency, *(amount_of(line, cell) for cell in labels)]

    count = ageing_page(query, limit=0).count
    for number, line in enumerate(ageing_lines(query), 1):
        if number % CHUNK == 0 or number == count:
            progress(number, count)
        name = group_name(query.grouping, line)
        code = getattr(line.label, "code", "")
        sheet.add([*([code] if coded else []), name, *figures(line)])
    for line in ageing_page(query, limit=0).totals:
        sheet.add([*([""] if coded else []), _("Total"), *figures(line)], bold=True)
    return saved(book)


def write_documents(query: AgeingQuery, cell: str, *, title: str, subtitle: str, progress: Progress) -> IO[bytes]:
    """The documents behind one cell, oldest due date first, then their totals per currency."""
    book = Workbook(write_only=True)
    base = _("Open in %(currency)s") % {"currency": base_currency()}
    heads = {
        _("Customer number"): 14,
        _("Customer"): 40,
        _("Kind"): 14,
        _("Number"): 18,
        _("Date"): 12,
        _("Due date"): 12,
        _("Days"): 8,
        _("Bucket"): 16,
        _("Currency"): 10,
        _("Amount"): 16,
        _("Open"): 16,
        base: 16,
    }
    kinds = [*(["text"] * 4), "date", "date", "number", "text", "text", "money", "money", "money"]
    sheet = Sheet(book, title, subtitle, heads, kinds)
    written, count = 0, open_documents(query, cell, limit=0).count
    for documents in document_chunks(query, cell):
        if written > MOST_DOCUMENTS:
            sheet.add([_("There are more documents than a workbook holds; the first ones are listed."), *([None] * 11)])
            break
        written += len(documents)
        progress(written, count)
        for row in document_rows(query, documents):
            document, customer = row.document, row.customer
            sheet.add(
                [
                    customer.code,
                    customer.name,
                    row.kind,
                    document.number,
                    document.on,
                    document.due_on,
                    row.days,
                    row.bucket,
                    document.currency,
                    document.amount,
                    document.open_amount,
                    document.open_base,
                ]
            )
    totals = open_documents(query, cell, limit=0).totals
    for currency, (open_amount, open_base) in sorted(totals.items()):
        sheet.add([None, _("Total"), *([None] * 6), currency, None, open_amount, open_base], bold=True)
    return saved(book)
