"""Small files for the tests of import: made here, never taken from a company."""

import io
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

HEADS = ["Customer number", "Customer name", "Invoice number", "Invoice date", "Due date", "Currency", "Amount"]
ROW = ["C1", "Example Ltd", "A-1", "2026-03-01", "2026-03-31", "CNY", "100.00"]


def csv_file(rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", separator: str = ",") -> io.BytesIO:
    text = "\r\n".join(separator.join(f'"{cell}"' if separator in cell else cell for cell in row) for row in rows)
    return io.BytesIO((text + "\r\n").encode(encoding))


def workbook(
    rows: Sequence[Sequence[Any]], *, merge: Sequence[str] = (), sheets: Sequence[str] = ("Sheet",)
) -> io.BytesIO:
    """The rows stand in the last of the sheets; the others are empty."""
    book = Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
    for row in rows:
        sheet.append(row)
    for area in merge:
        sheet.merge_cells(area)
    return saved(book)


def saved(book: Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def rewritten(file: io.BytesIO, changes: dict[str, bytes]) -> io.BytesIO:
    """The same archive with some entries replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in source.infolist():
            copy.writestr(entry.filename, changes.get(entry.filename, source.read(entry)))
        for name, content in changes.items():
            if name not in source.namelist():
                copy.writestr(name, content)
    target.seek(0)
    return target


def sheet_xml(cells: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{cells}</sheetData></worksheet>"
    ).encode()


def with_sheet(cells: str) -> io.BytesIO:
    """A workbook whose sheet has exactly this XML."""
    return rewritten(workbook([["x"]]), {"xl/worksheets/sheet1.xml": sheet_xml(cells)})


def understated(file: io.BytesIO, name: str, claimed: int) -> io.BytesIO:
    """The archive with the unpacked size of one entry understated in its directory."""
    content = bytearray(file.getvalue())
    start, place = 0, -1
    while (start := content.find(b"PK\x01\x02", start)) >= 0:
        length = struct.unpack_from("<H", content, start + 28)[0]
        if bytes(content[start + 46 : start + 46 + length]).decode() == name:
            struct.pack_into("<I", content, start + 24, claimed)
            place = start
        start += 4
    assert place >= 0
    return io.BytesIO(bytes(content))


def ole_container(stream: str) -> io.BytesIO:
    """The beginning of an OLE container with one named stream: an .xls, or a workbook under a password."""
    return io.BytesIO(bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 504 + stream.encode("utf-16-le") + b"\x00" * 512)
