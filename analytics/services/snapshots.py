"""Keep what was owed at the end of a day: derived from the documents as at that day, so any day may be made again.

A day is stale when the buckets were cut anew, or when an entry made since then bears its date or an earlier one.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import connection, transaction

from analytics.models import SnapshotDay
from credit.models import CreditEntry
from receivables.models import AgeingScheme, Invoice, Receipt
from receivables.selectors.ageing_sql import IN_MEMORY, Move, Scope, Sql, bucket_range, looks_back, moves

RECENT_DAYS = 60  # every day of these is kept, before that the last one of each month
MONTHS = 36
MOST_A_NIGHT = 20  # history that is missing or stale is caught up in portions: yesterday, ends of months, other days


@dataclass(frozen=True)
class Kept:
    """What a night did: days derived, days still to be derived, days dropped."""

    taken: int
    waiting: int
    dropped: int


def month_end(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def days_to_keep(until: dt.date, first: dt.date) -> list[dt.date]:
    """The last days one by one, before that the ends of months, newest first; none before the first document."""
    recent = [until - dt.timedelta(days=ago) for ago in range(RECENT_DAYS)]
    ends, month = [], until.replace(day=1)
    for _month in range(MONTHS):
        month -= dt.timedelta(days=1)
        ends.append(month)
        month = month.replace(day=1)
    return [day for day in sorted({*recent, *ends}, reverse=True) if day >= first]


def take_snapshots(
    *,
    until: dt.date,
    most: int | None = MOST_A_NIGHT,
    around: Callable[[], AbstractContextManager[None]] = transaction.atomic,
    progress: Callable[[int, int], None] | None = None,
) -> Kept:
    """Derive every day up to `until` that is missing or stale, each inside `around()`, and drop what is too old.

    The newest day is always derived anew. Nothing that was kept of days after `until` is touched.
    """
    first = first_day()
    if first is None:
        return Kept(0, 0, 0)
    bounds = default_bounds()
    stale = stale_days(bounds)
    have = set(SnapshotDay.objects.filter(on__lte=until).values_list("on", flat=True))
    wanted = [day for day in days_to_keep(until, first) if day not in have or day in stale or day == until]
    wanted.sort(key=lambda day: (day != until, day != month_end(day)))
    now = wanted if most is None else wanted[:most]
    for place, day in enumerate(now):
        with around():
            take_snapshot(on=day, today=until, bounds=bounds)
        if progress:
            progress(place + 1, len(now))
    with around():
        dropped = drop_old_days(until, first)
    return Kept(len(now), len(wanted) - len(now), dropped)


def first_day() -> dt.date | None:
    """The earliest date of a document; there is nothing to keep before it."""
    dates = [
        day
        for model in (Invoice, Receipt)
        if (day := model.objects.order_by("on", "pk").values_list("on", flat=True).first())
    ]
    return min(dates) if dates else None


def default_bounds() -> tuple[int, ...]:
    """The buckets of the ageing report where nobody chose others."""
    return tuple(AgeingScheme.objects.order_by("-is_default", "pk").values_list("bounds", flat=True)[0])


def stale_days(bounds: Sequence[int]) -> set[dt.date]:
    """Days that were cut by other buckets, or that an entry made after them belongs to."""
    found = set()
    for day in SnapshotDay.objects.order_by("last_entry"):
        if tuple(day.bounds) != tuple(bounds):
            found.add(day.on)
    with connection.cursor() as cursor:
        # The newest entry a day knows rarely differs between days: one look at the entries for each that there is.
        cursor.execute(
            'SELECT d."on" FROM analytics_snapshotday d JOIN ('
            " SELECT known.last_entry,"
            ' (SELECT min(e."on") FROM credit_creditentry e WHERE e.id > known.last_entry) AS earliest'
            " FROM (SELECT DISTINCT last_entry FROM analytics_snapshotday) known"
            ') later USING (last_entry) WHERE d."on" >= later.earliest'
        )
        found |= {row[0] for row in cursor.fetchall()}
    return found


def drop_old_days(until: dt.date, first: dt.date) -> int:
    """Forget days that are no longer kept one by one; days after `until` stay."""
    keep = days_to_keep(until, first)
    old = SnapshotDay.objects.filter(on__lte=until).exclude(on__in=keep)
    with connection.cursor() as cursor:
        dates = list(old.values_list("on", flat=True))
        cursor.execute('DELETE FROM analytics_dailysnapshot WHERE "on" = ANY(%s)', [dates])
    old.delete()
    return len(dates)


def take_snapshot(*, on: dt.date, today: dt.date, bounds: Sequence[int]) -> None:
    """Derive one day anew: each customer and legal entity as the ageing report of that day has it, and their sums."""
    with transaction.atomic():
        newest = CreditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        SnapshotDay.objects.update_or_create(on=on, defaults={"bounds": list(bounds), "last_entry": newest})
        sql = snapshot_sql(on, today, bounds)
        with connection.cursor() as cursor:
            cursor.execute('DELETE FROM analytics_dailysnapshot WHERE "on" = %s', [on])
            cursor.execute(f"{IN_MEMORY}; {sql.text}", sql.params)


def snapshot_sql(on: dt.date, today: dt.date, bounds: Sequence[int]) -> Sql:
    """One statement that writes the day: moves of ageing, what was billed and received, and what is disputed."""
    scope = Scope(as_at=on, by="due_on", bounds=bounds, customers=None)
    buckets = len(bounds) + 1
    names = [f"b{index}" for index in range(buckets + 1)]
    others = ["unallocated", "disputed", "billed", "billed_3m", "received"]
    cells = [ageing_cells(move, scope, names, others) for move in moves(scope, back=looks_back(on, today))]
    cells += [billed_cells(on, names, others), received_cells(on, names, others), disputed_cells(on, names, others)]
    sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in [*names, *others])
    overdue = " + ".join(names[1:])
    row = f"{names[0]} + {overdue}, {overdue}, ARRAY[{', '.join(names)}]::numeric(18,2)[], {', '.join(others)}"
    filled = " OR ".join(f"{name} <> 0" for name in [*names, *others])
    return (
        "WITH cells AS ("
        + Sql.join("\nUNION ALL ", cells)
        + f"), figures AS MATERIALIZED (SELECT customer_id, entity_id, {sums} FROM cells GROUP BY 1, 2),"
        + f" totals AS (SELECT NULL::bigint, entity_id, {sums} FROM figures GROUP BY entity_id)"
        + ' INSERT INTO analytics_dailysnapshot ("on", customer_id, legal_entity_id, receivable, overdue, amounts,'
        + f" {', '.join(others)})"
        + Sql(f" SELECT %s::date, customer_id, entity_id, {row} FROM figures WHERE {filled}", [on])
        + Sql(f" UNION ALL SELECT %s::date, NULL, entity_id, {row} FROM totals", [on])
    )


def ageing_cells(move: Move, scope: Scope, names: Sequence[str], others: Sequence[str]) -> Sql:
    alias = move.source.alias
    columns = [Sql(f"{alias}.customer_id AS customer_id, {alias}.legal_entity_id AS entity_id")]
    for index, name in enumerate(names):
        if move.source.unallocated:
            columns.append(Sql(f"NULL::numeric AS {name}"))
        else:
            condition = bucket_range(f"{alias}.{scope.by}", scope.as_at, scope.bounds, index)
            columns.append(f"sum({move.base}) FILTER (WHERE " + condition + f") AS {name}")
    for name in others:
        mine = name == "unallocated" and move.source.unallocated
        columns.append(Sql(f"{f'sum({move.base})' if mine else 'NULL::numeric'} AS {name}"))
    return move.select(Sql.join(", ", columns), " GROUP BY 1, 2")


def flow(names: Sequence[str], others: Sequence[str], **amounts: str) -> str:
    """Columns of a row that fills those of `others` alone."""
    return ", ".join(amounts.get(name, "NULL::numeric") for name in [*names, *others])


def billed_cells(on: dt.date, names: Sequence[str], others: Sequence[str]) -> Sql:
    """Invoices and debit notes less credit notes of the month and of three, but for what was reversed by then."""
    amount = "sum(CASE WHEN kind = 'credit_note' THEN -base_amount ELSE base_amount END)"
    columns = flow(names, others, billed=f'{amount} FILTER (WHERE "on" >= %s)', billed_3m=amount)
    return Sql(
        f"SELECT customer_id, legal_entity_id, {columns} FROM receivables_invoice {STOOD} GROUP BY 1, 2",
        [on.replace(day=1), three_months_to(on), on, on],
    )


def received_cells(on: dt.date, names: Sequence[str], others: Sequence[str]) -> Sql:
    """Receipts of the month by value date, but for what was reversed or bounced by then."""
    columns = flow(names, others, received="sum(base_amount)")
    return Sql(
        f"SELECT customer_id, legal_entity_id, {columns} FROM receivables_receipt {STOOD} GROUP BY 1, 2",
        [on.replace(day=1), on, on],
    )


STOOD = 'WHERE "on" BETWEEN %s AND %s AND (reversed_on IS NULL OR reversed_on > %s)'


def three_months_to(on: dt.date) -> dt.date:
    """The first of the month two months before."""
    first = on.replace(day=1)
    for _month in range(2):
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return first


def disputed_cells(on: dt.date, names: Sequence[str], others: Sequence[str]) -> Sql:
    """What was in dispute at the end of the day, at the rate of the invoice."""
    columns = flow(names, others, disputed="sum(round(d.amount * i.rate, 2))")
    return Sql(
        f"SELECT i.customer_id, i.legal_entity_id, {columns} FROM receivables_dispute d"
        ' JOIN receivables_invoice i ON i.id = d.invoice_id WHERE d."on" <= %s'
        " AND (d.resolved_on IS NULL OR d.resolved_on > %s) GROUP BY 1, 2",
        [on, on],
    )
