"""Probes: answered to anybody under any name, and true."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from crm.health import checks


@pytest.fixture(autouse=True)
def fresh_answers() -> Iterator[None]:
    """What a process remembers of its checks belongs to one test."""
    for remembered in (checks.migrations, checks.installation, checks.broker_client):
        remembered.cache_clear()
    yield
    for remembered in (checks.migrations, checks.installation, checks.broker_client):
        remembered.cache_clear()


def test_a_living_process_says_so_without_a_database(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/health/live", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_ready_when_everything_answers(client: Client, settings: Settings, valkey_url: str) -> None:
    settings.REDIS_URL = valkey_url
    answer = client.get("/health/ready", headers={"host": "10.1.2.3:8000"})
    assert answer.json() == {"database": True, "migrations": True, "installation": True, "broker": True}
    assert answer.status_code == 200


@pytest.mark.django_db
def test_not_ready_without_the_broker(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    answer = client.get("/health/ready")
    assert answer.json() == {"database": True, "migrations": True, "installation": True, "broker": False}
    assert answer.status_code == 503


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client: Client, settings: Settings, valkey_url: str) -> None:
    settings.REDIS_URL = valkey_url
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'customers'")
    answer = client.get("/health/ready")
    assert answer.json()["migrations"] is False
    assert answer.status_code == 503


@pytest.mark.django_db
def test_probes_cost_no_query_but_the_one_they_make(
    client: Client, settings: Settings, valkey_url: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.REDIS_URL = valkey_url
    client.get("/health/ready")
    with django_assert_num_queries(1):
        client.get("/health/ready")
