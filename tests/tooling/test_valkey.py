"""The embedded Valkey: it works as Celery's broker needs it, and only for those who know the password."""

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError


def test_it_keeps_lists_in_numbered_databases(valkey_url: str) -> None:
    with Redis.from_url(valkey_url) as zero, Redis.from_url(valkey_url.removesuffix("/0") + "/1") as one:
        zero.lpush("queue", "job")
        assert zero.rpop("queue") == b"job"
        zero.set("only", "here")
        assert one.get("only") is None


def test_it_asks_for_the_password(valkey_url: str) -> None:
    with Redis.from_url("redis://" + valkey_url.partition("@")[2]) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
