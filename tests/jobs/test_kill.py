"""A worker that is killed in the middle of an import: picked up again or failed with a reason, never doubled."""

import io
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from crm.core.registry import registry
from crm.exchange.models import Import
from crm.exchange.services import receive_file, start_apply, start_check
from crm.jobs.models import ENDED, Run, RunState
from crm.jobs.worker import work_off
from customers.models import Customer
from receivables.models import Invoice, Receipt
from tests.exchange.files import csv_file
from tests.factories import make_entity

ROOT = Path(__file__).resolve().parents[2]
ROWS = 1_500
STALE = 2.0
HEADS = ["customer number", "due date", "clear date", "amount"]


def paid_file() -> io.BytesIO:
    rows = [[f"K{number % 90:03d}", "2026-02-01", "2026-02-03", f"{number}.25"] for number in range(1, ROWS + 1)]
    return csv_file([HEADS, *rows])


def worker(folder: Path) -> subprocess.Popen[bytes]:
    """A worker of its own on the tests' database, with files on disk."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "DATA_DIR": str(folder),
        "NIGHT_HOUR": "off",
    }
    command = [sys.executable, "manage.py", "work", "--poll", "0.2", "--beat", "0.5", "--stale-after", str(STALE)]
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def kill_until_ended(run: Run, folder: Path, chance: random.Random, kills: int) -> int:
    """Run workers and kill -9 each after a random while; the last one may live. Returns how many were killed."""
    killed, end = 0, time.monotonic() + 120
    process = worker(folder)
    try:
        while not Run.objects.filter(pk=run.pk, state__in=ENDED).exists():
            assert time.monotonic() < end, "running for ever"
            if killed < kills:
                wait_until_claimed(run, killed + 1, end, process, folder)
                time.sleep(chance.uniform(0.0, 0.9))
                process.kill()
                process.wait()
                killed += 1
                process = worker(folder)
            else:
                time.sleep(0.2)
    finally:
        process.kill()
        process.wait()
    return killed


def wait_until_claimed(run: Run, attempt: int, end: float, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    while not Run.objects.filter(pk=run.pk, attempts__gte=attempt).exists():
        if Run.objects.filter(pk=run.pk, state__in=ENDED).exists():
            return
        assert process.poll() is None, (folder / "worker.log").read_text()
        assert time.monotonic() < end, "nobody picked it up"
        time.sleep(0.02)


def differences() -> list[object]:
    return [difference for verifier in registry.verifiers.values() for difference in verifier()]


@pytest.fixture
def on_disk(settings: Any, tmp_path: Path) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
    }
    field: Any = Import._meta.get_field("file")
    from django.core.files.storage import storages

    before, field.storage = field.storage, storages["private"]
    result: Any = Run._meta.get_field("result")
    result_before, result.storage = result.storage, storages["private"]
    yield tmp_path
    field.storage, result.storage = before, result_before


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_worker_neither_doubles_nor_loses_an_import(on_disk: Path, seed: int, settings: Any) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = False
    chance = random.Random(seed)
    make_entity("E1")
    import datetime as dt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm.jobs.services.announce", lambda: None)
        found = receive_file(
            actor=None, kind="paid_invoices", file=paid_file(), file_name="paid.csv", today=dt.date(2026, 3, 31)
        )
        options = {**found.options, "legal_entity": "E1", "create_customers": "1"}
        run = start_check(actor=None, import_id=found.pk, mapping=found.mapping, options=options)
        kill_until_ended(run, on_disk, chance, kills=1)
        run.refresh_from_db()
        assert run.state == RunState.DONE, run.error
        found.refresh_from_db()
        assert (found.counts["rows"], found.counts["new"]) == (ROWS, ROWS)
        assert not Invoice.objects.exists()

        run = start_apply(actor=None, import_id=found.pk)
        killed = kill_until_ended(run, on_disk, chance, kills=2)
    run.refresh_from_db()
    found.refresh_from_db()
    if run.state == RunState.FAILED:
        assert run.error_code == "worker_lost", (on_disk / "worker.log").read_text()
        assert Invoice.objects.count() in (0, ROWS), "all or nothing"
    else:
        assert run.state == RunState.DONE
        assert Invoice.objects.count() == ROWS
    done = Invoice.objects.count()
    assert Receipt.objects.count() == done
    assert Customer.objects.count() == (90 if done else 0)
    assert bool(found.applied_at) == bool(done)
    assert differences() == []
    assert killed >= 1
    assert work_off() == 0, "nothing is left to be done twice"
    assert Invoice.objects.count() == done
