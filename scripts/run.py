"""`make run`: from a bare clone to the running product, and everything ended together.

The first part runs on the system's Python and makes the environment; the second runs in it, starts PostgreSQL and
Valkey (unless DATABASE_URL and REDIS_URL name servers), prepares the database and starts the product's processes:
web (gunicorn), worker and beat (Celery).
"""

import fcntl
import json
import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from scripts.console import ROOT, VAR, Stop, run_command, step
from scripts.environment import PYTHON, ensure_environment_and_assets
from scripts.postgres import DURABLE, Cluster, lasting_home
from scripts.prepare import DEMO_USERS, static_is_current
from scripts.processes import end, spawn
from scripts.supervisor import Supervisor, end_on_signals
from scripts.translations import compile_translations
from scripts.valkey import Valkey

HOST = "127.0.0.1"
RUNNING = VAR / "running.json"
READY_SECONDS = 60


def port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Stop(f"PORT is {text!r}: it must be a number from 1 to 65535.")
    return int(text)


def check_port(number: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except PermissionError:
            raise Stop(f"Port {number} needs an administrator: take one above 1024, as in make run PORT=8080") from None
        except OSError:
            raise Stop(f"Port {number} is in use: take another, as in make run PORT={number + 1}") from None


def alone() -> IO[bytes]:
    """One `make run` per checkout: two would share the data."""
    VAR.mkdir(exist_ok=True)
    lock = (VAR / "run.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Stop(f"OpenAccount is running already from {ROOT}: end that one first.") from None
    return lock


def install() -> None:
    """Environment and assets side by side, then go on in the environment's Python under the same process id."""
    ensure_environment_and_assets("run")
    os.execv(PYTHON, [str(PYTHON), "-m", "scripts.run", "--in-environment"])


def secret_key() -> str:
    """Made once per checkout and readable only by its user."""
    file = VAR / "secret_key"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(50))
    return file.read_text()


def settings_environment(number: int) -> dict[str, str]:
    """Settings of a try-out on this machine; what the caller has set stays as it is."""
    defaults = {
        "SECRET_KEY": secret_key(),
        "DEMO_MODE": "1",
        "HTTPS": "0",
        "LOG_FORMAT": "console",
        "CSRF_TRUSTED_ORIGINS": f"http://{HOST}:{number},http://localhost:{number}",
    }
    fixed = {"DJANGO_SETTINGS_MODULE": "crm.settings", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    return {**defaults, **os.environ, **fixed}


def is_on(value: str) -> bool:
    return value.strip().lower() in ("1", "true", "yes", "on", "y")


def start_services(stack: ExitStack, supervisor: Supervisor, environment: dict[str, str]) -> None:
    # A try-out and a company of one's own never share a database.
    database = "openaccount_demo" if is_on(environment["DEMO_MODE"]) else "openaccount"
    if "DATABASE_URL" not in environment:
        cluster = Cluster(lasting_home("run") / "pg", options=DURABLE)
        with step("Starting PostgreSQL"):
            lasting_home("run").mkdir(parents=True, exist_ok=True)
            cluster.create()
            stack.callback(cluster.stop)
            cluster.start()
            cluster.prepare(database)
        environment["DATABASE_URL"] = cluster.url(database)
        assert cluster.process is not None
        supervisor.watch("postgres", cluster.process, cluster.stop)
    if "REDIS_URL" not in environment:
        valkey = Valkey()
        stack.callback(valkey.stop)
        valkey.start()
        environment["REDIS_URL"] = valkey.url()
        assert valkey.process is not None
        supervisor.watch("valkey", valkey.process, valkey.stop)


def prepare(environment: dict[str, str]) -> None:
    """Database and static files in two processes side by side."""
    names = ["database"] if static_is_current() else ["database", "static"]
    parts = [spawn([PYTHON, "-m", "scripts.prepare", name], env=environment, cwd=ROOT) for name in names]
    try:
        for part in parts:
            if part.wait():
                raise Stop("The product was not started.")
    finally:
        for part in parts:
            end(part, within=5)


def remember(stack: ExitStack, environment: dict[str, str]) -> None:
    """Where this run's servers are, for scripts/manage; only its user may read it."""
    with os.fdopen(os.open(RUNNING, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({name: environment[name] for name in ("DATABASE_URL", "REDIS_URL", "DEMO_MODE")}, file)
    stack.callback(RUNNING.unlink, missing_ok=True)


def start_product(supervisor: Supervisor, environment: dict[str, str], number: int) -> None:
    celery: list[str | Path] = [PYTHON, "-m", "celery", "--app", "crm.celery:app", "--quiet"]
    # A try-out as root is meant to work; Celery's warning about it is for production.
    environment = {**environment, "PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
    gunicorn: list[str | Path] = [
        PYTHON,
        "-m",
        "gunicorn",
        "--config",
        "python:crm.gunicorn",
        "--bind",
        f"{HOST}:{number}",
    ]
    supervisor.start("web", [*gunicorn, "crm.wsgi:application"], env=environment, cwd=ROOT)
    worker = ["worker", "--concurrency", "2", "--loglevel", "INFO"]
    supervisor.start("worker", [*celery, *worker], env=environment, cwd=ROOT)
    supervisor.start("beat", [*celery, "beat", "--pidfile", "", "--loglevel", "WARNING"], env=environment, cwd=ROOT)


def wait_until_ready(supervisor: Supervisor, number: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not supervisor.ended():
        try:
            with urllib.request.urlopen(f"http://{HOST}:{number}/health/ready", timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > deadline:
                raise Stop(f"The web process did not become ready within {READY_SECONDS} s: {error}") from None
        time.sleep(0.2)


def welcome(number: int) -> str:
    lines = ["", f"OpenAccount is running at http://{HOST}:{number}/"]
    users = DEMO_USERS.read_text(encoding="utf-8").splitlines()
    if users:
        lines += ["", "Sign in with one click on the login page, as one of:", *(f"  {user}" for user in users)]
    else:
        lines += ["", "The first administrator is made by: scripts/manage createsuperuser"]
    lines += ["", "Ctrl-C ends everything. The data stay for the next time.", ""]
    return "\n".join(lines)


def run() -> int:
    number = port()
    with ExitStack() as stack:
        supervisor = Supervisor()
        stack.callback(supervisor.stop)
        environment = settings_environment(number)
        compile_translations()
        start_services(stack, supervisor, environment)
        prepare(environment)
        remember(stack, environment)
        start_product(supervisor, environment, number)
        wait_until_ready(supervisor, number)
        if not supervisor.ended():
            supervisor.tell(welcome(number))
        return supervisor.run()


def main() -> int:
    end_on_signals()
    os.chdir(ROOT)
    check_port(port())
    lock = alone()
    if "--in-environment" not in sys.argv:
        install()
    with lock:
        return run()


if __name__ == "__main__":
    run_command(main)
