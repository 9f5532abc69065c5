"""One sheet of a file as a head and numbered lines of cells, whatever it was stored as."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

import python_calamine
from django.conf import settings

from crm.exchange.errors import FileBroken, NoRows, PasswordProtected, SheetUnknown, TooManyColumns, TooManyRows
from crm.exchange.issues import Issue
from crm.exchange.parsers import INVISIBLE, SPACES, Percent
from crm.exchange.readers.content import MAX_COLUMNS, FileKind, SheetFacts, scan_sheet, sniff
from crm.exchange.readers.text import find_encoding, find_separator, text_rows

HEAD_AMONG = 15  # the head is one of the first lines: titles and dates may stand above it


@dataclass
class Line:
    """A row of the file: its number as Excel shows it, its cells (None when empty), and what is odd about cells."""

    number: int
    cells: list[Any]
    issues: list[tuple[int, Issue]] = field(default_factory=list)  # (column, issue)
    extra: int = 0  # cells beyond the last column of the head


@dataclass
class Sheet:
    """A readable sheet: its head, and its lines as a stream."""

    kind: FileKind
    names: list[str]
    name: str
    heads: list[str]
    head_row: int
    rows: Iterator[tuple[int, list[Any]]]
    encoding: str = ""
    separator: str = ""
    total: int = 0  # rows, as far as the file tells beforehand
    facts: SheetFacts = field(default_factory=SheetFacts)
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """Every row below the head that is not blank."""
        width = len(self.heads)
        merged = {
            (row, column)
            for (top, left), (bottom, right) in self.merged
            if bottom >= self.head_row and (bottom - top + 1) * (right - left + 1) < 100_000
            for row in range(max(top, self.head_row), bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
        odd_rows = {row for row, _column in [*self.facts.errors, *self.facts.formulas, *merged]}
        count = 0
        for number, cells in self.rows:
            cells = [empty_to_none(cell) for cell in cells]
            odd = number - 1 in odd_rows and any(
                (number - 1, column) in self.facts.errors or (number - 1, column) in self.facts.formulas
                for column in range(width)
            )
            if not odd and all(cell is None for cell in cells):
                continue
            count += 1
            if count > settings.EXCHANGE_MAX_ROWS:
                raise TooManyRows(limit=settings.EXCHANGE_MAX_ROWS)
            line = Line(number, cells[:width] + [None] * (width - len(cells)))
            if self.facts.percents:
                line.cells = [self.as_shown(number - 1, column, cell) for column, cell in enumerate(line.cells)]
            line.extra = sum(cell is not None for cell in cells[width:])
            if number - 1 in odd_rows:
                line.issues = list(self.cell_issues(number - 1, line.cells, merged))
            yield line

    def as_shown(self, row: int, column: int, cell: Any) -> Any:
        """A figure that the workbook shows in percent says so."""
        rows = self.facts.percents.get(column, b"")
        is_figure = isinstance(cell, int | float) and not isinstance(cell, bool)
        return Percent(cell) if is_figure and row < len(rows) and rows[row] else cell

    def cell_issues(self, row: int, cells: list[Any], merged: set[tuple[int, int]]) -> Iterator[tuple[int, Issue]]:
        for column, cell in enumerate(cells):
            if error := self.facts.errors.get((row, column)):
                yield column, Issue("cell_error", value=error, params={"error": error})
            elif (row, column) in self.facts.formulas:
                stored = self.facts.formulas[row, column] or cell is not None
                yield column, Issue("formula" if stored else "formula_without_value")
            elif cell is None and (row, column) in merged:
                yield column, Issue("merged_cell")


def empty_to_none(cell: Any) -> Any:
    if isinstance(cell, str) and not cell.strip("\u3000\u00a0\ufeff \t\r\n"):
        return None
    return cell


def open_sheet(file: IO[bytes], *, sheet: str = "", words: Sequence[str] = (), encoding: str = "") -> Sheet:
    """Open a file by its content. `words` are known names of columns: they tell the head from titles above it.

    `encoding` is that of a text file where somebody chose it; empty: it is found out.

    Raises FileRefused with the reason.
    """
    kind = sniff(file)
    return open_workbook(file, sheet, words) if kind is FileKind.XLSX else open_text(file, words, encoding)


def open_workbook(file: IO[bytes], wanted: str, words: Sequence[str]) -> Sheet:
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(file)
    except python_calamine.PasswordError as error:
        raise PasswordProtected from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileBroken from error
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if wanted and wanted not in names:
        raise SheetUnknown(sheet=wanted)
    for name in [wanted] if wanted else names:
        facts = scan_sheet(file, workbook.sheet_names.index(name))
        try:
            sheet = workbook.get_sheet_by_name(name)
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise FileBroken from error
        if sheet.start is None:
            continue
        rows = numbered(sheet.iter_rows(), sheet.start[1])
        total = sheet.end[0] + 1 if sheet.end else 0
        return with_head(
            Sheet(FileKind.XLSX, names, name, [], 0, rows, total=total, facts=facts),
            sheet.merged_cell_ranges or [],
            words,
        )
    raise NoRows


def numbered(rows: Iterator[list[Any]], first_column: int) -> Iterator[tuple[int, list[Any]]]:
    blank = [None] * first_column
    for number, cells in enumerate(rows, 1):
        yield number, [*blank, *cells]


def open_text(file: IO[bytes], words: Sequence[str], chosen: str) -> Sheet:
    encoding = find_encoding(file, chosen)
    separator = find_separator(file, encoding)
    rows: Iterator[tuple[int, list[Any]]] = enumerate(text_rows(file, encoding, separator), 1)
    return with_head(Sheet(FileKind.CSV, [], "", [], 0, rows, encoding=encoding, separator=separator), [], words)


def with_head(sheet: Sheet, merged: list[tuple[tuple[int, int], tuple[int, int]]], words: Sequence[str]) -> Sheet:
    """Find the head among the first lines: the one with the most known names, else the first with two texts."""
    first = list(islice(sheet.rows, HEAD_AMONG))
    complete = spread_merged(first, merged)
    known = set(words)
    best, best_score = None, (0, 0)
    for place, (_number, cells) in enumerate(complete):
        texts = [head_text(cell) for cell in cells if isinstance(cell, str) and cell.strip()]
        recognised, different = sum(plain(text) in known for text in texts), len(set(texts))
        score = (recognised, different if recognised else min(different, 2) // 2)
        if score > best_score:
            best, best_score = place, score
    if best is None:
        filled = (place for place, (_number, cells) in enumerate(first) if any(map(empty_to_none, cells)))
        best = next(filled, None)
    if best is None:
        raise NoRows
    heads = head_names([cells for _number, cells in complete[: best + 1]], known)
    if len(heads) > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    sheet.heads, sheet.head_row, sheet.merged = heads, first[best][0], merged
    sheet.rows = chain_rows(first[best + 1 :], sheet.rows)
    return sheet


def chain_rows(
    first: list[tuple[int, list[Any]]], rest: Iterator[tuple[int, list[Any]]]
) -> Iterator[tuple[int, list[Any]]]:
    yield from first
    yield from rest


def spread_merged(
    rows: list[tuple[int, list[Any]]], merged: list[tuple[tuple[int, int], tuple[int, int]]]
) -> list[tuple[int, list[Any]]]:
    """A copy of the lines where every cell of a merged area shows its text: heads over two lines are complete."""
    rows = [(number, list(cells)) for number, cells in rows]
    by_number = {number - 1: cells for number, cells in rows}
    for (top, left), (bottom, right) in merged:
        cells = by_number.get(top)
        if cells is None or left >= len(cells) or not isinstance(cells[left], str):
            continue
        for row in range(top, min(bottom, top + 3) + 1):
            for column in range(left, min(right, len(cells) - 1) + 1):
                if row in by_number and column < len(by_number[row]) and empty_to_none(by_number[row][column]) is None:
                    by_number[row][column] = cells[left]
    return rows


def head_names(rows: list[list[Any]], known: set[str]) -> list[str]:
    """A name for every column of the head's line; doubled names get the line above in front, or a number behind."""
    line = rows[-1]
    while line and empty_to_none(line[-1]) is None:
        line = line[:-1]
    names = [head_text(cell) for cell in line]
    above = rows[-2] if len(rows) > 1 else []
    for place, name in enumerate(names):
        upper = head_text(above[place]) if place < len(above) else ""
        if name and names.count(name) > 1 and upper and upper != name and plain(name) not in known:
            names[place] = f"{upper} {name}"
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        name = name or f"#{place + 1}"
        seen[name] = seen.get(name, 0) + 1
        names[place] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


def head_text(cell: Any) -> str:
    return "" if cell is None else SPACES.sub(" ", INVISIBLE.sub("", str(cell)).replace("\x00", "")).strip()[:120]


def plain(text: str) -> str:
    """A head as it is compared: no case, no blanks, no signs, full-width letters as ordinary ones."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())
