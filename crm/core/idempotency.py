"""Idempotency: a request that carries a key is carried out once, however often it is sent.

`claim` is the first statement of the service's transaction. The unique key makes a concurrent duplicate wait for the
first one; then it finds what the first one made. When the first one fails, its claim is rolled back with it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from crm.core.errors import IdempotencyConflict
from crm.core.models import IdempotencyKey
from crm.core.prepared import execute
from crm.core.setbased import array

CLAIM = """
INSERT INTO core_idempotencykey (scope, key, fingerprint, result_ids, created_at)
VALUES (%s::varchar, %s::varchar, %s::varchar, %s::bigint[], now())
ON CONFLICT (scope, key) DO NOTHING
RETURNING id
"""


def fingerprint_of(**figures: Any) -> str:
    """A hash of what was asked for: the same figures give the same fingerprint."""
    text = json.dumps(figures, sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    """100, 100.0 and 100.00 are the same figure."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


@dataclass(frozen=True)
class Claim:
    """A key held by this transaction; without a key there is nothing to remember."""

    id: int | None = None
    earlier: tuple[int, ...] | None = None

    def finish(self, *result_ids: int) -> None:
        """Remember what the request made, so that its repetition finds it."""
        if self.id is not None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE core_idempotencykey SET result_ids = %s::bigint[] WHERE id = %s",
                    [list(result_ids), self.id],
                )


def claim(scope: str, key: str, fingerprint: str, result_ids: Sequence[int] = ()) -> Claim:
    """Take the key for this transaction, or find what an earlier request with it made (`earlier`).

    `result_ids` where they are known beforehand; otherwise `finish` tells them. Raises IdempotencyConflict when the key
    was used with other figures, and a lock time-out (Busy) when the first request takes too long.
    """
    if not key:
        return Claim()
    with connection.cursor() as cursor:
        execute(cursor, CLAIM, [scope, key, fingerprint, array(result_ids)])
        taken = cursor.fetchone()
    return claim_of(scope, key, fingerprint, taken[0] if taken else None)


def claim_of(scope: str, key: str, fingerprint: str, taken_id: int | None) -> Claim:
    """What came of a claim: taken under that id, or made by an earlier request."""
    if not key or taken_id is not None:
        return Claim(id=taken_id)
    known = IdempotencyKey.objects.get(scope=scope, key=key)
    if known.fingerprint != fingerprint:
        raise IdempotencyConflict
    return Claim(earlier=tuple(known.result_ids))
