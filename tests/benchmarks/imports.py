"""Import of invoices from an .xlsx workbook, from upload to verified books: seconds and peak memory of each step.

    scripts/with-services --database bench_imports -- python -m tests.benchmarks.imports 100000

Target: 100,000 invoices under 60 seconds and 500 MB in all (docs/benchmarks.md). The import runs in a process of its
own, as a worker does, so that its peak memory is its own. The same file is then read once more: nothing may be new.
"""

import datetime as dt
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from tests.benchmarks.result import Result, WrongFigures

ROWS = 100_000  # what the targets are about; a smaller size imports as many rows as it has open invoices
TARGET_SECONDS, TARGET_MB = 60.0, 500.0
HEADS = [
    "Customer number", "Customer name", "Legal entity", "Invoice number", "Invoice date", "Due date", "Currency",
    "Amount", "Reference", "Terms",
]  # fmt: skip


def write_workbook(path: Path, size: int, mark: str) -> None:
    """Invoices of size/10 customers, a few of them heavy; `mark` keeps numbers of several runs apart."""
    chance = random.Random(7)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Invoices")
    sheet.append(HEADS)
    first = dt.date(2025, 7, 1)
    for place in range(size):
        customer = int(max(size // 10, 1) * chance.random() ** 2) + 1
        on = first + dt.timedelta(days=chance.randrange(365))
        term = chance.choice([0, 15, 15, 30, 30, 30, 30, 30, 60, 60])
        amount = round(chance.lognormvariate(6.5, 1.1) + 1, 2)
        row = [f"{mark}{customer:06d}", f"Customer {customer:06d} Co., Ltd", f"{mark}E", f"{mark}-{place:08d}", on]
        sheet.append([*row, on + dt.timedelta(days=term), None, amount, f"PO {place}", term])
    book.save(path)


def run(size: Any) -> list[Result]:
    """Import a workbook of invoices beside what is there; seconds of each step, of the whole, and peak memory."""
    rows = min(size.open_invoices, ROWS)
    figures = imported(rows)
    total, peak = figures["total_seconds"], max(figures["peak_mb"].values())
    whole = rows == ROWS
    steps = [Result(f"step '{step}'", value, "s") for step, value in figures["seconds"].items()]
    return [
        *steps,
        Result(
            f"{rows:,} invoices from .xlsx, upload to verified books",
            total,
            "s",
            target=f"{TARGET_SECONDS:.0f} s" if whole else "",
            met=total <= TARGET_SECONDS if whole else None,
        ),
        Result(
            "peak memory of the importing process",
            peak,
            "MB",
            target=f"{TARGET_MB:.0f} MB" if whole else "",
            met=peak <= TARGET_MB if whole else None,
        ),
    ]


def imported(size: int) -> dict[str, Any]:
    """Import `size` invoices into the database of DATABASE_URL in a process of its own; its figures."""
    mark = f"B{int(time.time()) % 1_000_000:06d}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoices.xlsx"
        write_workbook(path, size, mark)
        environment = {"DATA_DIR": folder, **os.environ}
        command = [sys.executable, "-m", "tests.benchmarks.imports", "--measure", str(path)]
        answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    if answer.returncode:
        raise WrongFigures(answer.stderr[-2000:])
    figures: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def measure(path: Path) -> dict[str, Any]:
    """What the child process does: upload, dry run, apply and verify, and the same file once more."""
    import django

    django.setup()
    from crm.exchange.models import Import
    from crm.exchange.services import receive_file, start_apply, start_check

    peaks: dict[str, float] = {"start": peak_mb()}
    seconds: dict[str, float] = {}
    began = time.perf_counter()
    with path.open("rb") as file:
        found = receive_file(actor=None, kind="invoices", file=file, file_name=path.name, today=dt.date(2026, 6, 30))
    seconds["upload"], peaks["upload"] = time.perf_counter() - began, peak_mb()
    options = {**found.options, "create_customers": "1", "create_entities": "1"}
    check = finish(start_check(actor=None, import_id=found.pk, mapping=found.mapping, options=options), seconds)
    peaks["dry run"] = peak_mb()
    counts = dict(Import.objects.values_list("counts", flat=True).get(pk=found.pk))
    done = finish(start_apply(actor=None, import_id=found.pk), seconds)
    peaks["apply"] = peak_mb()
    total = time.perf_counter() - began
    with path.open("rb") as file:
        again = receive_file(actor=None, kind="invoices", file=file, file_name=path.name, today=dt.date(2026, 6, 30))
    finish(start_check(actor=None, import_id=again.pk, mapping=again.mapping, options=options), {})
    again.refresh_from_db()
    assert check.state == done.state == "done", (check.error, done.error)
    assert counts["new"] == counts["rows"] == again.counts["unchanged"], (counts, again.counts)
    assert done.counts["differences"] == 0, done.counts
    return {
        "seconds": {step: round(value, 2) for step, value in seconds.items()},
        "total_seconds": round(total, 2),
        "peak_mb": {step: round(value) for step, value in peaks.items()},
        "rows": counts["rows"],
    }


def finish(run: Any, seconds: dict[str, float]) -> Any:
    """Execute a run here, as a worker would, and note how long each of its steps took."""
    from crm.jobs.worker import claim_next, execute

    claimed = claim_next(worker="benchmark", run_id=run.pk)
    if claimed is not None:
        execute(claimed)
    run.refresh_from_db()
    for step in run.steps.all():
        seconds[step.key] = (step.ended_at - step.started_at).total_seconds()
    return run


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    if sys.argv[1] == "--measure":
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        print(json.dumps(imported(int(sys.argv[1])), indent=2))
