"""Locks wait a short time only (`lock_timeout` of the connection); what then fails is answered with 'busy'."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction

from crm.core.errors import Busy

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
SERIALIZATION_FAILURE = "40001"


def is_lock_failure(error: BaseException) -> bool:
    """True when Postgres gave up waiting for a lock (or broke a deadlock), so that the same work may be tried again."""
    code = getattr(error.__cause__, "pgcode", None)
    return code in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, SERIALIZATION_FAILURE}


@contextmanager
def atomic_or_busy(*, savepoint: bool = True) -> Iterator[None]:
    """One transaction; a lock that is not had in time becomes `Busy` and nothing is changed.

    Within a transaction of the caller it is undone by itself; without a `savepoint` only all of it together.
    """
    try:
        with transaction.atomic(savepoint=savepoint):
            yield
    except OperationalError as error:
        if is_lock_failure(error):
            raise Busy from error
        raise
