"""Ageing: who owes how much since when, as at any date, in columns by days overdue; and the documents behind each cell.

As at D counts what bears a date up to D: invoices and credit notes, receipts that were money by then, allocations and
reversals. What came later is undone, so a past date shows what it showed then (receivables.selectors.ageing_sql).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from crm.accounts.models import Team
from crm.core.money import ZERO, base_currency
from customers.models import Customer
from receivables.selectors.ageing_sql import (
    IN_MEMORY,
    RECEIPTS,
    RECEIVABLE,
    UNALLOCATED,
    Move,
    Scope,
    Sql,
    bucket_range,
    looks_back,
    moves,
)
from receivables.selectors.groupings import GROUPINGS, NONE, Grouping, within_province

PAGE_SIZE = 100


@dataclass(frozen=True)
class AgeingQuery:
    """What is asked: one value of every filter stands in the address of the page.

    `basis` is 'base' (everything in base currency, at the rates of the documents) or 'document' (each currency on
    lines of its own). `by` is 'due' or 'invoice' date. `team_id` and `region` include what lies below them.
    `key` picks one group of the grouping exactly, as the drill-down does.
    """

    user: Any
    as_at: dt.date
    today: dt.date
    bounds: tuple[int, ...]
    by: str = "due"
    group: str = "customer"
    basis: str = "base"
    customer_id: int | None = None
    owner_id: int | None = None
    team_id: int | None = None
    region: str = ""
    legal_entity_id: int | None = None
    currency: str = ""
    only_overdue: bool = False
    sort: str = "-overdue"
    key: str = ""

    @property
    def grouping(self) -> Grouping:
        return GROUPINGS[self.group]

    @property
    def buckets(self) -> int:
        """Number of buckets of overdue amounts; the last one is open-ended."""
        return len(self.bounds) + 1

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns: b0 is not due, then the buckets, then what is not matched."""
        return (*(f"b{index}" for index in range(self.buckets + 1)), "unallocated")

    @property
    def cells(self) -> tuple[str, ...]:
        """Every column that can be sorted by and looked into; 'receivable' is all buckets together."""
        return (*self.columns, "overdue", "receivable", "total")


@dataclass(frozen=True)
class AgeingLine:
    """One group, or the total of all groups in one currency. `amounts[0]` is not due, then the buckets.

    `unallocated` is what was received or credited and not matched; `total` is what is owed after it.
    """

    currency: str
    amounts: tuple[Decimal, ...]
    unallocated: Decimal
    key: str = ""
    label: Any = ""

    @property
    def not_due(self) -> Decimal:
        return self.amounts[0]

    @property
    def overdue(self) -> Decimal:
        return sum(self.amounts[1:], ZERO)

    @property
    def receivable(self) -> Decimal:
        return sum(self.amounts, ZERO)

    @property
    def overdue_share(self) -> Decimal:
        """Part of what is open that is overdue."""
        return self.overdue / self.receivable if self.receivable else ZERO

    @property
    def total(self) -> Decimal:
        return self.receivable - self.unallocated


@dataclass(frozen=True)
class AgeingPage:
    """A page of groups; `totals` (one line for each currency) and `count` are over all groups of the query."""

    lines: Sequence[AgeingLine]
    totals: Sequence[AgeingLine]
    count: int


@dataclass(frozen=True)
class OpenDocument:
    """An invoice, credit note or receipt as it stood at the date."""

    kind: str  # invoice, debit_note, credit_note or receipt
    pk: int
    number: str
    customer_id: int
    on: dt.date
    due_on: dt.date  # of a receipt its value date
    currency: str
    amount: Decimal
    open_amount: Decimal
    open_base: Decimal


@dataclass(frozen=True)
class OpenDocuments:
    """A page of the documents behind a cell; `totals` (currency -> open, open in base) are over all of them."""

    rows: Sequence[OpenDocument]
    count: int
    totals: dict[str, tuple[Decimal, Decimal]]

    @property
    def base_total(self) -> Decimal:
        return sum((base for _open, base in self.totals.values()), ZERO)


def ageing_page(query: AgeingQuery, *, offset: int = 0, limit: int = PAGE_SIZE) -> AgeingPage:
    """One page of groups and the totals over all, in one pass of the database."""
    sql = grouped_sql(query)
    name, order = ordering(query)
    sql += Sql(
        f"""
        SELECT 0 AS line, count(*), '' AS key, currency, {sums(query)}
        FROM grouped GROUP BY currency
        UNION ALL
        (SELECT row_number() OVER (ORDER BY {order}), 0, key::text, currency, {names(query)}
        FROM grouped {name} ORDER BY {order} LIMIT %s OFFSET %s)
        ORDER BY line, currency
        """,
        [limit, offset],
    )
    rows = fetch(sql)
    totals = [line_of(query, row[2:]) for row in rows if row[0] == 0]
    return AgeingPage(
        lines=labelled(query, [line_of(query, row[2:]) for row in rows if row[0]]),
        totals=totals,
        count=sum(row[1] for row in rows if row[0] == 0),
    )


def ageing_lines(query: AgeingQuery, *, chunk: int = 1000) -> Iterator[AgeingLine]:
    """Every group in order, read through a cursor of the server: an export holds one chunk at a time."""
    name, order = ordering(query)
    sql = grouped_sql(query) + f" SELECT key::text, currency, {names(query)} FROM grouped {name} ORDER BY {order}"
    for rows in fetch_chunks(sql, chunk):
        yield from labelled(query, [line_of(query, row) for row in rows])


def open_documents(query: AgeingQuery, cell: str, *, offset: int = 0, limit: int | None = PAGE_SIZE) -> OpenDocuments:
    """The documents that add up to one cell: a column of `query.columns`, 'overdue' or 'total'.

    What is unallocated counts negative, as it does in the total.
    """
    sql = documents_sql(query, cell) + Sql(
        f"""
        , chosen AS (SELECT * FROM documents ORDER BY day, receipt, id LIMIT %s OFFSET %s)
        SELECT NULL AS kind, count(*) AS id, NULL AS number, NULL AS customer, NULL AS "on", NULL AS day,
               currency, NULL AS amount, sum(open_amount), sum(open_base), NULL AS receipt
        FROM documents GROUP BY currency
        UNION ALL
        {DESCRIBED.format("chosen")}
        ORDER BY day, receipt, id
        """,
        [limit, offset],
    )
    rows = fetch(sql)
    return OpenDocuments(
        rows=[OpenDocument(*row[:10]) for row in rows if row[0] is not None],
        count=sum(row[1] for row in rows if row[0] is None),
        totals={row[6]: (row[8], row[9]) for row in rows if row[0] is None},
    )


def document_chunks(query: AgeingQuery, cell: str, *, chunk: int = 1000) -> Iterator[list[OpenDocument]]:
    """Every document behind a cell, a chunk at a time, read through a cursor of the server."""
    sql = documents_sql(query, cell) + f"{DESCRIBED.format('documents')} ORDER BY day, receipt, id"
    for rows in fetch_chunks(sql, chunk):
        yield [OpenDocument(*row[:10]) for row in rows]


# Open documents with what their tables say of them; '{}' holds receipt, id, currency, day and what is open.
DESCRIBED = """
        SELECT i.kind, i.id, i.number, i.customer_id, i."on", i.due_on AS day, i.currency, i.amount,
               c.open_amount, c.open_base, c.receipt
        FROM {0} c JOIN receivables_invoice i ON i.id = c.id WHERE NOT c.receipt
        UNION ALL
        SELECT 'receipt', r.id, r.number, r.customer_id, r."on", r."on", r.currency, r.amount,
               c.open_amount, c.open_base, c.receipt
        FROM {0} c JOIN receivables_receipt r ON r.id = c.id WHERE c.receipt"""


def fetch(sql: Sql) -> list[tuple[Any, ...]]:
    """The answer of one big read, in one round trip: settings and statement make a transaction of their own."""
    with connection.cursor() as cursor:
        cursor.execute(f"{IN_MEMORY}; {sql.text}", sql.params)
        return cursor.fetchall()


def fetch_chunks(sql: Sql, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The same through a cursor of the server: one chunk of rows in memory at a time."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(IN_MEMORY)
        with connection.chunked_cursor() as chunks:
            chunks.execute(sql.text, sql.params)
            while rows := chunks.fetchmany(size):
                yield rows


WHOLE = {"unallocated": UNALLOCATED, "receivable": RECEIVABLE}


def scope_of(query: AgeingQuery, cell: str = "total") -> Scope:
    """The query as conditions on documents: what hangs on the customer becomes one subquery of visible customers."""
    key, scope = query.key, query.grouping.scope
    return Scope(
        as_at=query.as_at,
        by="due_on" if query.by == "due" else "on",
        bounds=query.bounds,
        customers=customers_sql(query),
        customer_id=int(key) if key and scope == "customer_id" else query.customer_id,
        legal_entity_id=int(key) if key and scope == "legal_entity_id" else query.legal_entity_id,
        currency=key if key and scope == "currency" else query.currency,
        only_overdue=query.only_overdue or cell == "overdue",
        cell=WHOLE.get(cell, int(cell[1:]) if cell[1:].isdecimal() else None),
    )


def customers_sql(query: AgeingQuery) -> Sql | None:
    """Ids of the customers that count, or None when that is all of them."""
    customers = Customer.objects.order_by()
    found: QuerySet[Customer] = customers.visible_to(query.user)
    if query.owner_id is not None:
        found = found.filter(owner_id=query.owner_id)
    if query.team_id is not None:
        team = Team.objects.filter(pk=query.team_id).first()
        found = found.filter(team_id__in=team.subtree_ids() if team else [])
    if query.region:
        found = found.filter(region__in=within_province(query.region))
    if query.key and query.grouping.members:
        found = query.grouping.members(found, query.key)
    if not found.query.where:
        return None
    try:
        text, params = found.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return Sql("SELECT NULL::bigint WHERE false")
    return Sql(text, params)


def grouped_sql(query: AgeingQuery) -> Sql:
    """`WITH ... grouped`: one row for each group (and currency) with a column for each bucket."""
    scope = scope_of(query)
    in_base = query.basis == "base"
    grouping = query.grouping

    def summed(move: Move) -> Sql:
        alias, amount = move.source.alias, move.base if in_base else move.amount
        columns = [Sql(f"{grouping.moved.format(alias)} AS key")]
        if not in_base:
            columns.append(Sql(f"{alias}.currency AS currency"))
        for index in range(query.buckets + 1):
            if move.source.unallocated:
                columns.append(Sql(f"NULL::numeric AS b{index}"))
            else:
                condition = bucket_range(f"{alias}.{scope.by}", query.as_at, query.bounds, index)
                columns.append(f"sum({amount}) FILTER (WHERE " + condition + f") AS b{index}")
        columns.append(Sql(f"{f'sum({amount})' if move.source.unallocated else 'NULL::numeric'} AS unallocated"))
        return move.select(Sql.join(", ", columns), " GROUP BY 1" if in_base else " GROUP BY 1, 2")

    found = moves(scope, back=looks_back(query.as_at, query.today))
    currency = Sql("%s::text", [base_currency()]) if in_base else Sql("cells.currency")
    totals = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in query.columns)
    filled = " OR ".join(f"{name} <> 0" for name in query.columns)
    return (
        "WITH cells AS ("
        + Sql.join("\nUNION ALL ", [summed(move) for move in found])
        + f"), grouped AS MATERIALIZED (SELECT * FROM (SELECT {grouping.key} AS key, "
        + currency
        + f" AS currency, {totals} FROM cells {grouping.join} GROUP BY 1, 2) every WHERE {filled})"
    )


def documents_sql(query: AgeingQuery, cell: str) -> Sql:
    """`WITH ... documents`: one narrow row for each document that was open at the date in the cell."""
    scope = scope_of(query, cell)
    found = moves(scope, back=looks_back(query.as_at, query.today))
    parts = []
    for source in scope.sources:
        alias, sign = source.alias, "-" if source.unallocated else ""
        day = f'{alias}."on"' if source is RECEIPTS else f"{alias}.due_on"
        columns = f"{alias}.id AS id, {alias}.currency AS currency, {day} AS day"
        moved = [
            move.select(f"{columns}, {move.amount} AS amount, {move.base} AS base")
            for move in found
            if move.source is source
        ]
        parts.append(
            f"SELECT {'true' if source is RECEIPTS else 'false'} AS receipt, id, currency, day,"
            f" {sign}sum(amount) AS open_amount, {sign}sum(base) AS open_base FROM ("
            + Sql.join("\nUNION ALL ", moved)
            + ") moved GROUP BY id, currency, day HAVING sum(amount) <> 0"
        )
    return "WITH documents AS MATERIALIZED (" + Sql.join("\nUNION ALL ", parts) + ")"


def names(query: AgeingQuery) -> str:
    return ", ".join(query.columns)


def sums(query: AgeingQuery) -> str:
    return ", ".join(f"sum({name})" for name in query.columns)


def ordering(query: AgeingQuery) -> tuple[str, str]:
    """The join that a sort by name needs, and the ORDER BY; anything unknown sorts by what is overdue."""
    descending = query.sort.startswith("-")
    name = query.sort.lstrip("-")
    if name != "name" and name not in query.cells:
        name, descending = "overdue", True
    direction = "DESC" if descending else "ASC"
    overdue = " + ".join(f"b{index}" for index in range(1, query.buckets + 1))
    join = ""
    if name == "name":
        join, expression = query.grouping.order
    else:
        sums_of = {"overdue": overdue, "receivable": f"b0 + {overdue}", "total": f"b0 + {overdue} - unallocated"}
        expression = sums_of.get(name, name)
    # The key itself, not its text in the answer: 9 stands before 10.
    return join, f"{expression} {direction} NULLS LAST, grouped.key NULLS LAST, grouped.currency"


def line_of(query: AgeingQuery, row: Sequence[Any]) -> AgeingLine:
    key, currency, *amounts = row
    return AgeingLine(
        currency=currency, amounts=tuple(amounts[:-1]), unallocated=amounts[-1], key=NONE if key is None else key
    )


def labelled(query: AgeingQuery, lines: list[AgeingLine]) -> list[AgeingLine]:
    """The lines with the records they stand for, fetched in one statement."""
    keys = [line.key for line in lines if line.key != NONE]
    found = query.grouping.labels(query.user, keys) if keys else {}
    return [replace(line, label=found.get(line.key)) for line in lines]
