"""Workbooks we write: the report of faults, and lists. A cell that Excel would take for a formula is neutralised."""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from crm.exchange.kinds import ImportKind
from crm.exchange.models import Import, StagingRow

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
MOST_FAULTS = 20_000
LONGEST = 32_000
BOLD = Font(bold=True)


def neutralised(text: str) -> str:
    """Text that begins like a formula gets an apostrophe in front, so that no spreadsheet calculates it."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def cell_value(value: Any) -> Any:
    """A value as a spreadsheet keeps it: numbers and dates stay what they are, text is made harmless."""
    if value is None or (isinstance(value, bool | int | Decimal | dt.date) and not isinstance(value, dt.datetime)):
        return value
    if isinstance(value, dt.datetime):
        return value.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).replace(tzinfo=None, microsecond=0)
    return neutralised(ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value))[:LONGEST])


def text_value(value: Any) -> str:
    """The same for a text file."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)):%Y-%m-%d %H:%M}"
    if isinstance(value, bool | int | Decimal | dt.date):
        return str(value)
    return neutralised(str(value))


def begin_sheet(book: Workbook, title: str, heads: Iterable[str], widths: Iterable[int]) -> WriteOnlyWorksheet:
    """A sheet with a bold, frozen head."""
    sheet: Any = book.create_sheet(title[:31])
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    cells = []
    for head in heads:
        cell = WriteOnlyCell(sheet, cell_value(head))
        cell.font = BOLD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cells.append(cell)
    sheet.append(cells)
    return sheet


def saved(book: Workbook) -> IO[bytes]:
    """The workbook as an open file at its beginning, on disk when it is large."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115 - the caller closes it
    book.save(file)
    file.seek(0)
    return file


def write_error_workbook(found: Import, kind: ImportKind, progress: Callable[[int, int], None]) -> IO[bytes]:
    """Row, column, value and cause of every fault and warning, faults first, in the language of the reader."""
    book = Workbook(write_only=True)
    labels = {spec.key: str(spec.label) for spec in kind.fields}
    heads = [_("Row"), _("Weight"), _("Field"), _("Column"), _("Value"), _("Cause")]
    sheet = begin_sheet(book, _("Faults and warnings"), heads, [8, 10, 22, 24, 30, 90])
    count, words = 0, {True: _("Error"), False: pgettext("not a refusal", "Warning")}
    total = int(found.counts.get("faulty", 0)) + int(found.counts.get("warned", 0))
    staged = StagingRow.objects.filter(import_id=found.pk)
    for rows in (staged.filter(status="faulty"), staged.filter(warned=True).exclude(status="faulty")):
        for row in rows.order_by("number").iterator(chunk_size=2000):
            for issue in sorted(row.found, key=lambda issue: not issue.is_error):
                if count >= MOST_FAULTS:
                    break
                column = found.mapping.get(issue.field, "")
                cells = [labels.get(issue.field, ""), column, issue.value, issue.sentence]
                sheet.append([row.number, words[issue.is_error], *map(cell_value, cells)])
                count += 1
            if count % 500 == 0:
                progress(min(count, total), total)
    if count >= MOST_FAULTS:
        sheet.append([None, None, None, None, None, _("There are more; the first ones are listed.")])
    return saved(book)


def write_template(kind: ImportKind) -> IO[bytes]:
    """An empty sheet with the heads of a kind, and a sheet that says what belongs under each."""
    book = Workbook(write_only=True)
    labels = [str(spec.label) for spec in kind.fields]
    begin_sheet(book, str(kind.label), labels, [20] * len(labels))
    help_sheet = begin_sheet(
        book, _("Explanation"), [_("Column"), _("Required"), _("Example"), _("Explanation")], [26, 10, 28, 80]
    )
    for spec in kind.fields:
        cells = [str(spec.label), _("Yes") if spec.required else "", spec.example, str(spec.help)]
        help_sheet.append([cell_value(cell) for cell in cells])
    return saved(book)
