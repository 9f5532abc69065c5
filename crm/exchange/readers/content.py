"""What a file is, judged by its bytes; and the guards that stand before a workbook is opened."""

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO

from django.conf import settings

from crm.exchange.errors import (
    FileBroken,
    FileEmpty,
    FileUnknown,
    OldWorkbook,
    PasswordProtected,
    SheetTooLarge,
    TooManyColumns,
    TooManyRows,
    ZipBomb,
)

MAX_ENTRIES = 2_000
MAX_COLUMNS = 200
MAX_CELLS = 8_000_000  # the reader lays the sheet out as a rectangle of some 32 bytes a cell
CHUNK = 1 << 20
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
BINARY = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"MZ", b"\x7fELF"
)  # fmt: skip


class FileKind(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


def sniff(file: IO[bytes]) -> FileKind:
    """The kind of a file by its content. Raises FileRefused with the reason."""
    file.seek(0)
    start = file.read(4096)
    file.seek(0)
    if not start:
        raise FileEmpty
    if start.startswith(b"PK"):
        check_archive(file)
        return FileKind.XLSX
    if start.startswith(OLE):
        content = file.read()
        file.seek(0)
        raise PasswordProtected if "EncryptedPackage".encode("utf-16-le") in content else OldWorkbook
    if start.startswith(BINARY) or re.match(rb"\s*<(?:!doctype|html|table|\?xml)", start, re.IGNORECASE):
        raise FileUnknown
    return FileKind.CSV


def check_archive(file: IO[bytes]) -> None:
    """Refuse archives that are no workbook, damaged, or unpack to too much, by their directory."""
    limit = settings.EXCHANGE_MAX_UNZIPPED_MB
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise FileBroken from error
    finally:
        file.seek(0)
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > limit * 1_000_000:
        raise ZipBomb(limit=limit)
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names or any(entry.flag_bits & 0x1 for entry in entries):
        raise FileUnknown
    # The directory may lie about sizes: unpack everything once, count, and keep nothing.
    total = 0
    with zipfile.ZipFile(file) as archive:
        for entry in entries:
            for chunk in unpacked(file, archive, entry):
                total += len(chunk)
                if total > limit * 1_000_000:
                    raise ZipBomb(limit=limit)
    file.seek(0)


def unpacked(file: IO[bytes], archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of an entry as they really unpack, whatever its directory entry says."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise FileBroken
    offset = 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    file.seek(entry.header_offset + offset)
    left = entry.compress_size
    if entry.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (data := file.read(min(CHUNK, left))):
            left -= len(data)
            yield data
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise FileUnknown
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while left > 0 and (data := file.read(min(CHUNK, left))):
            left -= len(data)
            while data:
                yield inflater.decompress(data, CHUNK)
                data = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise FileBroken from error
    if not inflater.eof:
        raise FileBroken


@dataclass
class SheetFacts:
    """What calamine does not tell of a sheet: cells that hold an error, a formula, or are shown in percent."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # (row, column) from 0
    formulas: dict[tuple[int, int], bool] = field(default_factory=dict)  # True when a value is stored with it
    percents: dict[int, bytearray] = field(default_factory=dict)  # by column: for each row from 0 whether it is
    last_row: int = 0
    last_column: int = 26  # columns up to Z are not counted


NAME = rb"<(?:\w+:)?"
# Addresses beyond column Z or row 99,999: only these can make the rectangle large, and most sheets have none.
FAR = re.compile(rb"\br\s*=\s*[\"'](?:([A-Za-z]{2,3})(\d{1,7})|([A-Za-z])(\d{6,7}))[\"']")
ROW = re.compile(NAME + rb"row\b[^>]*?\br\s*=\s*[\"'](\d{1,9})[\"']")
ADDRESS = rb"[^>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"'][^>]*>"
CELL_END = rb"(.*?)</(?:\w+:)?c>"
ERROR_CELL = re.compile(NAME + rb"c\b(?=[^>]*\bt\s*=\s*[\"']e[\"'])" + ADDRESS + CELL_END, re.DOTALL)
FORMULA_CELL = re.compile(NAME + rb"c\b" + ADDRESS + rb"\s*" + NAME + rb"f\b" + CELL_END, re.DOTALL)
ANY_VALUE = re.compile(NAME + rb"(?:v|is|f)\b")
VALUE = re.compile(NAME + rb"v(?:\s[^>]*)?>([^<]*)<")
ROW_END = re.compile(rb"</(?:\w+:)?row>")
MOST_FACTS = 200_000
PERCENT_FORMATS = {"9", "10"}  # of those every workbook knows without naming them: 0% and 0.00%
LITERAL = re.compile(r'"[^"]*"|\\.')
SLASH = ord("/")


def scan_sheet(file: IO[bytes], sheet_index: int) -> SheetFacts:
    """Read the cells' addresses of one sheet as a stream, before the reader lays them out as a rectangle in memory.

    A small file may claim a cell in the last row and column of the sheet: that rectangle would not fit anywhere.
    """
    facts = SheetFacts()
    with zipfile.ZipFile(file) as archive:
        entry = sheet_entry(archive, sheet_index)
        if entry is None:
            return facts
        percent_cell = percent_cells(percent_styles(archive))
        rest = b""
        for chunk in unpacked(file, archive, entry):
            rest += chunk
            ends = [match.end() for match in ROW_END.finditer(rest)]
            if ends:
                scan_rows(rest[: ends[-1]], facts)
                note_percents(rest[: ends[-1]], percent_cell, facts)
                rest = rest[ends[-1] :]
        scan_rows(rest, facts)
        note_percents(rest, percent_cell, facts)
    file.seek(0)
    return facts


def scan_rows(text: bytes, facts: SheetFacts) -> None:
    limit = settings.EXCHANGE_MAX_ROWS + 20
    rows = list(map(int, ROW.findall(text)))
    facts.last_row = max([facts.last_row, *(row for row in rows if row <= limit)])
    if any(row > limit for row in rows):
        # Rows that are formatted but empty reach to the end of many sheets; cells may take the row's address.
        for row in ROW.finditer(text):
            if int(row[1]) > limit and ANY_VALUE.search(text, row.end(), end_of_row(text, row.end())):
                facts.last_row = max(facts.last_row, int(row[1]))
    for cell in FAR.finditer(text):
        if text[text.find(b">", cell.end()) - 1] != SLASH:
            facts.last_column = max(facts.last_column, column_number(cell[1] or cell[3]))
            facts.last_row = max(facts.last_row, int(cell[2] or cell[4]))
    if facts.last_row > limit:
        raise TooManyRows(limit=settings.EXCHANGE_MAX_ROWS)
    if facts.last_column > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    if facts.last_row * facts.last_column > MAX_CELLS:
        raise SheetTooLarge(rows=facts.last_row, columns=facts.last_column)
    if len(facts.errors) + len(facts.formulas) > MOST_FACTS:
        return
    # Looked for plainly first: most sheets have neither.
    errors = ERROR_CELL.findall(text) if b't="e"' in text or b"t='e'" in text else []
    for letters, number, inner in errors:
        value = VALUE.search(inner)
        shown = value[1].decode("ascii", "replace") if value else "#?"
        facts.errors[int(number) - 1, column_number(letters) - 1] = shown
    formulas = FORMULA_CELL.findall(text) if b"<f" in text or b":f" in text else []
    for letters, number, inner in formulas:
        value = VALUE.search(inner)
        facts.formulas[int(number) - 1, column_number(letters) - 1] = bool(value and value[1])


def percent_styles(archive: zipfile.ZipFile) -> list[str]:
    """The styles of a workbook, by their places, whose number format shows a figure in percent."""
    try:
        styles = archive.read("xl/styles.xml").decode("utf-8", "replace")
    except KeyError:
        return []
    formats = set(PERCENT_FORMATS)
    for tag in re.findall(r"<(?:\w+:)?numFmt\b([^>]*)>", styles):
        key, code = (re.search(rf"\b{name}\s*=\s*(\"[^\"]*\"|'[^']*')", tag) for name in ("numFmtId", "formatCode"))
        if key and code and "%" in LITERAL.sub("", html.unescape(code[1][1:-1])):
            formats.add(key[1][1:-1])
    kept = re.search(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", styles, re.DOTALL)
    used = re.findall(r"<(?:\w+:)?xf\b([^>]*)>", kept[0]) if kept else []
    ids = [re.search(r"\bnumFmtId\s*=\s*[\"'](\d+)[\"']", tag) for tag in used]
    return [str(place) for place, found in enumerate(ids) if found and found[1] in formats]


def percent_cells(styles: list[str]) -> re.Pattern[bytes] | None:
    """What finds the addresses of cells of these styles; None where there are none."""
    if not styles:
        return None
    among = "|".join(styles).encode()
    style = rb"\bs\s*=\s*[\"'](?:" + among + rb")[\"']"
    return re.compile(NAME + rb"c\b(?=[^>]*" + style + rb")[^>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")


def note_percents(text: bytes, cell: re.Pattern[bytes] | None, facts: SheetFacts) -> None:
    """Note the cells that are shown in percent; the sheet is known to be no larger than it may be."""
    if cell is None:
        return
    for letters, number in cell.findall(text):
        column, row = column_number(letters) - 1, int(number) - 1
        if row >= facts.last_row or column >= MAX_COLUMNS:
            continue  # beyond the last value
        rows = facts.percents.setdefault(column, bytearray())
        if row >= len(rows):
            rows.extend(bytes(row + 1 - len(rows)))
        rows[row] = True


def end_of_row(text: bytes, start: int) -> int:
    found = ROW_END.search(text, start)
    return found.start() if found else len(text)


def column_number(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def sheet_entry(archive: zipfile.ZipFile, index: int) -> zipfile.ZipInfo | None:
    """The archive entry of the sheet at that place in the workbook, by its relation."""
    try:
        workbook = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        tags = re.findall(r"<(?:\w+:)?sheet\b([^>]*)>", workbook)
        wanted = re.search(r"\b\w+:id\s*=\s*[\"']([^\"']+)[\"']", tags[index])
        for tag in re.findall(r"<(?:\w+:)?Relationship\b([^>]*)>", relations):
            found = re.search(r"\bId\s*=\s*[\"']([^\"']+)[\"']", tag)
            if wanted and found and found[1] == wanted[1]:
                target = re.search(r"\bTarget\s*=\s*[\"']([^\"']+)[\"']", tag)
                if target:
                    path = target[1].lstrip("/")
                    return archive.getinfo(path if path.startswith("xl/") else f"xl/{path}")
    except (KeyError, IndexError):
        return None
    return None
