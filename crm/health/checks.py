"""What a process needs before it may be sent work."""

from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from crm.core.installation import refuse_other_settings

logger = structlog.get_logger(__name__)
ANSWER_SECONDS = 2


class Missing(Exception):
    """Something is reachable but not as it has to be."""


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@cache
def migrations() -> None:
    """Every migration of this code is applied. Once seen it holds for the life of the process, so it is kept."""
    loader = MigrationLoader(connection)
    missing = set(loader.disk_migrations) - set(loader.applied_migrations)
    if missing:
        raise Missing(f"{len(missing)} migrations are not applied")


@cache
def installation() -> None:
    """Base currency and time zone are those the database was begun with."""
    refuse_other_settings()


def broker() -> None:
    with broker_client() as client:
        client.ping()


@cache
def broker_client() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


CHECKS: dict[str, Callable[[], None]] = {
    "database": database,
    "migrations": migrations,
    "installation": installation,
    "broker": broker,
}


def readiness() -> dict[str, bool]:
    """Each thing needed and whether it answers; the causes go to the log, not to whoever asks."""
    found: dict[str, bool] = {}
    for name, check in CHECKS.items():
        try:
            check()
            found[name] = True
        except Exception as error:  # whatever it is, the answer is that this process is not ready
            logger.warning("not_ready", part=name, cause=str(error))
            found[name] = False
    return found
