"""Ageing against plain SQL that joins every allocation, the same figures from both."""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection

from crm.accounts.models import User
from receivables.selectors.ageing import AgeingQuery, ageing_lines, ageing_page, open_documents
from tests.benchmarks.generate import AS_AT, FIRST_CUSTOMER, READER, Size
from tests.benchmarks.result import Result, WrongFigures
from tests.benchmarks.web import Wsgi, sign_in

THREE_MONTHS, ONE_YEAR = dt.timedelta(days=91), dt.timedelta(days=365)
FIVE_BUCKETS = (30, 60, 90)  # not due, three buckets, and over: as the comparison was measured
USUAL = (30, 60, 90, 180, 365)

# 'Floor A': what anybody would write first. Each invoice less what was allocated to it up to the date.
FLOOR = """
SELECT i.customer_id,
       sum(CASE WHEN %(on)s - i.due_on <= 0 THEN i.amount - coalesce(a.paid, 0) ELSE 0 END),
       sum(CASE WHEN %(on)s - i.due_on BETWEEN 1 AND 30 THEN i.amount - coalesce(a.paid, 0) ELSE 0 END),
       sum(CASE WHEN %(on)s - i.due_on BETWEEN 31 AND 60 THEN i.amount - coalesce(a.paid, 0) ELSE 0 END),
       sum(CASE WHEN %(on)s - i.due_on BETWEEN 61 AND 90 THEN i.amount - coalesce(a.paid, 0) ELSE 0 END),
       sum(CASE WHEN %(on)s - i.due_on > 90 THEN i.amount - coalesce(a.paid, 0) ELSE 0 END)
FROM receivables_invoice i
LEFT JOIN (
    SELECT invoice_id, sum(amount) AS paid FROM receivables_allocation WHERE "on" <= %(on)s GROUP BY invoice_id
) a ON a.invoice_id = i.id
WHERE i."on" <= %(on)s AND i.amount - coalesce(a.paid, 0) <> 0
GROUP BY i.customer_id
"""
FLOOR_OF_ONE = """
SELECT sum(i.amount - coalesce(a.paid, 0)) FILTER (WHERE %(on)s - i.due_on <= 0),
       sum(i.amount - coalesce(a.paid, 0)) FILTER (WHERE %(on)s - i.due_on BETWEEN 1 AND 30),
       sum(i.amount - coalesce(a.paid, 0)) FILTER (WHERE %(on)s - i.due_on BETWEEN 31 AND 60),
       sum(i.amount - coalesce(a.paid, 0)) FILTER (WHERE %(on)s - i.due_on BETWEEN 61 AND 90),
       sum(i.amount - coalesce(a.paid, 0)) FILTER (WHERE %(on)s - i.due_on > 90)
FROM receivables_invoice i
LEFT JOIN LATERAL (
    SELECT sum(amount) AS paid FROM receivables_allocation WHERE invoice_id = i.id AND "on" <= %(on)s
) a ON true
WHERE i.customer_id = %(customer)s AND i."on" <= %(on)s
"""


def query(on: dt.date, bounds: tuple[int, ...] = USUAL, **more: Any) -> AgeingQuery:
    return AgeingQuery(User.objects.get(username=READER), on, AS_AT, bounds, **more)


def seconds(*works: Callable[[], object], rounds: int) -> list[float]:
    """The median of each work; the rounds go in turn, so that a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _work in works]
    for number in range(rounds + 1):
        for place, work in enumerate(works):
            began = time.perf_counter()
            work()
            if number:  # the first round fills the caches
                taken[place].append(time.perf_counter() - began)
    return [statistics.median(found) for found in taken]


def floor_rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def check_figures(on: dt.date) -> int:
    """Every figure of every customer from both; anything that differs is an error of ours."""
    wanted = {str(row[0]): row[1:] for row in floor_rows(FLOOR, on=on)}
    found = {line.key: (*line.amounts,) for line in ageing_lines(query(on, FIVE_BUCKETS))}
    if wanted != found:
        odd = next(key for key in {*wanted, *found} if wanted.get(key) != found.get(key))
        raise WrongFigures(f"ageing as at {on}, customer {odd}: {found.get(odd)} is not {wanted.get(odd)}")
    total = ageing_page(query(on, FIVE_BUCKETS), limit=1).totals
    if sum((line.receivable for line in total), Decimal(0)) != sum(sum(row) for row in wanted.values()):
        raise WrongFigures(f"the total of ageing as at {on} is not the sum of its customers")
    return len(found)


def run(size: Size) -> list[Result]:
    wsgi, found = Wsgi(sign_in()), []
    rounds = 7 if size.open_invoices <= 100_000 else 3
    for label, on, limit in (
        ("today", AS_AT, 1.0),
        ("three months back", AS_AT - THREE_MONTHS, 1.5),
        ("one year back", AS_AT - ONE_YEAR, 1.5),
    ):
        groups = check_figures(on)
        address = f"/receivables/ageing/?as_at={on}"
        wsgi.get(address)
        asked = query(on)
        floor, selector, page = seconds(
            partial(floor_rows, FLOOR, on=on),
            partial(ageing_page, asked),
            partial(wsgi.get, address),
            rounds=rounds,
        )
        found.append(Result(f"floor A, {label}", floor * 1000, "ms", note=f"{groups:,} customers"))
        found.append(
            Result(f"ageing selector, {label}", selector * 1000, "ms", floor="floor A", ratio=selector / floor)
        )
        found.append(
            Result(
                f"ageing page, {label}",
                page * 1000,
                "ms",
                floor="floor A",
                ratio=page / floor,
                target=f"<= {limit}",
                met=page / floor <= limit,
                note="fixed cost of a page" if page - selector > floor else "",
            )
        )
    return [*found, *one_customer(wsgi)]


def one_customer(wsgi: Wsgi) -> list[Result]:
    """The heaviest customer and an ordinary one: what they cost must not depend on all the others."""
    found = []
    ordinary = floor_rows(
        "SELECT customer_id FROM receivables_invoice WHERE customer_id > %(first)s AND open_amount > 0"
        " GROUP BY customer_id ORDER BY abs(count(*) - 10), customer_id LIMIT 1",
        first=FIRST_CUSTOMER,
    )[0][0]
    for label, customer in (("heaviest", FIRST_CUSTOMER + 1), ("ordinary", ordinary)):
        asked = query(AS_AT, FIVE_BUCKETS, customer_id=customer)
        (wanted,) = floor_rows(FLOOR_OF_ONE, on=AS_AT, customer=customer)
        (line,) = ageing_page(asked).lines
        if tuple(amount or Decimal(0) for amount in wanted) != line.amounts:
            raise WrongFigures(f"ageing of customer {customer}: {line.amounts} is not {wanted}")
        documents = open_documents(asked, "total", limit=1)
        if documents.base_total != line.total:
            raise WrongFigures(f"the documents of customer {customer} are not its total")
        floor, selector, page = seconds(
            partial(floor_rows, FLOOR_OF_ONE, on=AS_AT, customer=customer),
            partial(ageing_page, asked),
            partial(wsgi.get, f"/receivables/ageing/?as_at={AS_AT}&customer={customer}"),
            rounds=15,
        )
        limit = 2 * floor + 0.005
        found.append(
            Result(f"its SQL, {label} customer", floor * 1000, "ms", note=f"{documents.count:,} open invoices")
        )
        found.append(
            Result(
                f"ageing selector, {label} customer",
                selector * 1000,
                "ms",
                floor="its SQL",
                ratio=selector / floor,
                target="<= 2 x SQL + 5 ms",
                met=selector <= limit,
            )
        )
        found.append(Result(f"ageing page, {label} customer", page * 1000, "ms", note="the same at every size"))
    return found
