"""The production settings under gunicorn and Celery against this machine's own PostgreSQL and Redis servers.

Used by .ci/run, which installs the servers; they are started here, on loopback and on ports of their own, and ended
again. Each line says what was seen; the first that is not as it must be ends the run.
"""

import http.client
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

from scripts.console import ROOT, Stop, run_command, say
from scripts.processes import end, spawn
from scripts.valkey import free_port

PUBLIC_NAME = "crm.example.com"
ASK_FOR_AN_EXPORT = """
from django.contrib.auth import get_user_model
from crm.core.dates import business_today
from crm.jobs.services import start_run
user, _ = get_user_model().objects.get_or_create(username="smoke", defaults={"is_superuser": True, "name": "Smoke"})
params = {"list": "customers", "query": "", "format": "csv"}
print("run", start_run(kind="exchange.export", params=params, actor=user, on=business_today()).pk)
"""
STATE_OF_THE_RUN = """
from crm.jobs.models import Run
run = Run.objects.get(pk=%d)
print("state", run.state, run.error_code, run.result and run.result.size)
"""


def see(what: str, holds: object) -> None:
    if not holds:
        raise Stop(f"NOT as it must be: {what}")
    say(f"  seen: {what}")


def wait_for(what: str, holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Stop(f"NOT within {seconds:.0f} s: {what}")
        time.sleep(0.2)
    say(f"  seen: {what}")


def postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise Stop("This machine has no PostgreSQL server: apt-get install postgresql.")
    return found[-1].parent


@contextmanager
def postgres(home: Path, log: IO[bytes]) -> Iterator[str]:
    """A server with a password on a port of its own, run by the package's user when we are root."""
    programs, data, port = postgres_programs(), home / "postgres", free_port()
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    password, password_file = secrets.token_hex(12), home / "password"
    password_file.write_text(password)
    data.mkdir()
    if user:
        for path in (data, password_file):
            os.chown(path, user.pw_uid, user.pw_gid)
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", "openaccount", "--pwfile", password_file]
    made = spawn([*command, "--auth=scram-sha-256", "--locale=C.UTF-8", "-E", "UTF8"], user=user, stdout=log, cwd=home)
    if made.wait():
        raise Stop("initdb failed: see the log above.")
    options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={data}"]
    command = [programs / "postgres", "-D", data, *(part for option in options for part in ("-c", option))]
    server = spawn(command, user=user, stdout=log, cwd=home)
    url = f"postgres://openaccount:{password}@127.0.0.1:{port}"
    try:
        wait_for("PostgreSQL answers", lambda: reachable(f"{url}/postgres"), 30)
        import psycopg2

        connection = psycopg2.connect(f"{url}/postgres")
        connection.autocommit = True
        connection.cursor().execute("CREATE ROLE app LOGIN PASSWORD %s", [password])
        connection.cursor().execute("CREATE DATABASE openaccount OWNER app")
        connection.close()
        yield f"postgres://app:{password}@127.0.0.1:{port}/openaccount"
    finally:
        end(server, by=signal.SIGINT)


def reachable(url: str) -> bool:
    import psycopg2

    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True


def redis_server(port: int, password: str, home: Path, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    program = shutil.which("redis-server")
    if program is None:
        raise Stop("This machine has no Redis server: apt-get install redis-server.")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", password, "--save", "", "--dir", str(home)]
    return spawn([program, *options], stdout=log)


def django(*arguments: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if ran.returncode:
        raise Stop(f"manage.py {arguments[0]} failed:\n{ran.stdout}{ran.stderr}")
    return ran.stdout + ran.stderr


def ask(port: int, path: str, *, host: str = PUBLIC_NAME, https: bool = True) -> tuple[http.client.HTTPResponse, str]:
    """What the proxy would get for a visitor's request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Host": host, **({"X-Forwarded-Proto": "https"} if https else {})}
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode(errors="replace")
    connection.close()
    return response, body


def wrong_password(port: int, username: str, came_as: str) -> int:
    """The status a wrong password gets that the proxy passes on with this X-Forwarded-For."""
    shown, page = ask(port, "/account/login/")
    cookie = (shown.headers["Set-Cookie"] or "").split(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    typed = {"username": username, "password": "wrong", "csrfmiddlewaretoken": token[1] if token else ""}
    headers = {
        "Host": PUBLIC_NAME,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": came_as,
        "Origin": f"https://{PUBLIC_NAME}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": cookie,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/account/login/", urlencode(typed), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def check_lock_out(port: int) -> None:
    """Five wrong passwords from 8.8.8.8, who makes up another address before his own each time."""
    answers = [wrong_password(port, "alice", f"10.0.0.{number}, 8.8.8.8") for number in range(5)]
    see(f"wrong passwords lock out who sends them {answers}", answers == [200] * 4 + [429])
    see("made-up addresses do not help", wrong_password(port, "alice", "10.0.0.99, 8.8.8.8") == 429)
    see("other visitors are not locked out", wrong_password(port, "alice", "9.9.9.9") == 200)


def status_of(port: int, path: str) -> int:
    try:
        return ask(port, path)[0].status
    except OSError:
        return 0


def check_web(port: int) -> None:
    response, _ = ask(port, "/account/login/", https=False)
    see("plain http is sent to https", response.status == 301 and response.headers["Location"].startswith("https://"))
    response, page = ask(port, "/account/login/")
    see("the login page answers", response.status == 200)
    cookies = response.headers.get_all("Set-Cookie") or []
    see("every cookie is Secure", cookies and all("Secure" in cookie for cookie in cookies))
    see("HSTS is on", "max-age=31536000" in response.headers.get("Strict-Transport-Security", ""))
    policy = response.headers.get("Content-Security-Policy", "")
    see("the content security policy is strict", "default-src 'self'" in policy and "unsafe" not in policy)
    assets = re.findall(r"/static/[^\"']+\.(?:css|js)", page)
    hashed = [path for path in assets if re.search(r"\.[0-9a-f]{12}\.(css|js)$", path)]
    see(f"all {len(assets)} style sheets and scripts have hashed names", assets and len(hashed) == len(assets))
    for path in assets:
        response, _ = ask(port, path)
        cached = response.headers.get("Cache-Control", "")
        see(f"{path} is served for ever", response.status == 200 and "immutable" in cached)
    see("a strange host name is refused", ask(port, "/account/login/", host="evil.example")[0].status == 400)
    see("a page that is not there is a 404", ask(port, "/account/login/nowhere/")[0].status == 404)


def check_job(environment: dict[str, str]) -> None:
    asked = re.search(r"run (\d+)", django("shell", "--no-imports", "-c", ASK_FOR_AN_EXPORT, environment=environment))
    if asked is None:
        raise Stop("NOT as it must be: an export can be asked for")
    state = ""

    def ended() -> bool:
        nonlocal state
        told = django("shell", "--no-imports", "-c", STATE_OF_THE_RUN % int(asked[1]), environment=environment)
        state = next((line for line in told.splitlines() if line.startswith("state")), "")
        return any(word in state for word in ("done", "failed", "cancelled"))

    wait_for(f"the export asked for as run {asked[1]} has ended", ended)
    see(f"the worker has done it ({state})", state.startswith("state done"))


def check_logs(log: Path) -> None:
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    events = [json.loads(line) for line in lines]
    finished = [event for event in events if event.get("event") == "request_finished"]
    see(f"{len(events)} events are logged as JSON", finished)
    see("the log names the visitors' addresses", {"8.8.8.8", "9.9.9.9"} <= {event.get("ip") for event in finished})


def run(stack: ExitStack) -> None:
    home = Path(tempfile.mkdtemp(prefix="openaccount-smoke-"))
    stack.callback(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o755)
    log = stack.enter_context((home / "servers.log").open("ab"))
    database_url = stack.enter_context(postgres(home, log))
    redis_port, redis_password, port = free_port(), secrets.token_hex(12), free_port()
    redis = redis_server(redis_port, redis_password, home, log)
    stack.callback(lambda: end(redis))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "NIGHT_HOUR": "off",  # the night of a company that has nothing yet would only make the worker busy at its end
        "DATABASE_URL": database_url,
        "REDIS_URL": f"redis://:{redis_password}@127.0.0.1:{redis_port}/0",
        "ALLOWED_HOSTS": PUBLIC_NAME,
        "CSRF_TRUSTED_ORIGINS": f"https://{PUBLIC_NAME}",
        "DATA_DIR": str(home / "data"),
        "PROXY_COUNT": "1",
        "PYTHONUNBUFFERED": "1",
    }
    django("check", "--deploy", "--fail-level", "WARNING", environment=environment)
    say("  seen: check --deploy has nothing to say")
    web_log = stack.enter_context((home / "web.log").open("ab"))
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:crm.gunicorn", "--bind", f"127.0.0.1:{port}"]
    django("collectstatic", "--no-input", "--verbosity", "0", environment=environment)
    web = spawn([*gunicorn, "crm.wsgi:application"], env=environment, stdout=web_log, cwd=ROOT)
    stack.callback(lambda: end(web))
    wait_for("the web process is alive", lambda: status_of(port, "/health/live") == 200)
    see("it is not ready before the migrations", status_of(port, "/health/ready") == 503)
    django("migrate", "--no-input", "--verbosity", "0", environment=environment)
    see("it is ready after them", status_of(port, "/health/ready") == 200)
    check_web(port)
    check_lock_out(port)
    worker_log = stack.enter_context((home / "worker.log").open("ab"))
    celery = [sys.executable, "-m", "celery", "--app", "crm.celery:app"]
    worker = spawn(
        [*celery, "worker", "--concurrency", "1", "--loglevel", "INFO"], env=environment, stdout=worker_log, cwd=ROOT
    )
    stack.callback(lambda: end(worker))
    wait_for("the worker is ready", lambda: "ready" in (home / "worker.log").read_text())
    check_job(environment)
    end(redis)
    see("it is not ready without Redis", status_of(port, "/health/ready") == 503)
    see("and still alive", status_of(port, "/health/live") == 200)
    for name, process in (("the worker", worker), ("the web process", web)):
        end(process, within=30)
        see(f"{name} ends on SIGTERM (status {process.returncode})", process.returncode == 0)
    check_logs(home / "web.log")


def main() -> None:
    with ExitStack() as stack:
        try:
            run(stack)
        except Stop:
            for log in sorted(Path(tempfile.gettempdir()).glob("openaccount-smoke-*/*.log")):
                say(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
            raise


if __name__ == "__main__":
    run_command(main)
