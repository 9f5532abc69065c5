"""Import of a workbook of 100,000 invoices through `manage.py import`: dry run, application, and peak memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook

from receivables.models import Invoice
from scripts.console import ROOT
from tests.benchmarks.generate import Size
from tests.benchmarks.result import Result, WrongFigures

ROWS = {"small": 10_000}
FULL_ROWS = 100_000
SECONDS_AT_MOST, MB_AT_MOST = 60, 500
CUSTOMERS_IN_FILE = 1_000


def write_workbook(path: Path, rows: int) -> None:
    """Invoices of customers that are there already, as an accounting system would export them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Invoices")
    heads = ("Legal entity", "Customer number", "Invoice number", "Invoice date", "Due date", "Currency", "Amount")
    sheet.append(list(heads))
    for number in range(1, rows + 1):
        customer = f"C{number % CUSTOMERS_IN_FILE + 1:06d}"
        on, due = f"2026-0{number % 6 + 1}-{number % 28 + 1:02d}", f"2026-0{number % 6 + 2}-{number % 28 + 1:02d}"
        sheet.append(["BENCH", customer, f"X{number:08d}", on, due, "CNY", round(100 + number % 9973 + 0.37, 2)])
    book.save(path)


def run(size: Size) -> list[Result]:
    rows = ROWS.get(size.name, FULL_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoices.xlsx"
        write_workbook(path, rows)
        command = [sys.executable, "manage.py", "import", "invoices", str(path)]
        environment = {**os.environ, "DATA_DIR": folder}
        began = time.perf_counter()
        with (Path(folder) / "said").open("w+b") as said:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            taken = time.perf_counter() - began
            said.seek(0)
            words = said.read().decode(errors="replace")
    if process.returncode or Invoice.objects.filter(number__startswith="X").count() != rows:
        raise WrongFigures(f"the import of {rows:,} invoices failed:\n{words[-2000:]}")
    peak = usage.ru_maxrss / 1024
    limit = SECONDS_AT_MOST * rows / FULL_ROWS
    return [
        Result(f"import of {rows:,} invoices", taken, "s", target=f"< {limit:.0f} s", met=taken < limit),
        Result("its peak memory", peak, "MB", target=f"< {MB_AT_MOST} MB", met=peak < MB_AT_MOST),
    ]
