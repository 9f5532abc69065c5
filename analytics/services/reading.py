"""Many rows read at once, as columns: copied out as text, so that no object is made for each cell."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from pandas import DataFrame


def read_frame(sql: str, params: Mapping[str, Any]) -> "DataFrame":
    """The rows of a query as a frame; dates come as text, empty is nan."""
    import pandas as pd

    with connection.cursor() as cursor:
        text = cursor.mogrify(sql, params)
        statement = text.decode() if isinstance(text, bytes) else text
        copied = io.StringIO()
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv, HEADER)", copied)
    copied.seek(0)
    return pd.read_csv(copied)


def copy_rows(table: str, columns: str, lines: io.StringIO) -> None:
    """Rows of tab-separated text written into a table."""
    lines.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", lines)
