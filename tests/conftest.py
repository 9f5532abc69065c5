"""Every test runs on PostgreSQL: on a throw-away cluster of its own, or on the server of DATABASE_URL if that is set.

The controlling process starts the cluster; xdist's workers inherit its address.
"""

import gc
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from scripts.console import Stop
from scripts.valkey import Valkey
from tests.database import MIGRATED, Pristine, TestCluster, wait_for_cluster

# What is made until the first test stays to the end: to look through it for garbage again and again finds none.
gc.disable()
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.setdefault("SECRET_KEY", "the tests' own key, worth nothing elsewhere")

# A busy machine is no fault of ours.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# A file of which every test is thorough says so at its head.
THOROUGH = re.compile(r"^pytestmark = .*\bthorough\b", re.MULTILINE)

cluster: TestCluster | None = None
if "DATABASE_URL" not in os.environ:
    cluster = TestCluster()
    os.environ["DATABASE_URL"] = cluster.url
    os.environ["OPENACCOUNT_TEST_TEMPLATE"] = MIGRATED
    os.environ["OPENACCOUNT_TEST_CLUSTER"] = str(cluster.folder)
    # The first run migrates, which takes as long as collecting the tests: both begin now.
    if not {"--collect-only", "--co", "--help", "-h", "--version", "-V"} & set(sys.argv):
        cluster.begin()
# The process that only hands all tests out to workers needs no Django: they start seconds sooner.
HANDS_OUT = any(word.startswith(("-n", "--numprocesses")) for word in sys.argv)
ALONE = {"0", "-n0", "--numprocesses=0", "--pdb", "--trace"}  # no workers after all
if not HANDS_OUT or ALONE & set(sys.argv) or any(Path(word.partition("::")[0]).exists() for word in sys.argv[1:]):
    django.setup()


def pytest_configure(config: pytest.Config) -> None:
    # The cluster goes at the end with all that is in it; on a server that stays, the test databases are dropped.
    config.option.reuse_db = "OPENACCOUNT_TEST_TEMPLATE" in os.environ


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files without a test for `make test` are not loaded for it."""
    if config.option.markexpr != "not thorough" or not collection_path.name.startswith("test_"):
        return None
    return True if THOROUGH.search(collection_path.read_text()) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect without looking for garbage; each second worker compiles the files of a new checkout from the last on."""
    if re.search("[13579]$", os.environ.get("PYTEST_XDIST_WORKER", "")):
        compile_from_the_last(session.config)
    yield
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def compile_from_the_last(config: pytest.Config) -> None:
    """Load the test files that are asked for in the other direction than pytest does: two workers share the work."""
    ignored = [config.rootpath / path for path in config.option.ignore or ()]
    for folder in map(Path, config.args):
        for path in sorted(folder.absolute().rglob("test_*.py"), reverse=True):
            if not pytest_ignore_collect(path, config) and not any(path.is_relative_to(one) for one in ignored):
                with suppress(Exception, pytest.skip.Exception):  # pytest says what is wrong with it
                    import_module(".".join(path.relative_to(config.rootpath).with_suffix("").parts))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test that repeats a page, a form or a rule, the first case stays in `make test`."""
    begun: set[str] = set()
    for item in items:
        if item.get_closest_marker("repeats"):
            name = item.nodeid.partition("[")[0]
            if name in begun:
                item.add_marker("thorough")
            begun.add(name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Start the cluster once the tests are collected, before the first of them; workers wait for it."""
    if session.config.option.collectonly:
        return
    try:
        if cluster is not None:
            cluster.start()
        elif "OPENACCOUNT_TEST_CLUSTER" in os.environ:
            wait_for_cluster()
    except Stop as stop:
        pytest.exit(str(stop), returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_unconfigure() -> None:
    if cluster is not None:
        cluster.stop()


@pytest.fixture(autouse=True, scope="session")
def quick_renewal() -> Iterator[None]:
    """Tests with transactions of their own leave the database as the migrations made it, without Django's long way."""
    kept: list[Pristine] = []

    def keep() -> None:
        if not kept:
            kept.append(Pristine())

    with pytest.MonkeyPatch.context() as patch:
        if "OPENACCOUNT_TEST_TEMPLATE" in os.environ:
            patch.setattr(TransactionTestCase, "_fixture_setup", keep)
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: kept[0].put_back())
        yield


def signed_in_session(client: Client, user: Any, backend: str = "django.contrib.auth.backends.ModelBackend") -> None:
    """The session and the cookie a login leaves, without what else it writes; tests of the login use its page."""
    request = HttpRequest()
    request.session = session = SessionStore()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend})
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create_model_instance(session._session).save(force_insert=True)
    client._set_login_cookies(request)


@pytest.fixture(autouse=True, scope="session")
def quick_login() -> Iterator[None]:
    """Most tests of pages begin with `force_login`: two statements instead of Django's eighteen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "force_login", signed_in_session)
        yield


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A language that a test or a request of it has activated does not reach the next test."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A real Valkey server for the tests that need one; the others run with memory alone."""
    server = Valkey()
    server.start()
    yield server.url()
    server.stop()
