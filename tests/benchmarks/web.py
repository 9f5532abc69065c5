"""Asking for pages: in this process through the WSGI handler, over the wire from gunicorn, on this machine alone."""

import http.client
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.wsgi import get_wsgi_application

from crm.accounts.models import User
from tests.benchmarks.generate import READER

HOST = "127.0.0.1"
STARTED_WITHIN = 40


def sign_in(username: str = READER) -> str:
    """A session of a finance manager, who sees every customer; the value of its cookie."""
    user = User.objects.get(username=username)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


class Wsgi:
    """The whole product behind its WSGI entry: from the address to the last byte."""

    def __init__(self, session: str) -> None:
        self.application = get_wsgi_application()
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session}"

    def get(self, address: str) -> bytes:
        path, _mark, query = address.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": HOST,
            "HTTP_COOKIE": self.cookie,
            "HTTP_HOST": HOST,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
        }
        status: list[str] = []
        begin: Any = lambda line, headers: status.append(line)  # noqa: E731
        answer: Any = self.application(environ, begin)
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if not status[0].startswith("200"):
            raise RuntimeError(f"{address}: {status[0]}")
        return body


class Server:
    """gunicorn with so many workers, started for one measurement."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", session: str) -> None:
        self.port, self.process, self.session = port, process, session

    def workers(self) -> list[int]:
        """The processes that answer: the children of gunicorn's master."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(children).read_text().split()]

    def get(self, address: str, connection: http.client.HTTPConnection | None = None) -> bytes:
        opened = connection or http.client.HTTPConnection(HOST, self.port, timeout=1200)
        opened.request("GET", address, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}"})
        response = opened.getresponse()
        body = response.read()
        if connection is None:
            opened.close()
        if response.status != 200:
            raise RuntimeError(f"{address}: {response.status}")
        return body

    def load(self, address: str, *, users: int, requests: int) -> list[float]:
        """The seconds of each answer when `users` ask one after the other at the same time; bounded in count."""
        taken: list[float] = []
        faults: list[str] = []

        def ask() -> None:
            connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
            try:
                for _each in range(requests):
                    began = time.perf_counter()
                    self.get(address, connection)
                    taken.append(time.perf_counter() - began)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                faults.append(str(error))
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _user in range(users)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise RuntimeError(f"{address}: {faults[0]}")
        return taken


@contextmanager
def serving(session: str, *, workers: int) -> Iterator[Server]:
    """A gunicorn of our own on a free port of this machine; it ends with the measurement."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "python:crm.gunicorn", "--bind", f"{HOST}:{port}"]
    command += ["--workers", str(workers), "--log-level", "error", "crm.wsgi:application"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(port, process, session)
    try:
        deadline = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                server.get("/health/live")
                break
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError("gunicorn did not start") from None
                time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)
