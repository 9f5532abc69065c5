"""Statements that write any number of rows at once: columns travel as arrays, one array for each column.

What several apps have to write in one transaction goes to the server as one statement: each gives its `Part`, `run`
joins them. That is what a receipt costs most: not its rows, but the trips to the server and what each statement needs
before it begins (docs/adr/0016).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState

from crm.core.prepared import execute

M = TypeVar("M", bound=models.Model)
CHUNK = 10_000  # rows of one statement
SMALL = 200  # up to here a plan that knows nothing of the number of rows does well


class Part(NamedTuple):
    """Named statements of a WITH clause: `ctes` with its parameters, and what must hold when it is done."""

    ctes: str
    params: Sequence[Any]
    rows: int
    must_hold: str = "true"  # an SQL condition over the named statements
    failure: str = ""  # what it means when it does not hold: a mistake of the programmer


def run(parts: Sequence[Part]) -> None:
    """Run the parts as one statement; with many rows as one statement each, in their order."""
    if sum(part.rows for part in parts) > CHUNK:
        for part in parts:
            _run([part])
    elif parts:
        _run(parts)


def _run(parts: Sequence[Part]) -> None:
    sql = f"WITH {', '.join(part.ctes for part in parts)} SELECT {', '.join(part.must_hold for part in parts)}"
    params = [param for part in parts for param in part.params]
    with connection.cursor() as cursor:
        if sum(part.rows for part in parts) <= SMALL:
            execute(cursor, sql, params)
        else:
            cursor.execute(sql, params)
        for part, held in zip(parts, cursor.fetchone(), strict=True):
            if held is not True:
                raise RuntimeError(part.failure)


def array(values: Iterable[Any]) -> str:
    """The text Postgres reads as an array: one constant for its parser, however many elements it has."""
    texts = [
        "NULL" if value is None else _quoted(value) if isinstance(value, str) else f'"{value}"' for value in values
    ]
    return "{" + ",".join(texts) + "}"


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text + '"'


@cache
def array_types(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, ...]:
    """The Postgres types of the fields, as the parameters of `unnest` are cast to."""
    types = []
    for name in names:
        field: Any = model._meta.get_field(name)
        kind: str = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
        types.append(f"{kind}[]")
    return tuple(types)


@cache
def insert_rows_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    """INSERT of rows given as one array for each field, in the order given."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{kind}" for kind in array_types(model, names))
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {columns} '
        f"FROM unnest({arrays}) WITH ORDINALITY AS given ({columns}, position) ORDER BY position"
    )


@cache
def attributes_of(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, ...]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    return tuple(field.attname for field in fields)


def columns_of(rows: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    """The rows turned into one list for each attribute."""
    return [[getattr(row, name) for row in rows] for name in names]


def arrays_of(rows: Sequence[Any], names: Sequence[str]) -> list[str]:
    """The rows turned into one array for each attribute (two of them at least)."""
    return [array(column) for column in zip(*map(attrgetter(*names), rows), strict=True)]


def inserts(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Any]) -> Iterable[Part]:
    """Parts that insert model instances, in the order given."""
    sql, attributes = insert_rows_sql(model, names), attributes_of(model, names)
    for number, chunk in enumerate(chunks_of(rows)):
        yield Part(f"{model._meta.model_name}_{number} AS ({sql})", arrays_of(chunk, attributes), len(chunk))


def chunks_of(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def maker_of(model: type[M], *, stored: bool = False) -> Callable[[dict[str, Any]], M]:
    """Makes instances from values by attname, where Django's own constructor takes ten times as long.

    What is not given is the field's default. With `stored` the values were read from a row, and what was not read is
    deferred, as Django has it.
    """
    defaults = {} if stored else {field.attname: field.get_default() for field in model._meta.concrete_fields}

    def make(values: dict[str, Any]) -> M:
        made, state = model.__new__(model), ModelState()
        if stored:
            state.adding, state.db = False, connection.alias
        made.__dict__.update(defaults, _state=state)
        made.__dict__.update(values)
        return made

    return make


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Primary keys for rows that are about to be written together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', count],
        )
        return [row[0] for row in cursor.fetchall()]
