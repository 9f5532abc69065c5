"""The benchmarks: load a size, measure, compare with the floors of the same run.

    python -m tests.benchmarks --size small|medium|large|full [--only ageing --only lists ...] [--markdown FILE]

Starts a PostgreSQL of its own and removes it at the end; with DATABASE_URL it takes that database, which must hold
nothing but the data of an earlier run. Ends with an error when figures disagree, never because something was slow.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path

from scripts.console import Stop, run_command, say
from scripts.postgres import DURABLE, MAINTENANCE, Cluster

# In this order: what writes comes last, since it changes what the others measure.
PARTS = {
    "ageing": "Ageing",
    "memory": "Memory",
    "documents": "Documents",
    "lists": "Lists and the customer page, 8 users, 2 workers",
    "contracts": "Contracts: list and search, 8 users, 2 workers",
    "receipts": "Receipts",
    "checks": "Credit checks",
    "orders": "Orders",
    "trading": "Trading status",
    "imports": "Import",
    "night": "The night",
}
OWN_SERVER = {**DURABLE, "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}


@contextmanager
def database() -> Iterator[str]:
    """The address of the database to measure on."""
    if "DATABASE_URL" in os.environ:
        yield os.environ["DATABASE_URL"]
        return
    root = "/tmp" if os.geteuid() == 0 else None  # as root the server runs as another user
    with tempfile.TemporaryDirectory(prefix="openaccount-bench-", dir=root) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "pg", options=OWN_SERVER)
        try:
            cluster.create()
            cluster.start()
            cluster.prepare("openaccount_bench")
            # As the superuser: the load generator may then leave foreign keys unchecked.
            yield cluster.url("openaccount_bench", MAINTENANCE)
        finally:
            cluster.stop()


def empty_tables() -> None:
    """Begin with empty tables; a database with anything but bench data in it is left alone."""
    from django.core.management import call_command

    from crm.core.models import LegalEntity

    call_command("migrate", verbosity=0)
    foreign = LegalEntity.objects.exclude(code__startswith="B").first()
    if foreign is not None:
        raise Stop(f"This database holds {foreign}: the benchmarks want one of their own.")
    call_command("flush", verbosity=0, interactive=False)


def verify() -> float:
    """`manage.py verify` must find nothing in the generated data; the seconds it took."""
    from django.core.management import CommandError, call_command

    from tests.benchmarks.result import WrongFigures

    began, said = time.perf_counter(), StringIO()
    try:
        with redirect_stdout(said):
            call_command("verify", stdout=said)
    except (CommandError, SystemExit) as error:
        raise WrongFigures(f"verify: {error}\n{said.getvalue()[-2000:]}") from error
    return time.perf_counter() - began


def measure(options: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.db import connection

    from tests.benchmarks.generate import SIZES, generate
    from tests.benchmarks.report import markdown, plain
    from tests.benchmarks.result import Result, WrongFigures

    size, wrong = SIZES[options.size], False
    empty_tables()
    say(f"- loading {size.open_invoices:,} open invoices of {size.customers:,} customers")
    seconds = generate(size, say=say)
    parts: dict[str, list[Result]] = {}
    try:
        seconds["verify"] = verify()
        say(f"  verify: {seconds['verify']:.1f} s, no differences")
        for part in options.only or PARTS:
            say(f"- {PARTS[part]}")
            parts[PARTS[part]] = import_module(f"tests.benchmarks.{part}").run(size)
            say(plain(parts[PARTS[part]]))
            connection.close()
    except WrongFigures as error:
        print(f"WRONG: {error}", file=sys.stderr)
        wrong = True
    if options.markdown:
        command = f"python -m tests.benchmarks --size {size.name}"
        Path(options.markdown).write_text(markdown(size, command, seconds, parts))
    return int(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=["small", "medium", "large", "full"], default="small")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="this part alone; may be repeated")
    parser.add_argument("--markdown", help="write the table of this run to a file")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
    os.environ.setdefault("SECRET_KEY", "the benchmarks' own key, worth nothing elsewhere")
    for name in ("DEBUG", "DEMO_MODE"):
        os.environ.pop(name, None)
    # Files of the measured company stand in a folder of its own.
    with database() as url, tempfile.TemporaryDirectory(prefix="openaccount-files-") as files:
        os.environ |= {"DATABASE_URL": url, "DATA_DIR": files}
        return measure(options)


if __name__ == "__main__":
    run_command(main)
