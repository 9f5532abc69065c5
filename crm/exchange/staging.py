"""The staging rows of an import: written by COPY, read back in chunks, counted in the database."""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from crm.exchange.issues import Issue
from crm.exchange.kinds import ImportKind, ParsedRow, RowStatus, ValueKind, Values, to_json
from crm.exchange.models import StagingRow

CHUNK = 5_000
COLUMNS = "import_id, number, key, readable, status, warned, cells, data, issues, findings"


def clear(import_id: int) -> None:
    """Forget what was staged before."""
    StagingRow.objects.filter(import_id=import_id).delete()


# NUL, which Postgres does not store, never gets here: readers show it as a sign, parsers refuse it.
dump = json.JSONEncoder(separators=(",", ":"), default=str, ensure_ascii=False).encode


def stage(import_id: int, kind: ImportKind, rows: Sequence[tuple[ParsedRow, list[str]]]) -> None:
    """Append read rows, with their cells as they stood in the file."""
    buffer = io.StringIO()
    plain = {spec.key for spec in kind.fields if spec.kind not in READ_BACK}
    kinds = {spec.key: spec.kind for spec in kind.fields}
    for row, cells in rows:
        data = {key: value if key in plain else to_json(kinds[key], value) for key, value in row.data.items()}
        fields = (
            str(import_id),
            str(row.number),
            row.key,
            "f" if row.status == RowStatus.FAULTY else "t",
            row.status,
            "t" if any(not issue.is_error for issue in row.issues) else "f",
            dump(cells),
            dump(data),
            dump(row.issues) if row.issues else "[]",
            "[]",
        )
        buffer.write("\t".join(map(escaped, fields)))
        buffer.write("\n")
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY exchange_stagingrow ({COLUMNS}) FROM STDIN", buffer)


def escaped(text: str) -> str:
    """A field of Postgres' text COPY."""
    if not text.isprintable() or "\\" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def chunks(import_id: int, kind: ImportKind, *, fine_only: bool = False) -> Iterator[list[ParsedRow]]:
    """The readable rows in the order of the file, a chunk at a time, with their stored findings as issues."""
    converters = {spec.key: READ_BACK.get(spec.kind) for spec in kind.fields}
    with connection.cursor() as cursor:
        last = 0
        while True:
            cursor.execute(CHUNK_OF_ROWS.format(fine="AND status <> 'faulty'" if fine_only else ""), [import_id, last])
            found = cursor.fetchall()
            if not found:
                return
            last = found[-1][0]
            yield [
                ParsedRow(number, values(data, converters), key, status, issues_of(findings))
                for number, key, status, data, findings in found
            ]


CHUNK_OF_ROWS = f"""
SELECT number, key, status, data::text, findings::text FROM exchange_stagingrow
WHERE import_id = %s AND number > %s AND readable {{fine}} ORDER BY number LIMIT {CHUNK}
"""
READ_BACK: dict[ValueKind, Callable[[str], Any]] = {
    ValueKind.MONEY: Decimal,
    ValueKind.QUANTITY: Decimal,
    ValueKind.DATE: dt.date.fromisoformat,
}


def values(text: str, converters: Mapping[str, Callable[[str], Any] | None]) -> dict[str, Any]:
    """The parsed values of a row by field, as they were read from the file; fields nobody knows any more are left."""
    found: dict[str, Any] = {}
    for name, value in json.loads(text).items():
        if name in converters:
            convert = converters[name]
            found[name] = value if convert is None or value is None else convert(value)
    return found


def issues_of(text: str) -> list[Issue]:
    return [] if text == "[]" else [Issue(*issue) for issue in json.loads(text)]


UPDATE = """
UPDATE exchange_stagingrow staged
SET status = given.status, findings = given.findings,
    warned = given.warned OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(staged.issues) issue WHERE issue->>0 = ANY(%s))
FROM unnest(%s::int[], %s::varchar[], %s::jsonb[], %s::bool[]) AS given (number, status, findings, warned)
WHERE staged.import_id = %s AND staged.number = given.number
"""


def write_findings(import_id: int, rows: Sequence[ParsedRow], warning_codes: Sequence[str]) -> None:
    """Store status and findings of compared rows that differ from what is stored."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE,
            [
                list(warning_codes),
                [row.number for row in rows],
                [row.status for row in rows],
                [dump(row.issues) for row in rows],
                [any(not issue.is_error for issue in row.issues) for row in rows],
                import_id,
            ],
        )


def values_of(import_id: int, *, fine_only: bool = False) -> Values:
    """What all readable rows say together; with `fine_only` those that the dry run did not find faulty."""
    wanted = "readable AND status <> 'faulty'" if fine_only else "readable"

    def distinct(name: str) -> list[str]:
        sql = (
            "SELECT DISTINCT data->>%s FROM exchange_stagingrow"
            f" WHERE import_id = %s AND {wanted} AND data->>%s IS NOT NULL"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [name, import_id, name])
            return [row[0] for row in cursor.fetchall()]

    def tally(names: Sequence[str]) -> list[tuple[tuple[str, ...], int, int]]:
        return tally_of(names, wanted)

    def broken(names: Sequence[str]) -> dict[tuple[str, ...], int]:
        return {values: first for values, _count, first in tally_of(names, "NOT readable")}

    def tally_of(names: Sequence[str], wanted: str) -> list[tuple[tuple[str, ...], int, int]]:
        keys = ", ".join("coalesce(data->>%s, '')" for _name in names)
        places = ", ".join(str(place) for place in range(1, len(names) + 1))
        sql = (
            f"SELECT {keys}, count(*), min(number) FROM exchange_stagingrow"
            f" WHERE import_id = %s AND {wanted} GROUP BY {places}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*names, import_id])
            return [(tuple(row[:-2]), row[-2], row[-1]) for row in cursor.fetchall()]

    return Values(distinct, tally, broken)


def analyze() -> None:
    """Let the planner know the freshly filled table."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE exchange_stagingrow (import_id, number, status, readable)")


def count(import_id: int) -> dict[str, int]:
    """Rows by status, and how many carry a warning."""
    sql = (
        "SELECT status, count(*), count(*) FILTER (WHERE warned) FROM exchange_stagingrow"
        " WHERE import_id = %s GROUP BY status"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [import_id])
        found = cursor.fetchall()
    counts = dict.fromkeys(RowStatus.values, 0) | {status: rows for status, rows, _warned in found}
    return {"rows": sum(counts.values()), **counts, "warned": sum(warned for _status, _rows, warned in found)}


def causes(import_id: int) -> dict[str, int]:
    """How many rows have each cause, the most frequent first."""
    sql = """
        SELECT issue->>0, count(DISTINCT number)
        FROM exchange_stagingrow, jsonb_array_elements(issues || findings) issue
        WHERE import_id = %s AND (issues || findings) <> '[]' GROUP BY 1 ORDER BY 2 DESC, 1
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [import_id])
        return dict(cursor.fetchall())
