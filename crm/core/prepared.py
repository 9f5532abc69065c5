"""Statements of the hot paths are planned once for each connection (PREPARE), not once for each receipt.

Behind a pooler that hands the connection to somebody else after each transaction, prepared statements are lost: there
Django wants DISABLE_SERVER_SIDE_CURSORS, and with that nothing is prepared here either.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.backends.utils import CursorWrapper

# A parameter and its cast, such as %s::numeric(18, 2)[]
PLACEHOLDER = re.compile(r"%s(::(?:timestamp with time zone|[a-z0-9_]+)(?:\([0-9, ]+\))?(?:\[\])?)")


@cache
def numbered(sql: str) -> tuple[str, str]:
    """The statement with $1, $2 ... for its parameters, and the casts that a call of it gives them."""
    casts: list[str] = []

    def number(found: re.Match[str]) -> str:
        casts.append(f"%s{found[1]}")
        return f"${len(casts)}{found[1]}"

    return PLACEHOLDER.sub(number, sql), ", ".join(casts)


def execute(cursor: CursorWrapper, sql: str, params: Sequence[Any]) -> None:
    """Run a statement whose text is always the same; every %s in it bears a cast."""
    database: Any = cursor.db
    if database.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        cursor.execute(sql, params)
        return
    # The statements live and die with the database session, not with Django's wrapper of it.
    session: Any
    names: dict[str, str]
    session, names = getattr(database, "prepared_statements", (None, {}))
    if session is not database.connection:
        names = {}
        database.prepared_statements = (database.connection, names)
    name = names.get(sql)
    text, casts = numbered(sql)
    if name is None:
        name = f"house_{len(names)}"
        cursor.execute(f"PREPARE {name} AS {text.replace('%', '%%')}", [])
        names[sql] = name
    cursor.execute(f"EXECUTE {name} ({casts})", params)
