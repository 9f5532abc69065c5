"""Run a command with the services it needs, next to others doing the same.

    scripts/with-services --database mine --port 8010 -- ./manage.py runserver 8010

All commands of one checkout share one embedded PostgreSQL server; each has the database it names, made when missing,
and a Valkey server of its own. The shared server starts with the first command and ends with the last.
The command finds DATABASE_URL, REDIS_URL, PORT and development settings (DEBUG, SECRET_KEY) in its environment;
what is set there already stays as it is.
"""

import argparse
import contextlib
import fcntl
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

from scripts.console import ROOT, Stop, run_command, say
from scripts.postgres import DURABLE, Cluster, lasting_home
from scripts.valkey import Valkey


@contextlib.contextmanager
def shared_cluster(database: str) -> Iterator[str]:
    """The address of `database` on the shared server. Each user holds a shared lock; whoever can take it alone at
    the end is the last one and ends the server. The kernel drops the lock of a killed process."""
    home = lasting_home("development")
    home.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(home / "pg", options=DURABLE)
    with (home / "users.lock").open("ab") as users, (home / "starting.lock").open("ab") as starting:
        with locked(starting):
            cluster.create()
            if not cluster.answers():
                say("- starting the shared PostgreSQL server")
                cluster.start(outlive=True)
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster.prepare(database)
        try:
            yield cluster.url(database)
        finally:
            with locked(starting):
                fcntl.flock(users, fcntl.LOCK_UN)
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    cluster.stop_running()


@contextlib.contextmanager
def locked(file: IO[bytes]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def run_in_front(command: list[str], environment: dict[str, str]) -> int:
    """Run the command in our terminal and pass on what ends us; Ctrl-C reaches it by itself."""
    try:
        process = subprocess.Popen(command, env=environment)
    except FileNotFoundError:
        raise Stop(f"There is no command {command[0]!r}.") from None

    def pass_on(number: int, _frame: object) -> None:
        process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = process.wait()
    return 128 - status if status < 0 else status


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/with-services", description=__doc__.splitlines()[0])
    parser.add_argument("--database", default="openaccount_dev", help="its name on the shared server")
    parser.add_argument("--port", default="8000", help="put into PORT for the command")
    parser.add_argument("command", nargs="+", help="after --")
    options = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,50}", options.database):
        raise Stop("A database name is made of small letters, digits and underscores.")
    with contextlib.ExitStack() as stack:
        environment = {"DEBUG": "1", "DEMO_MODE": "1", "SECRET_KEY": "for development only", "PORT": options.port}
        if "DATABASE_URL" not in os.environ:
            environment["DATABASE_URL"] = stack.enter_context(shared_cluster(options.database))
        if "REDIS_URL" not in os.environ:
            valkey = Valkey()
            valkey.start()
            stack.callback(valkey.stop)
            environment["REDIS_URL"] = valkey.url()
        path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        say(f"- database {options.database}: {shlex.join(options.command)}")
        return run_in_front(options.command, {**environment, **os.environ, "PATH": path})


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run_command(main)
