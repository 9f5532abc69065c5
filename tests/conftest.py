"""Every test runs on PostgreSQL: on a throw-away cluster of its own, or on the server of DATABASE_URL if that is set.

The controlling process starts the cluster; xdist's workers inherit its address.
"""

import os
import sys
from collections.abc import Iterator

import django
import pytest
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from scripts.console import Stop
from scripts.valkey import Valkey
from tests.database import MIGRATED, Pristine, TestCluster, wait_for_cluster

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.setdefault("SECRET_KEY", "the tests' own key, worth nothing elsewhere")

# A busy machine is no fault of ours.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

cluster: TestCluster | None = None
if "DATABASE_URL" not in os.environ:
    cluster = TestCluster()
    os.environ["DATABASE_URL"] = cluster.url
    os.environ["OPENACCOUNT_TEST_TEMPLATE"] = MIGRATED
    os.environ["OPENACCOUNT_TEST_CLUSTER"] = str(cluster.folder)
    # The first run migrates, which takes as long as collecting the tests: both begin now.
    if not {"--collect-only", "--co", "--help", "-h", "--version", "-V"} & set(sys.argv):
        cluster.begin()
django.setup()


def pytest_configure(config: pytest.Config) -> None:
    # The cluster goes at the end with all that is in it; on a server that stays, the test databases are dropped.
    config.option.reuse_db = "OPENACCOUNT_TEST_TEMPLATE" in os.environ


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
