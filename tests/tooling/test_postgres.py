"""The embedded PostgreSQL: ready for Chinese, back after a crash, closed to others."""

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from scripts.console import Stop
from scripts.postgres import THROW_AWAY, Cluster, own
from scripts.processes import spawn
from tests.database import TestCluster, wait_for_cluster

pytestmark = pytest.mark.thorough


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="openaccount-cluster-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "pg"


@pytest.mark.django_db
def test_the_tests_run_where_chinese_names_are_comparable() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(
            "SELECT similarity('上海汽车集团', '上海汽车配件') > 0, current_setting('server_version_num')::int"
        )
        similar, version = cursor.fetchone()
    assert similar
    assert version >= 180000


def test_a_cluster_comes_back_after_its_server_was_killed(home: Path) -> None:
    cluster = Cluster(home, options={**THROW_AWAY, "fsync": "on"})
    cluster.create()
    try:
        cluster.start()
        cluster.prepare("kept")
        first = cluster.process
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert (cluster.data / "postmaster.pid").exists()
        cluster.start()
        cluster.prepare("kept")
        psycopg2.connect(cluster.url("kept")).close()
    finally:
        cluster.stop()
    assert not (cluster.data / "postmaster.pid").exists()


def test_the_application_is_not_superuser(home: Path) -> None:
    cluster = Cluster(home, options=THROW_AWAY)
    cluster.create()
    try:
        cluster.start()
        cluster.prepare("kept")
        with psycopg2.connect(cluster.url("kept")) as connected, connected.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False,)
        connected.close()
    finally:
        cluster.stop()


def test_nobody_else_may_enter(home: Path) -> None:
    own(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_deep_folder_gets_a_short_socket() -> None:
    deep = Path("/home") / "/".join(["a-folder-in-a-folder"] * 6)
    assert len(str(Cluster(deep, options={}).socket_folder / ".s.PGSQL.5432")) < 108
    assert Cluster(Path("/srv/x"), options={}).socket_folder == Path("/srv/x")


def test_migrations_that_fail_are_told_of_before_the_first_test() -> None:
    cluster = TestCluster()
    try:
        with (cluster.folder / "pattern.log").open("wb") as log:
            cluster.making = spawn(["sh", "-c", "echo 'The migrations fail'; exit 1"], stdout=log)
        with pytest.raises(Stop, match="The migrations fail"):
            cluster.start()
    finally:
        cluster.stop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENACCOUNT_TEST_CLUSTER", str(cluster.folder))
        with pytest.raises(Stop, match="no database"):
            wait_for_cluster()
