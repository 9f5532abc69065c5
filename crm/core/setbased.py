"""Statements that write any number of rows at once: columns travel as arrays, one array for each column."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models

CHUNK = 10_000  # rows of one statement
SMALL = 200  # up to here a plan that knows nothing of the number of rows does well


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


def columns_of(rows: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    """The rows turned into one list for each attribute."""
    return [[getattr(row, name) for row in rows] for name in names]


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Primary keys for rows that are about to be written together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', count],
        )
        return [row[0] for row in cursor.fetchall()]
