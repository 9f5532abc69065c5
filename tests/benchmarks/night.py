"""The night: every step with one worker process and with two, beside the plain SQL of what a step is about.

The floors read what the step reads and answer one figure a customer; they write nothing. Nothing may run twice, and
after both nights `verify`, a step of the night itself, has found nothing.
"""

import datetime as dt
import os
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress

from django.db import connection

from crm.jobs.models import Night, RunState
from crm.jobs.nightly import repeat_night, start_night
from scripts.console import ROOT
from tests.benchmarks.generate import AS_AT, Size
from tests.benchmarks.result import Result, WrongFigures

ON = AS_AT + dt.timedelta(days=1)
MINUTES, MEGABYTES = 10, 2048
FLOORS = {
    "behaviour": """
        SELECT i.customer_id, sum(a.amount * (a."on" - i.due_on)) / sum(a.amount)
        FROM receivables_invoice i JOIN receivables_allocation a ON a.invoice_id = i.id
        WHERE a."on" < %(on)s AND a."on" >= %(on)s - 365 GROUP BY i.customer_id""",
    "features": """
        SELECT customer_id, count(*), sum(base_amount), max("on"), min("on")
        FROM receivables_invoice WHERE "on" < %(on)s GROUP BY customer_id""",
    "escalation": """
        SELECT customer_id, legal_entity_id, sum(open_base), min(due_on)
        FROM receivables_invoice WHERE open_amount > 0 AND kind <> 'credit_note' AND due_on < %(on)s
        GROUP BY customer_id, legal_entity_id""",
    "snapshot": """
        SELECT c.owner_id, i.legal_entity_id, sum(i.open_base), sum(i.open_base) FILTER (WHERE i.due_on < %(on)s)
        FROM receivables_invoice i JOIN customers_customer c ON c.id = i.customer_id
        WHERE i.open_amount > 0 GROUP BY c.owner_id, i.legal_entity_id""",
}


def floor(sql: str) -> float:
    """Seconds of the quickest of three runs, rows fetched."""
    best = float("inf")
    for _each in range(3):
        with connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(sql, {"on": ON})
            cursor.fetchall()
            best = min(best, time.perf_counter() - began)
    return best


def work_off(night: Night, workers: int) -> tuple[float, float]:
    """Seconds until nothing of the night waits or runs, with that many worker processes, and the peak MB of one."""
    command = [sys.executable, "manage.py", "work", "--poll", "0.5"]
    began = time.perf_counter()
    processes = [subprocess.Popen(command, cwd=ROOT, env=dict(os.environ)) for _each in range(workers)]
    try:
        while night.runs.filter(state__in=(RunState.WAITING, RunState.RUNNING)).exists():
            if all(process.poll() is not None for process in processes):
                raise WrongFigures("the workers of the night ended before it was done")
            time.sleep(0.5)
        seconds = time.perf_counter() - began
    finally:
        peaks = []
        for process in processes:
            process.terminate()
            with suppress(ChildProcessError):
                peaks.append(os.wait4(process.pid, 0)[2].ru_maxrss / 1024)
    failed = night.runs.exclude(state=RunState.DONE).first()
    if failed is not None:
        raise WrongFigures(f"{failed.title}: {failed.get_state_display()} {failed.error}")
    if twice := night.runs.filter(attempts__gt=1).first():
        raise WrongFigures(f"{twice.title} was begun {twice.attempts} times")
    return seconds, max(peaks)


def durations(night: Night) -> dict[str, float]:
    """Seconds of each step, the pieces of a cut one added up."""
    found: dict[str, float] = defaultdict(float)
    for step, began, ended in night.runs.values_list("nightly_step", "started_at", "ended_at"):
        found[step] += (ended - began).total_seconds()
    return dict(found)


def run(size: Size) -> list[Result]:
    floors = {step: floor(sql) for step, sql in FLOORS.items()}
    night = start_night(on=ON)
    if night is None:
        raise WrongFigures(f"the night of {ON} was there already")
    alone, peak = work_off(night, 1)
    steps = durations(night)
    night = repeat_night(on=ON, actor=None)
    together, peak_of_two = work_off(night, 2)
    results = [
        Result(
            f"night: {step}",
            seconds,
            "s",
            floor=f"plain SQL {floors[step]:.2f} s" if step in floors else "",
            ratio=seconds / floors[step] if step in floors else None,
        )
        for step, seconds in sorted(steps.items(), key=lambda item: -item[1])
    ]
    return [
        Result(
            "the whole night, one worker",
            alone,
            "s",
            target=f"<= {MINUTES} min and {MEGABYTES} MB",
            met=alone <= MINUTES * 60 and peak <= MEGABYTES,
            note=f"peak {peak:.0f} MB",
        ),
        Result(
            "the same night again, two workers",
            together,
            "s",
            floor="one worker",
            ratio=together / alone,
            target="not worse",
            met=together <= alone * 1.05,
            note=f"peak {peak_of_two:.0f} MB each",
        ),
        *results,
    ]
