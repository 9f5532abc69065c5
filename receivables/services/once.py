"""A form that was sent twice is carried out once."""

from collections.abc import Callable
from typing import Any

from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy


def once(scope: str, key: str, work: Callable[[], Any], **figures: Any) -> bool:
    """Do `work` in one transaction with the key of its form; False when the key was carried out before.

    `work` returns the record it made. Raises IdempotencyConflict when the key comes with other figures.
    """
    with atomic_or_busy():
        held = claim(scope, key, fingerprint_of(**figures))
        if held.earlier is not None:
            return False
        held.finish(work().pk)
    return True
