"""Reads a table of ratios whose last column says who failed: ARFF as research publishes it, or CSV with a head."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from credit.errors import TableUnreadable

MISSING = frozenset({"", "?", "na", "nan", "null"})


@dataclass(frozen=True)
class Table:
    """`ratios` has a row for each company, nan where a figure is missing; `failed` is 1 for those that failed."""

    names: list[str]
    ratios: np.ndarray  # (companies, ratios), float
    failed: np.ndarray  # (companies,), 0 or 1
    checksum: str


def read_table(path: Path) -> Table:
    """Raises TableUnreadable."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TableUnreadable(cause=str(error)) from error
    names, rows = _arff(text) if path.suffix.lower() == ".arff" else _csv(text)
    if len(names) < 3 or not rows:
        raise TableUnreadable(cause="no rows")
    try:
        values = np.array([[_number(cell) for cell in row] for row in rows if len(row) == len(names)])
    except ValueError as error:
        raise TableUnreadable(cause=str(error)) from error
    if len(values) != len(rows):
        raise TableUnreadable(cause=f"{len(rows) - len(values)} rows of another length than the head")
    failed = values[:, -1]
    if set(np.unique(failed)) != {0.0, 1.0}:
        raise TableUnreadable(cause=f"the last column, {names[-1]}, must be 0 or 1, and both must occur")
    return Table(names[:-1], values[:, :-1], failed.astype(int), hashlib.sha256(content).hexdigest())


def _number(cell: str) -> float:
    text = cell.strip()
    return float("nan") if text.lower() in MISSING else float(text)


def _csv(text: str) -> tuple[list[str], list[list[str]]]:
    rows = [row for row in csv.reader(text.splitlines()) if row]
    return (rows[0], rows[1:]) if rows else ([], [])


def _arff(text: str) -> tuple[list[str], list[list[str]]]:
    names: list[str] = []
    rows: list[list[str]] = []
    in_data = False
    for line in text.splitlines():
        row = line.strip()
        if not row or row.startswith("%"):
            continue
        if in_data:
            rows.append(row.split(","))
        elif row.lower().startswith("@attribute"):
            names.append(row.split()[1].strip("'\""))
        elif row.lower().startswith("@data"):
            in_data = True
    return names, rows
