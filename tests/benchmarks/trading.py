"""Trading status over many invoice lines, by product and by customer, against the plain SQL that only sums them.

The floor adds up the same documents or lines, for the same days: a year, the year before and all years. It knows no
shares, ranks, names or customers of a product, no total and nothing of what has no lines. Two million lines over the
loaded invoices, or two for each where there are few; those of a credit note count against.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db import connection

from crm.accounts.roles import Scope
from crm.core.dates import months_before
from receivables.selectors.trading import CUSTOMER, PRODUCT, Period, trading_status
from tests.benchmarks.generate import Size
from tests.benchmarks.result import Result, WrongFigures

PRODUCTS, ROUNDS, TARGET = 2_000, 5, 2.0
PAGE = 100
READER = SimpleNamespace(scope=Scope.ALL)
LINES = 2_000_000  # at the sizes large and full
# The lines of an invoice are worth the same, the last one what is left; together they are as many as wanted.
FILL = f"""
INSERT INTO contracts_product (code, name_zh, name_en, unit_zh, unit_en, price, is_active)
SELECT 'T' || n, 'T' || n, 'T' || n, '件', 'pc', 100, true FROM generate_series(1, {PRODUCTS}) n;
INSERT INTO receivables_invoiceline (invoice_id, position, product_id, quantity, price, amount, base_amount)
SELECT invoice.id, part, first.id + (invoice.id * 7919 + part * 104729) %% {PRODUCTS}, 1 + invoice.id %% 9, 100,
       CASE WHEN part < parts THEN each.amount ELSE invoice.amount - (parts - 1) * each.amount END,
       CASE WHEN part < parts THEN each.base_amount ELSE invoice.base_amount - (parts - 1) * each.base_amount END
FROM (
    SELECT *, %(lines)s * place / every - %(lines)s * (place - 1) / every AS parts
    FROM (
        SELECT *, row_number() OVER (ORDER BY id) AS place, COUNT(*) OVER () AS every FROM receivables_invoice
    ) counted
) invoice
CROSS JOIN LATERAL (
    SELECT round(invoice.amount / parts, 2) AS amount, round(invoice.base_amount / parts, 2) AS base_amount
    WHERE parts > 0
) each
CROSS JOIN LATERAL generate_series(1, parts) part
CROSS JOIN (SELECT MIN(id) AS id FROM contracts_product WHERE code LIKE 'T%%') first;
"""
# The sums of the page and nothing else, by one GROUP BY: what is billed of the period and of the year before, of all
# years, the first day, and the quantity of products.
FLOOR = """
SELECT {key}, {quantity}, SUM({amount}) FILTER (WHERE invoice."on" BETWEEN %(start)s AND %(end)s),
       SUM({amount}) FILTER (WHERE invoice."on" BETWEEN %(before_start)s AND %(before_end)s),
       SUM({amount}), MIN(invoice."on")
FROM {rows}
WHERE invoice.reversed_on IS NULL AND invoice."on" <= %(end)s GROUP BY {key}
"""
SIGNED = "CASE WHEN invoice.kind = 'credit_note' THEN -{0} ELSE {0} END"
FLOORS = {
    PRODUCT: FLOOR.format(
        key="line.product_id",
        quantity="""SUM(line.quantity) FILTER (WHERE invoice."on" BETWEEN %(start)s AND %(end)s)""",
        amount=SIGNED.format("line.base_amount"),
        rows="receivables_invoiceline line JOIN receivables_invoice invoice ON invoice.id = line.invoice_id",
    ),
    CUSTOMER: FLOOR.format(
        key="invoice.customer_id",
        quantity="NULL",
        amount=SIGNED.format("invoice.base_amount"),
        rows="receivables_invoice invoice",
    ),
}
BILLED = f"""
SELECT SUM({SIGNED.format("base_amount")}) FROM receivables_invoice invoice
WHERE reversed_on IS NULL AND "on" BETWEEN %s AND %s
"""


def median(call: Callable[[], Any]) -> float:
    """Seconds of the middle one of some rounds, after one to warm up."""
    call()
    took = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def summed(by: str, period: Period) -> list[Any]:
    before = period.same_days_before
    days = {"start": period.start, "end": period.end, "before_start": before.start, "before_end": before.end}
    with connection.cursor() as cursor:
        cursor.execute(FLOORS[by], days)
        rows: list[Any] = cursor.fetchall()
    return rows


def billed(period: Period) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(BILLED, list(period))
        return cursor.fetchone()[0] or Decimal(0)


def check(by: str, period: Period) -> None:
    """The sums of the page are those of the plain SQL, row by row, and both ways come to what was billed."""
    found = trading_status(user=READER, by=by, period=period, limit=None)
    plain = {row[0]: [part or 0 for part in row[2:4]] for row in summed(by, period)}
    ours = {row.key: [row.amount, row.before] for row in found.rows}
    differing = [key for key, sums in plain.items() if sums != ours.get(key, [0, 0])]
    if differing or set(ours) - set(plain):
        raise WrongFigures(f"trading status by {by}: {len(differing)} rows differ, the first is {differing[:1]}")
    if found.billed.amount != billed(period):
        raise WrongFigures(f"trading status by {by}: {found.billed.amount}, billed was {billed(period)}")


def run(size: Size) -> list[Result]:
    wanted = LINES if size.name in ("large", "full") else 2 * size.invoices
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"lines": wanted})
        cursor.execute("SELECT COUNT(*) FROM receivables_invoiceline")
        lines = cursor.fetchone()[0]
        cursor.execute('SELECT MAX("on") FROM receivables_invoice')
        last = cursor.fetchone()[0]
        cursor.execute("VACUUM ANALYZE receivables_invoiceline")
    results = []
    year = Period(months_before(last, 12) + dt.timedelta(days=1), last)
    for by in (PRODUCT, CUSTOMER):
        check(by, year)
        floor = median(lambda by=by: summed(by, year))  # type: ignore[misc]
        took = median(lambda by=by: trading_status(user=READER, by=by, period=year, limit=PAGE))  # type: ignore[misc]
        results.append(
            Result(
                f"trading status by {by}, {lines:,} lines",
                took,
                "s",
                ratio=took / floor,
                floor=f"its plain SQL, {floor:.3f} s",
                target=f"<= {TARGET:.0f}x",
                met=took <= TARGET * floor,
            )
        )
    return results
