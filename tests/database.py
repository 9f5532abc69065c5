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
from contextlib import suppress
from pathlib import Path
from typing import IO

from scripts.console import ROOT, Stop
from scripts.postgres import MAINTENANCE, THROW_AWAY, Cluster, lasting_home, own

PREFIX = "openaccount-test-"
MIGRATED = "openaccount_migrated"


class TestCluster:
    """The cluster of this run, in a temporary folder whose lock says that the run is alive."""

    __test__ = False

    def __init__(self) -> None:
        remove_dead_runs()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary_root()))
        self.folder.chmod(0o755)
        self.lock = hold(self.folder / "alive")
        self.cluster = Cluster(self.folder / "pg", options=THROW_AWAY)

    @property
    def url(self) -> str:
        return self.cluster.url("openaccount")

    def start(self) -> None:
        own(self.cluster.home)
        copy_pattern(self.cluster.data)
        self.cluster.start()
        self.cluster.prepare("openaccount")

    def stop(self) -> None:
        with suppress(Stop):
            self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def copy_pattern(target: Path) -> None:
    """Copy the data folder of a stopped cluster that holds the migrated database; made when missing or outdated.

    The lock is kept until the copy is made: another run, on other migrations, may replace the pattern.
    """
    home = lasting_home("test")
    home.mkdir(parents=True, exist_ok=True)
    with hold(home / "lock", wait=True):
        pattern = home / f"migrated-{fingerprint()}"
        if not pattern.exists():
            for outdated in home.glob("migrated-*"):
                shutil.rmtree(outdated, ignore_errors=True)
            make_pattern(pattern)
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


def fingerprint() -> str:
    """Changes with every migration of the checkout and every pinned package."""
    digest = hashlib.sha256(sys.version.encode())
    migrations = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("crm/*/migrations/*.py")]
    for path in [ROOT / "requirements.txt", *sorted(migrations)]:
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


__all__ = ["MAINTENANCE", "MIGRATED", "TestCluster"]
