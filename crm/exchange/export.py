"""Export of any list: exactly the rows the user sees under the filters, in the columns shown.

A small list is answered at once; a large one is written in the background and fetched from its run.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from crm.core.columns import Column
from crm.core.display import Badge
from crm.core.errors import NotAllowed
from crm.core.lists import LISTS, ListView, Selection, list_view
from crm.exchange.errors import ListNotExportable
from crm.jobs.kinds import RunKind, StepKind
from crm.jobs.worker import Work

EXPORT_RUN = "exchange.export"
AT_ONCE = 2_000
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Progress = Callable[[int, int], None]


def exportable(key: str, user: Any) -> type[ListView]:
    """The list of that key, if the user may see and export it. Raises ListNotExportable, NotAllowed."""
    try:
        view = list_view(key)
    except KeyError:
        raise ListNotExportable from None
    if not view.exportable:
        raise ListNotExportable
    if not user.has_perm("exchange.export_list") or (view.permission and not user.has_perm(view.permission)):
        raise NotAllowed
    return view


def export_name(view: type[ListView], today: Any, file_format: str) -> str:
    """'invoices-2026-11-22.xlsx'."""
    return f"{slugify(view.key) or 'list'}-{today:%Y-%m-%d}.{file_format}"


def write_export(selection: Selection, file_format: str, progress: Progress) -> IO[bytes]:
    """The selection as an open file at its beginning."""
    return write_xlsx(selection, progress) if file_format == "xlsx" else write_csv(selection, progress)


def write_xlsx(selection: Selection, progress: Progress) -> IO[bytes]:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    from crm.exchange.workbook import begin_sheet, cell_value, saved

    book = Workbook(write_only=True)
    columns = exported_columns(selection)
    widths = [{"money": 16, "date": 12, "datetime": 17, "number": 10}.get(column.kind, 24) for column in columns]
    sheet: Any = begin_sheet(book, str(selection.view.title), [str(column.label) for column in columns], widths)
    formats = {"money": "#,##0.00", "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "percent": "0.0%"}
    for row in all_rows(selection, progress):
        cells = []
        for column in columns:
            value = cell_value(exported(column, row))
            if column.kind in formats and value is not None and not isinstance(value, str):
                cell = WriteOnlyCell(sheet, value)
                cell.number_format = formats[column.kind]
                value = cell
            cells.append(value)
        sheet.append(cells)
    return saved(book)


def write_csv(selection: Selection, progress: Progress) -> IO[bytes]:
    """UTF-8 with its mark, so that Excel reads Chinese."""
    from crm.exchange.workbook import text_value

    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115 - the caller closes it
    file.write(b"\xef\xbb\xbf")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    columns = exported_columns(selection)
    writer.writerow([text_value(str(column.label)) for column in columns])
    for row in all_rows(selection, progress):
        writer.writerow([text_value(exported(column, row)) for column in columns])
        if buffer.tell() > 1_000_000:
            flush(buffer, file)
    flush(buffer, file)
    file.seek(0)
    return file


def flush(buffer: io.StringIO, file: IO[bytes]) -> None:
    file.write(buffer.getvalue().encode())
    buffer.seek(0)
    buffer.truncate()


def all_rows(selection: Selection, progress: Progress) -> Iterator[Any]:
    total, done = selection.filtered.order_by().values("pk").count(), 0
    for rows in selection.chunks(2000):
        yield from rows
        done += len(rows)
        progress(done, max(total, done))


def exported_columns(selection: Selection) -> list[Column]:
    """The columns shown but for buttons, each followed by what it adds to an export, unless that is shown already."""
    taken = {column.key for column in selection.shown}
    columns = []
    for column in selection.shown:
        if column.kind == "buttons":
            continue
        columns.append(column)
        for added in column.export_with:
            if added.key not in taken:
                taken.add(added.key)
                columns.append(added)
    return columns


def exported(column: Column, row: Any) -> Any:
    """The value of a cell itself; a badge is its word."""
    value = column.raw(row)
    return str(value.label) if isinstance(value, Badge) else value


def write(work: Work) -> None:
    """Write the export of the one who asked, with what that user may see now."""
    params = work.params
    selection = exportable(params["list"], work.actor).selection(work.actor, params["query"])
    file_format = params["format"]
    with write_export(selection, file_format, work.progress) as file, work.final():
        work.attach(file, export_name(selection.view, work.today, file_format))
        work.counts = {"rows": work.beat.done}


def title(run: Any) -> str:
    """The title of the list."""
    try:
        return str(list_view(run.params["list"]).title)
    except KeyError:
        return str(run.params["list"])


EXPORT = RunKind(
    key=EXPORT_RUN,
    label=_("Export"),
    steps=(StepKind("write", _("Write the file"), write),),
    permission="exchange.export_list",
    title=title,
    count_labels=lambda: {"rows": _("Rows")},
)
__all__ = ["AT_ONCE", "EXPORT", "EXPORT_RUN", "FORMATS", "LISTS", "export_name", "exportable", "write_export"]
