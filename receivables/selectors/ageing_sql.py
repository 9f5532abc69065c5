"""The SQL of ageing: every amount that was open at a date, as signed moves that add up.

What a document had open at D follows from either side of D:

- looking back from today: what is open now, plus what was allocated after D, plus what was reversed after D;
- looking forward from the beginning: the full amount of the documents up to D, less what was allocated up to D.

Both give the same to the cent, since allocations are append-only and taking one back is a negative row. The side with
fewer rows is the quicker one (`looks_back`). The bucket hangs on the document's date, which no later move changes: so
the sums of groups and buckets are sums of moves, and no list of documents is built in between.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from receivables.models import InvoiceKind
from receivables.rules.documents import CLEARING_INSTRUMENTS

UNALLOCATED = -1  # the 'bucket' of receipts and credit notes that are not matched
RECEIVABLE = -2  # all buckets together: what is open, before anything is set against it
# Said before a statement that sorts and sums a whole portfolio, in its transaction.
IN_MEMORY = "SET LOCAL work_mem = '64MB'"


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with the parameters of its placeholders."""

    text: str
    params: Sequence[Any] = ()

    @staticmethod
    def join(separator: str, parts: Iterable["Sql"]) -> "Sql":
        found = list(parts)
        return Sql(separator.join(part.text for part in found), [value for part in found for value in part.params])

    def __add__(self, other: "Sql | str") -> "Sql":
        if isinstance(other, str):
            return Sql(self.text + other, self.params)
        return Sql(self.text + other.text, [*self.params, *other.params])

    def __radd__(self, other: str) -> "Sql":
        return Sql(other + self.text, self.params)


def bucket_range(column: str, as_at: dt.date, bounds: Sequence[int], index: int) -> Sql:
    """`rules.bucket_index(days, bounds) == index` as a condition on the date the days count from."""
    edges = [as_at, *(as_at - dt.timedelta(days=bound) for bound in bounds)]
    younger = Sql(f"{column} < %s", [edges[index - 1]]) if index else None
    older = Sql(f"{column} >= %s", [edges[index]]) if index < len(edges) else None
    return Sql.join(" AND ", [part for part in (younger, older) if part is not None])


@dataclass(frozen=True)
class Source:
    """A kind of document that ages or stands unallocated, and how allocations refer to it."""

    table: str
    alias: str
    condition: Sql
    allocated_by: str  # the column of the allocation
    base_amount: str  # what an allocation moves of it in base currency
    unallocated: bool


NOTE = InvoiceKind.CREDIT_NOTE.value
INVOICES = Source("receivables_invoice", "i", Sql("i.kind <> %s", [NOTE]), "invoice_id", "base_amount", False)
CREDIT_NOTES = Source("receivables_invoice", "i", Sql("i.kind = %s", [NOTE]), "credit_note_id", "source_base", True)
RECEIPTS = Source("receivables_receipt", "r", Sql("TRUE"), "receipt_id", "source_base", True)


@dataclass(frozen=True)
class Scope:
    """Which documents count: as at which date, aged by which date column, of which customers."""

    as_at: dt.date
    by: str  # 'due_on' or 'on'
    bounds: Sequence[int]
    customers: Sql | None  # a subquery of customer ids, None for all
    customer_id: int | None = None
    legal_entity_id: int | None = None
    currency: str = ""
    only_overdue: bool = False
    cell: int | None = None  # one bucket, UNALLOCATED or RECEIVABLE; None for all

    @property
    def sources(self) -> list[Source]:
        found = []
        if self.cell != UNALLOCATED:
            found.append(INVOICES)
        if self.cell in (None, UNALLOCATED) and not (self.only_overdue and self.cell is None):
            found += [CREDIT_NOTES, RECEIPTS]
        return found

    def conditions(self, source: Source) -> list[Sql]:
        """What a document of the source must be to count at all, beyond its kind."""
        alias = source.alias
        found = [Sql(f'{alias}."on" <= %s', [self.as_at])]
        if source is RECEIPTS:
            # A cheque or bill is money once it has cleared; until then it counts nowhere but where it settles.
            clearing = [tuple(sorted(CLEARING_INSTRUMENTS)), self.as_at]
            found.append(Sql("(r.instrument NOT IN %s OR r.cleared_on <= %s)", clearing))
        if self.customer_id is not None:
            found.append(Sql(f"{alias}.customer_id = %s", [self.customer_id]))
        if self.customers is not None:
            found.append(f"{alias}.customer_id IN (" + self.customers + ")")
        if self.legal_entity_id is not None:
            found.append(Sql(f"{alias}.legal_entity_id = %s", [self.legal_entity_id]))
        if self.currency:
            found.append(Sql(f"{alias}.currency = %s", [self.currency]))
        if not source.unallocated:
            if self.only_overdue:
                found.append(Sql(f"{alias}.{self.by} < %s", [self.as_at]))
            if self.cell is not None and self.cell >= 0:
                found.append(bucket_range(f"{alias}.{self.by}", self.as_at, self.bounds, self.cell))
        return found


@dataclass(frozen=True)
class Move:
    """Rows that each add something to what a document of the source had open."""

    source: Source
    tables: str
    where: Sequence[Sql]
    amount: str
    base: str

    def select(self, columns: Sql | str, tail: str = "") -> Sql:
        return "SELECT " + (columns + Sql(f" FROM {self.tables} WHERE ")) + Sql.join(" AND ", self.where) + tail


def moves(scope: Scope, *, back: bool) -> list[Move]:
    """Every move of the scope, seen from today (`back`) or from the beginning."""
    found: list[Move] = []
    for source in scope.sources:
        alias, conditions = source.alias, scope.conditions(source)
        documents = [source.condition, *conditions]
        table = f"{source.table} {alias}"
        full, still_open = (f"{alias}.amount", f"{alias}.base_amount"), (f"{alias}.open_amount", f"{alias}.open_base")
        if back:
            found.append(Move(source, table, [Sql(f"{alias}.open_amount > 0"), *documents], *still_open))
            reversed_later = Sql(f"{alias}.reversed_on > %s", [scope.as_at])
            found.append(Move(source, table, [reversed_later, *documents], *full))
        else:
            standing = Sql(f"({alias}.reversed_on IS NULL OR {alias}.reversed_on > %s)", [scope.as_at])
            found.append(Move(source, table, [standing, *documents], *full))
        found.append(
            Move(
                source,
                f"receivables_allocation a JOIN {table} ON {alias}.id = a.{source.allocated_by}",
                [
                    Sql(f"a.{source.allocated_by} IS NOT NULL"),
                    Sql('a."on" > %s' if back else 'a."on" <= %s', [scope.as_at]),
                    *conditions,
                ],
                "a.amount" if back else "-a.amount",
                f"a.{source.base_amount}" if back else f"-a.{source.base_amount}",
            )
        )
    return found


def looks_back(as_at: dt.date, today: dt.date) -> bool:
    """Whether undoing what came after the date touches fewer rows than adding up what came before it.

    Answered by the server's own estimate; it decides about speed alone.
    """
    if as_at >= today:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            """
            EXPLAIN (FORMAT JSON)
            SELECT 1 FROM receivables_invoice WHERE open_amount > 0
            UNION ALL SELECT 1 FROM receivables_allocation WHERE "on" > %(as_at)s
            UNION ALL SELECT 1 FROM receivables_invoice WHERE "on" <= %(as_at)s
            UNION ALL SELECT 1 FROM receivables_allocation WHERE "on" <= %(as_at)s
            """,
            {"as_at": as_at},
        )
        answer = cursor.fetchone()[0]
    plan = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
    open_now, later, documents, earlier = (part["Plan Rows"] for part in plan["Plans"])
    return bool(open_now + ROWS_A_JOIN * later <= documents + ROWS_A_JOIN * earlier)


ROWS_A_JOIN = 3  # an allocation costs about as much as three documents, since it is joined to its own
