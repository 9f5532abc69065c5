"""Trading status over many invoice lines, by product and by customer, against the plain SQL that only sums them.

The floor groups and sums the same lines by what is asked for, and nothing more: no shares, no ranks, no period before,
no average of the years. Two lines for each loaded invoice, so that the size decides how many there are.
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
FILL = f"""
INSERT INTO contracts_product (code, name_zh, name_en, unit, price, is_active)
SELECT 'T' || n, 'T' || n, 'T' || n, 'PCS', 100, true FROM generate_series(1, {PRODUCTS}) n;
INSERT INTO receivables_invoiceline (invoice_id, position, product_id, quantity, price, amount, base_amount)
SELECT invoice.id, part, first.id + (invoice.id * 7919 + part * 104729) %% {PRODUCTS}, 1 + invoice.id %% 9,
       100, CASE part WHEN 1 THEN half.amount ELSE invoice.amount - half.amount END,
       CASE part WHEN 1 THEN half.base_amount ELSE invoice.base_amount - half.base_amount END
FROM receivables_invoice invoice
CROSS JOIN LATERAL (
    SELECT round(invoice.amount / 2, 2) AS amount, round(invoice.base_amount / 2, 2) AS base_amount
) half
CROSS JOIN generate_series(1, 2) part
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
    with connection.cursor() as cursor:
        cursor.execute(FILL, [])
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
