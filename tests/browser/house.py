"""The product as it runs in production, for browsers: gunicorn and a worker on a database of their own."""

import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from subprocess import Popen

import psycopg2
from django.conf import settings
from django.db import connection

from scripts.console import ROOT
from scripts.processes import end, spawn
from scripts.valkey import Valkey, free_port

# Each worker of pytest-xdist has a house of its own.
DATABASE = f"openaccount_browser{os.environ.get('PYTEST_XDIST_WORKER', '')}"


class House:
    """One running installation: its address, its processes, its folder."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="openaccount-browser-"))
        self.valkey = Valkey()
        self.processes: list[Popen[bytes]] = []

    def make_database(self) -> str:
        """A fresh database beside the tests' own; a copy of the migrated one where there is one. Gives its address."""
        template = os.environ.get("OPENACCOUNT_TEST_TEMPLATE")
        server = os.environ["DATABASE_URL"]
        with_name, separator, query = server.partition("?")
        address = f"{with_name.rpartition('/')[0]}/{DATABASE}{separator}{query}"
        maintenance = psycopg2.connect(server)
        maintenance.autocommit = True
        with maintenance.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{DATABASE}"' + (f' TEMPLATE "{template}"' if template else ""))
        maintenance.close()
        return address

    def use_database(self) -> None:
        """The tests' own connection looks at the house's database too."""
        connection.close()
        settings.DATABASES["default"]["NAME"] = DATABASE
        connection.settings_dict["NAME"] = DATABASE

    def open(self) -> None:
        self.valkey.start()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "DATABASE_URL": self.make_database(),
            "REDIS_URL": self.valkey.url(),
            "DATA_DIR": str(self.folder),
            "DEMO_MODE": "1",
            "NIGHT_HOUR": "off",  # a test that wants a night starts it
            "HTTPS": "0",
            "CSRF_TRUSTED_ORIGINS": self.url,
            "WEB_CONCURRENCY": "1",
            "WEB_THREADS": "4",
        }
        self.use_database()
        self.environment = environment
        self.wait_for(self.run("-m", "scripts.prepare", "static"))
        if not os.environ.get("OPENACCOUNT_TEST_TEMPLATE"):
            self.wait_for(self.run("manage.py", "migrate", "--verbosity", "0"))

    def serve(self) -> None:
        """Start the web process and a worker, once the data are there."""
        bind = ["--config", "python:crm.gunicorn", "--bind", f"127.0.0.1:{self.port}"]
        self.run("-m", "gunicorn", *bind, "crm.wsgi:application")
        self.run("manage.py", "work", "--poll", "0.3")
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5):  # noqa: S310 - our own server
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the product does not start: {error}\n{self.log()}") from error
            time.sleep(0.1)

    def run(self, *arguments: str) -> "Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            process = spawn([sys.executable, *arguments], env=self.environment, stdout=log, cwd=ROOT)
        self.processes.append(process)
        return process

    def wait_for(self, process: "Popen[bytes]") -> None:
        if process.wait():
            raise RuntimeError(f"the product cannot be prepared:\n{self.log()}")

    def log(self) -> str:
        """The last that the processes said."""
        file = self.folder / "log"
        return file.read_text(errors="replace")[-6000:] if file.exists() else ""

    def close(self) -> None:
        for process in reversed(self.processes):
            end(process)
        self.valkey.stop()
        connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)
