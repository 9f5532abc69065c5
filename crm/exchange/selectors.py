"""Reads of an import for its page: causes with examples, and the first rows of each outcome."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from crm.core.display import money
from crm.exchange.issues import Issue
from crm.exchange.kinds import ImportKind, ValueKind, from_json
from crm.exchange.models import Import, StagingRow

SHOWN_ROWS = 50
CSS = {ValueKind.MONEY: "num", ValueKind.QUANTITY: "num", ValueKind.DATE: "nowrap"}


@dataclass(frozen=True)
class Cause:
    """A cause with the number of its rows, and the first of them as an example."""

    issue: Issue
    row: int
    count: int
    head: str


@dataclass(frozen=True)
class ShownRow:
    """A row of the file as the page shows it: (class, text) for each mapped column."""

    number: int
    cells: list[tuple[str, str]]
    issues: list[tuple[str, Issue]]  # with the label of the field


EXAMPLES = """
    SELECT DISTINCT ON (issue->>0) issue, number
    FROM exchange_stagingrow, jsonb_array_elements(issues || findings) issue
    WHERE import_id = %s AND (issues || findings) <> '[]' ORDER BY issue->>0, number
"""


def causes_of(found: Import) -> list[Cause]:
    """Each cause of the file, errors first, then the most frequent."""
    with connection.cursor() as cursor:
        cursor.execute(EXAMPLES, [found.pk])
        examples = [(Issue(*json.loads(issue)), number) for issue, number in cursor.fetchall()]
    causes = [
        Cause(issue, number, found.causes.get(issue.code, 0), found.mapping.get(issue.field, ""))
        for issue, number in examples
    ]
    return sorted(causes, key=lambda cause: (not cause.issue.is_error, -cause.count))


def shown_rows(found: Import, kind: ImportKind, part: str) -> list[ShownRow]:
    """The first rows of one outcome: what was read of each mapped column, else the cell as it stood."""
    staged = StagingRow.objects.filter(import_id=found.pk)
    staged = staged.filter(warned=True) if part == "warned" else staged.filter(status=part)
    places = {head: place for place, head in enumerate(found.heads)}
    columns = [(spec, places[found.mapping[spec.key]]) for spec in kind.fields if found.mapping.get(spec.key)]
    labels = {spec.key: str(spec.label) for spec in kind.fields}
    return [
        ShownRow(
            row.number,
            [shown_cell(spec, row, place) for spec, place in columns],
            [(labels.get(issue.field, ""), issue) for issue in row.found],
        )
        for row in staged.order_by("number")[:SHOWN_ROWS]
    ]


def shown_cell(spec: Any, row: StagingRow, place: int) -> tuple[str, str]:
    css = CSS.get(spec.kind, "")
    if spec.key not in row.data:
        return css, row.cells[place] if place < len(row.cells) else ""
    value = from_json(spec.kind, row.data[spec.key])
    return css, money(value) if spec.kind is ValueKind.MONEY else str(value)
