"""The throw-away PostgreSQL cluster of a test run.

The first run makes a cluster with every migration applied and keeps its files as a pattern; each run copies the
pattern, starts a server on the copy and removes it at the end. The pattern is made anew when a migration or a pinned
package changes. Django then makes its test databases from the migrated one, which takes a fraction of a second.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg2
from django.db import connection

from scripts.console import ROOT, Stop, run_command
from scripts.postgres import MAINTENANCE, OWNER, THROW_AWAY, Cluster, lasting_home, own
from scripts.processes import end, spawn

PREFIX = "openaccount-test-"
MIGRATED = "openaccount_migrated"
READY = "ready"


class TestCluster:
    """The cluster of this run, in a temporary folder whose lock says that the run is alive."""

    __test__ = False

    def __init__(self) -> None:
        remove_dead_runs()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary_root()))
        self.folder.chmod(0o755)
        self.lock = hold(self.folder / "alive")
        self.cluster = Cluster(self.folder / "pg", options=THROW_AWAY)
        self.making: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.cluster.url("openaccount")

    def begin(self) -> None:
        """Make the pattern, if there is none, in a process of its own while the tests are collected."""
        with (self.folder / "pattern.log").open("wb") as log:
            self.making = spawn([sys.executable, "-m", "tests.database"], cwd=ROOT, stdout=log)

    def start(self) -> None:
        if self.making is not None and self.making.wait():
            raise Stop((self.folder / "pattern.log").read_text(errors="replace").strip())
        own(self.cluster.home)
        copy_pattern(self.cluster.data)
        self.cluster.start()
        self.cluster.prepare("openaccount")
        (self.folder / READY).touch()

    def stop(self) -> None:
        if self.making is not None:
            end(self.making)
        with suppress(Stop):
            self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def wait_for_cluster() -> None:
    """In a worker: until the controlling process has started the cluster of the run, or has given up."""
    folder = Path(os.environ["OPENACCOUNT_TEST_CLUSTER"])
    while not (folder / READY).exists():
        if not folder.exists():
            raise Stop("The tests have no database.")
        time.sleep(0.05)


@contextmanager
def kept_pattern() -> Iterator[Path]:
    """The files of a stopped cluster that holds the migrated database; made when missing or outdated.

    The lock is kept meanwhile: another run, on other migrations, may replace the pattern.
    """
    home = lasting_home("test")
    home.mkdir(parents=True, exist_ok=True)
    with hold(home / "lock", wait=True):
        pattern = home / f"migrated-{fingerprint()}"
        if not pattern.exists():
            for outdated in home.glob("migrated-*"):
                shutil.rmtree(outdated, ignore_errors=True)
            make_pattern(pattern)
        yield pattern


def copy_pattern(target: Path) -> None:
    with kept_pattern() as pattern:
        copied = subprocess.run(["cp", "-a", str(pattern / "data"), str(target)], capture_output=True, text=True)
    if copied.returncode:
        raise Stop(f"The test database could not be copied: {copied.stderr.strip()}")


def make_pattern(pattern: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary_root()))
    draft.chmod(0o755)
    cluster = Cluster(draft / "pg", options=THROW_AWAY)
    try:
        cluster.create()
        cluster.start()
        cluster.prepare(MIGRATED)
        allow_still_triggers(cluster)
        environment = {**os.environ, "DATABASE_URL": cluster.url(MIGRATED)}
        migrate = [sys.executable, "-m", "django", "migrate", "--skip-checks", "--verbosity", "0"]
        migrated = subprocess.run(migrate, env=environment, cwd=ROOT, capture_output=True, text=True)
        if migrated.returncode:
            raise Stop(f"The migrations fail on an empty database:\n{migrated.stderr}")
        cluster.stop()
        shutil.move(cluster.home, pattern)
    finally:
        cluster.stop()
        shutil.rmtree(draft, ignore_errors=True)


def allow_still_triggers(cluster: Cluster) -> None:
    """Let the owner of the test databases put rows back without their triggers (see Pristine)."""
    server = psycopg2.connect(cluster.url("postgres", MAINTENANCE))
    try:
        server.autocommit = True
        server.cursor().execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")
    finally:
        server.close()


def fingerprint() -> str:
    """Changes with every migration of the checkout, every template it brings, every pinned package, and how the pattern
    is made.
    """
    digest = hashlib.sha256(sys.version.encode())
    migrations = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("crm/*/migrations/*.py")]
    brought = sorted(ROOT.glob("contracts/standard/*.toml"))
    for path in [ROOT / "requirements.txt", ROOT / "tests/database.py", *sorted(migrations), *brought]:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def temporary_root() -> Path:
    """As root the server runs as another user, who may not enter a private TMPDIR."""
    return Path("/tmp") if os.geteuid() == 0 else Path(tempfile.gettempdir())


def hold(path: Path, *, wait: bool = False) -> IO[bytes]:
    """Lock a file for as long as the answer stays open; the kernel lets go when the process dies."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def remove_dead_runs() -> None:
    """Remove the folders that killed runs of ours left behind."""
    for folder in temporary_root().glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.geteuid() and (folder / "alive").exists():
                with hold(folder / "alive"):
                    kill_left_over(folder / "pg/data/postmaster.pid")
                    shutil.rmtree(folder, ignore_errors=True)


def kill_left_over(pid_file: Path) -> None:
    with suppress(OSError, ValueError, IndexError):
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)


class Pristine:
    """What the migrations put into a test database, kept in a schema of its own, and put back after a test.

    Django empties every table and seeds it again, about a second; here only the tables that differ are touched.
    Constraints and triggers keep still meanwhile: the rows that come back satisfied them before.
    """

    SCHEMA = "pristine"
    TABLES = """SELECT c.relname, string_agg(quote_ident(a.attname), ', ') FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname"""

    def __init__(self) -> None:
        self.seeded: dict[str, tuple[int, int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(self.TABLES)
            self.columns = dict(cursor.fetchall())
            cursor.execute(f"CREATE SCHEMA {self.SCHEMA}")
            for table in self.holding_rows():
                cursor.execute(f'CREATE TABLE {self.SCHEMA}."{table}" AS TABLE public."{table}"')
                self.seeded[table] = self.state(table)

    def holding_rows(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in self.columns))
            return [name for (name,) in cursor.fetchall()]

    def state(self, table: str) -> tuple[int, int]:
        """How many rows, and the transaction that wrote the newest: both stay as they are while nobody writes."""
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM "{table}"')
            rows, newest = cursor.fetchone()
            return rows, newest

    def put_back(self) -> None:
        changed = {name for name in {*self.holding_rows(), *self.seeded} if self.seeded.get(name) != self.state(name)}
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for name in changed:
                cursor.execute(f'DELETE FROM "{name}"')
                if name in self.seeded:
                    columns = self.columns[name]
                    cursor.execute(
                        f'INSERT INTO "{name}" ({columns}) OVERRIDING SYSTEM VALUE '
                        f'SELECT {columns} FROM {self.SCHEMA}."{name}"'
                    )
                    self.seeded[name] = self.state(name)
            cursor.execute("SET session_replication_role = origin")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with kept_pattern():
        pass


if __name__ == "__main__":
    run_command(main)
