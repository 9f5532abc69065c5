"""Trading status over many invoice lines, by product and by customer, against the plain SQL that only sums them.

The floor groups and sums the same lines by what is asked for, and nothing more: no shares, no ranks, no period before,
no average of the years. Two million lines over the loaded invoices, or two for each where there are few.
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
from receivables.selectors.trading import CUSTOMER, PRODUCT, Period, trading_status
from tests.benchmarks.generate import Size
from tests.benchmarks.result import Result, WrongFigures

PRODUCTS, ROUNDS, TARGET = 2_000, 5, 2.0
LINES = 2_000_000  # at the sizes large and full
# The lines of an invoice are worth the same, the last one what is left; together they are as many as wanted.
FILL = f"""
INSERT INTO contracts_product (code, name_zh, name_en, unit, price, is_active)
SELECT 'T' || n, 'T' || n, 'T' || n, 'PCS', 100, true FROM generate_series(1, {PRODUCTS}) n;
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
FLOOR = """
SELECT {key}, SUM(line.quantity), SUM(line.base_amount)
FROM receivables_invoiceline line JOIN receivables_invoice invoice ON invoice.id = line.invoice_id
WHERE invoice.reversed_on IS NULL AND invoice."on" BETWEEN %s AND %s GROUP BY {key}
"""
KEYS = {PRODUCT: "line.product_id", CUSTOMER: "invoice.customer_id"}


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
    with connection.cursor() as cursor:
        cursor.execute(FLOOR.format(key=KEYS[by]), list(period))
        rows: list[Any] = cursor.fetchall()
    return rows


def run(size: Size) -> list[Result]:
    wanted = LINES if size.name in ("large", "full") else 2 * size.invoices
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"lines": wanted})
        cursor.execute("SELECT COUNT(*) FROM receivables_invoiceline")
        lines = cursor.fetchone()[0]
        cursor.execute('SELECT MIN("on"), MAX("on") FROM receivables_invoice')
        first, last = cursor.fetchone()
        cursor.execute("VACUUM ANALYZE receivables_invoiceline")
    reader, results = SimpleNamespace(scope=Scope.ALL), []
    whole = Period(first + dt.timedelta(days=1), last)
    for by in (PRODUCT, CUSTOMER):
        plain = sum((row[2] for row in summed(by, whole)), Decimal(0))
        found = trading_status(user=reader, by=by, period=whole, limit=100)
        if found.amount != plain:
            raise WrongFigures(f"trading status by {by}: {found.amount}, the lines add up to {plain}")
        floor = median(lambda by=by: summed(by, whole))  # type: ignore[misc]
        took = median(lambda by=by: trading_status(user=reader, by=by, period=whole, limit=100))  # type: ignore[misc]
        results.append(
            Result(
                f"trading status by {by}, {lines:,} lines",
                took,
                "s",
                ratio=took / floor,
                floor=f"its plain SQL, {floor:.2f} s",
                target=f"<= {TARGET:.0f}x",
                met=took <= TARGET * floor,
            )
        )
    return results
