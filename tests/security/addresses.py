"""Every address of the product, read from the resolver, and what a request to it changes in the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    name: str  # with its namespace: "receivables:receipt"
    route: str
    view: Any


def all_addresses() -> list[Address]:
    """Addresses outside the administration, which has a test of its own."""
    return [address for address in walk(get_resolver()) if not address.route.startswith("admin/")]


def walk(resolver: Any, namespaces: tuple[str, ...] = (), route: str = "") -> Iterator[Address]:
    for part in resolver.url_patterns:
        below = route + str(part.pattern)
        if isinstance(part, URLResolver):
            names = (*namespaces, part.namespace) if part.namespace else namespaces
            yield from walk(part, names, below)
        elif isinstance(part, URLPattern):
            yield Address(":".join([*namespaces, part.name or ""]), below, part.callback)


# What a request may write without changing anything of the business.
ASIDE = frozenset({"django_session"})


def writes() -> dict[str, int]:
    """Rows written in the present transaction so far, table by table, also those rolled back to a savepoint."""
    with connection.cursor() as cursor:
        # What pg_stat_xact_user_tables says, without what else that view counts.
        cursor.execute(
            """SELECT relname, rows FROM pg_class, LATERAL (
                SELECT pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                    + pg_stat_get_xact_tuples_deleted(oid) AS rows
            ) written WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND rows > 0"""
        )
        return {table: count for table, count in cursor.fetchall() if table not in ASIDE}
