"""From lines of a sheet to parsed rows: every cell read once, every fault noted under its field."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from crm.exchange.issues import CellError, Issue
from crm.exchange.kinds import FieldSpec, ImportKind, ParsedRow, RowStatus, chosen_encoding, to_json
from crm.exchange.parsers import CONTROL, Percent
from crm.exchange.readers.table import Line, Sheet

REMEMBERED = 20_000
GUESSED = "gb18030"
# What Western European letters become when they are read as GB18030: one or two Han characters inside a Latin word,
# before a small letter, or alone behind one; or characters no standard assigns. "ABC公司" and "iPhone手机" are not.
HAN = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
MISREAD = re.compile(f"[A-Za-z]{HAN}{{1,2}}[A-Za-z]|{HAN}[a-z]|[a-z]{HAN}(?!{HAN})|[\ue000-\uf8ff]")
SHOWN = 200
KEY_LENGTH = 200


class RowReader:
    """Reads the lines of one file under one mapping and one set of options."""

    def __init__(self, kind: ImportKind, heads: Sequence[str], mapping: Mapping[str, str], options: Mapping[str, str]):
        places = {head: place for place, head in enumerate(heads)}
        self.kind, self.options, self.width = kind, options, len(heads)
        self.columns = [(spec, places[mapping[spec.key]]) for spec in kind.fields if mapping.get(spec.key) in places]
        self.field_at = {place: spec.key for spec, place in self.columns}
        self.remembered: dict[str, dict[Any, Any]] = {spec.key: {} for spec, _place in self.columns}
        self.first_rows: dict[str, int] = {}
        self.repeats: dict[str, int] = {}

    def rows(self, sheet: Sheet) -> Iterator[tuple[ParsedRow, list[str]]]:
        """Every row with its cells as text."""
        guessed = sheet.encoding == GUESSED and not chosen_encoding(self.options)
        for line in sheet.lines():
            row = self.row(line)
            if guessed:
                self.doubt(line, row)
            yield row, [shown(cell) for cell in line.cells]

    def doubt(self, line: Line, row: ParsedRow) -> None:
        """Warn where the guessed encoding made words that nobody writes; once a row."""
        for spec, place in self.columns:
            cell = line.cells[place]
            if isinstance(cell, str) and not cell.isascii() and MISREAD.search(cell):
                row.warn("encoding_doubtful", spec.key, shown(cell))
                return

    def row(self, line: Line) -> ParsedRow:
        row = ParsedRow(line.number, {})
        if line.extra:
            row.fail("too_many_cells", found=self.width + line.extra, expected=self.width)
        broken = self.note_cells(line, row) if line.issues else set()
        for spec, place in self.columns:
            cell = line.cells[place]
            if place in broken:
                continue
            if cell is None:
                if spec.required:
                    row.fail("required", spec.key)
                continue
            value = self.value(spec, cell, row)
            if value is not None and value != "":
                row.data[spec.key] = value
        if row.status != RowStatus.FAULTY and self.kind.check is not None:
            self.kind.check(row, self.options)
        if row.status != RowStatus.FAULTY:
            self.give_key(row)
        return row

    def note_cells(self, line: Line, row: ParsedRow) -> set[int]:
        """What the file itself says of cells; cells that hold an error are not read."""
        broken = set()
        for place, issue in line.issues:
            if place not in self.field_at:
                continue
            value = issue.value or shown(line.cells[place])
            row.issues.append(Issue(issue.code, self.field_at[place], value, issue.params))
            if issue.is_error:
                row.status = RowStatus.FAULTY
                broken.add(place)
        return broken

    def value(self, spec: FieldSpec, cell: Any, row: ParsedRow) -> Any:
        """The parsed cell; equal cells are parsed once."""
        remembered = self.remembered[spec.key]
        key = (type(cell), cell)
        found = remembered.get(key, self)
        if found is self:
            try:
                found = spec.parser(cell, self.options)
            except CellError as error:
                row.fail(error.code, spec.key, shown(cell), **error.params)
                return None
            if len(remembered) < REMEMBERED:
                remembered[key] = found
        return found

    def give_key(self, row: ParsedRow) -> None:
        """The natural key, and what to do when it comes twice."""
        key = self.kind.key_of(row.data, self.options)
        if self.kind.repeats is not None and self.kind.repeats(row.data, self.options):
            number = self.repeats.get(key, 0) + 1
            self.repeats[key] = number
            if number == 1:
                self.first_rows[key] = row.number
            else:
                row.warn("repeated_row", row=self.first_rows[key])
            row.key = f"{key}-{number}"
            return
        if len(key) > KEY_LENGTH:
            key = f"{key[:150]}{digest(key)}"
        row.key = key
        first = self.first_rows.setdefault(key, row.number)
        if first != row.number:
            row.fail("duplicate_in_file", row=first)


def shown(cell: Any) -> str:
    """A cell as text a person would recognise it by."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell[:SHOWN] if cell.isprintable() else CONTROL.sub("\ufffd", cell)[:SHOWN]
    if isinstance(cell, float) and not isinstance(cell, Percent):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)[:SHOWN]


def digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()


def content_key(data: Mapping[str, Any], fields: Sequence[FieldSpec]) -> str:
    """A hash of what a row says, however the cells were written."""
    return digest("\x1f".join(str(to_json(spec.kind, data[spec.key])) if spec.key in data else "" for spec in fields))
