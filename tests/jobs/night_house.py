"""A small installation of its own for the kill tests: PostgreSQL, Valkey, two workers and beat as real processes.

Whoever is killed is started again, as Docker or systemd would do it.
"""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2

from scripts.console import ROOT
from scripts.postgres import Cluster, own
from scripts.processes import end, spawn
from scripts.valkey import Valkey, binary
from tests.database import MIGRATED, copy_pattern, temporary_root
from tests.jobs.night_app import WANTED

# What was committed survives a kill of the server (not of the machine, which is not killed here).
OPTIONS = {"fsync": "off", "synchronous_commit": "on", "autovacuum": "off", "max_connections": "60"}
MARKS = "CREATE TABLE night_marks (id serial, night date, step text, piece int, worker text)"
PATIENCE = 90.0
STARTER = """
import datetime as dt, sys
import django
django.setup()
from django.db import connection
from crm.jobs.nightly import start_night
for line in sys.stdin:
    start_night(on=dt.date.fromisoformat(line.strip()))
    connection.close()
    print("started", flush=True)
"""


class House:
    """The servers and processes of one installation."""

    def __init__(self, *, workers: int = 2) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="openaccount-night-", dir=temporary_root()))
        self.folder.chmod(0o755)
        self.cluster = Cluster(self.folder / "pg", options=OPTIONS)
        self.valkey = Valkey()
        self.workers = workers
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.on = dt.date(2026, 1, 1)

    def __enter__(self) -> "House":
        own(self.cluster.home)
        copy_pattern(self.cluster.data)
        self.cluster.start()
        self.cluster.prepare(MIGRATED)
        self.valkey.start()
        self.sql(MARKS)
        self.starter = subprocess.Popen(
            [sys.executable, "-c", STARTER],
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in self.names:
            self.start(name)
        return self

    def __exit__(self, *args: object) -> None:
        self.starter.kill()
        self.starter.communicate()
        for process in self.processes.values():
            kill(process)
        self.valkey.stop()
        self.cluster.stop()
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)

    @property
    def names(self) -> list[str]:
        return ["beat", *(f"worker{number}" for number in range(self.workers))]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.cluster.url(MIGRATED),
            "REDIS_URL": self.valkey.url(),
            "DJANGO_SETTINGS_MODULE": "tests.jobs.night_settings",
            "SECRET_KEY": "of the kill tests",
            "DATA_DIR": str(self.folder),
            "NIGHT_HOUR": "off",
            "RUN_BEAT_SECONDS": "0.4",
            "RUN_STALE_SECONDS": "2",
            "HTTPS": "0",
        }

    def start(self, name: str) -> None:
        role = ["beat", "--schedule", str(self.folder / "beat"), "--pidfile="]
        if name != "beat":
            role = ["worker", "--pool", "solo", "--hostname", f"{name}@house", "--without-mingle", "--without-gossip"]
        command = [sys.executable, "-m", "celery", "--app", "crm.celery:app", *role, "--loglevel", "WARNING"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = spawn(command, env=self.environment, cwd=ROOT, stdout=log)

    def revive(self) -> None:
        """Start again who died of what was done to somebody else."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(name)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """A connection for each question: the server may have been killed since the last one."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connection = psycopg2.connect(self.cluster.url(MIGRATED), connect_timeout=3)
                try:
                    with connection, connection.cursor() as cursor:
                        cursor.execute(statement, values)
                        return cursor.fetchall() if cursor.description else []
                finally:
                    connection.close()
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def night(self) -> dt.date:
        """Start the next night, as beat or a person does."""
        self.on += dt.timedelta(days=1)
        pipe = self.starter.stdin, self.starter.stdout
        assert pipe[0] is not None
        assert pipe[1] is not None
        pipe[0].write(f"{self.on}\n".encode())
        pipe[0].flush()
        assert pipe[1].readline() == b"started\n"
        return self.on

    # What is done to it
    def kill_worker(self, chance: random.Random) -> None:
        """Somebody who is at work, where there is one: the processes are named in the runs they have claimed."""
        busy = {row[0].rpartition(":")[2] for row in self.sql("SELECT worker FROM jobs_run WHERE state = 'running'")}
        workers = [name for name in self.names if name != "beat"]
        at_work = [name for name in workers if str(self.processes[name].pid) in busy]
        name = chance.choice(at_work or workers)
        kill(self.processes[name])
        self.start(name)

    def kill_broker(self, chance: random.Random) -> None:
        assert self.valkey.process is not None
        kill(self.valkey.process)
        time.sleep(chance.uniform(0.0, 1.0))
        deadline = time.monotonic() + PATIENCE
        while True:  # on the port it had: where everybody looks for it
            with self.valkey.configuration() as configuration:
                self.valkey.process = spawn([binary(), "-"], stdin=configuration, stdout=subprocess.DEVNULL)
            answer_until = time.monotonic() + 5
            while self.valkey.process.poll() is None and time.monotonic() < answer_until:
                if self.valkey.answers():
                    return
                time.sleep(0.05)
            kill(self.valkey.process)
            assert time.monotonic() < deadline, "the broker does not come back"

    def kill_postgres(self, chance: random.Random) -> None:
        assert self.cluster.process is not None
        kill(self.cluster.process)
        time.sleep(chance.uniform(0.0, 1.0))
        self.cluster.start()

    # What must be true
    def wait_for_begin(self, on: dt.date) -> None:
        self.wait(lambda: self.sql("SELECT 1 FROM jobs_run WHERE \"on\" = %s AND state <> 'waiting'", on), "begins")

    def wait_for_end(self, on: dt.date) -> None:
        open_runs = "SELECT 1 FROM jobs_run WHERE \"on\" = %s AND state IN ('waiting', 'running')"
        self.wait(lambda: not self.sql(open_runs, on), "ends")

    def wait(self, true: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"the night never {what}\n{self.story()}"
            self.revive()
            time.sleep(0.1)

    def check(self, on: dt.date) -> None:
        """Everything was done exactly once, and nothing before what it comes after."""
        states = dict(self.sql('SELECT state, count(*) FROM jobs_run WHERE "on" = %s GROUP BY state', on))
        assert set(states) == {"done"}, f"{states}\n{self.story()}"
        marks = self.sql("SELECT step, piece, count(*) FROM night_marks WHERE night = %s GROUP BY 1, 2", on)
        wanted = sorted((step, piece, 1) for step, count in WANTED.items() for piece in range(count))
        assert sorted(marks) == wanted, self.story()
        span = {
            step: (low, high)
            for step, low, high in self.sql(
                "SELECT step, min(id), max(id) FROM night_marks WHERE night = %s GROUP BY 1", on
            )
        }
        assert span["first"][1] < span["wide"][0]
        assert span["wide"][1] < span["between"][0]
        assert max(span["between"][1], span["beside"][1]) < span["last"][0]
        assert max(high for step, (_low, high) in span.items() if step != "end") < span["end"][0]

    def interrupted(self, on: dt.date) -> int:
        """How many pieces of work of that night had to be begun again: the kill hit somebody at work."""
        return int(self.sql('SELECT count(*) FROM jobs_run WHERE "on" = %s AND claim > 1', on)[0][0])

    def story(self) -> str:
        runs = self.sql(
            'SELECT "on", nightly_step, piece, state, attempts, claim, worker, error_code FROM jobs_run'
            " ORDER BY id DESC LIMIT 30"
        )
        logs = [f"--- {file.name}\n{file.read_text()[-1500:]}" for file in sorted(self.folder.glob("*.log"))]
        return "\n".join([*map(str, runs), *logs])


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9, of the process and of all it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    end(process, within=1)
