"""Statements of the hot paths are planned once for each connection (PREPARE), not once for each receipt.

Behind a pooler that hands the connection to somebody else after each transaction, prepared statements are lost: there
Django wants DISABLE_SERVER_SIDE_CURSORS, and with that nothing is prepared here either.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

PLACEHOLDER = re.compile(r"%s")


@cache
def numbered(sql: str) -> tuple[str, int]:
    """The statement with $1, $2 ... for %s, and how many there are."""
    count = 0

    def number(_found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"${count}"

    return PLACEHOLDER.sub(number, sql), count


def execute(cursor: CursorWrapper, sql: str, params: Sequence[Any]) -> None:
    """Run a statement whose text is always the same; every %s in it bears a cast."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        cursor.execute(sql, params)
        return
    # The statements live and die with the database session, not with Django's wrapper of it.
    session, names = getattr(connection, "prepared_statements", (None, {}))
    if session is not connection.connection:
        names = {}
        connection.prepared_statements = (connection.connection, names)  # type: ignore[attr-defined]
    name = names.get(sql)
    text, count = numbered(sql)
    if name is None:
        name = f"house_{len(names)}"
        cursor.execute(f"PREPARE {name} AS {text.replace('%', '%%')}", [])
        names[sql] = name
    cursor.execute(f"EXECUTE {name} ({', '.join(['%s'] * count)})", params)
