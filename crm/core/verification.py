"""What `manage.py verify` reports: a cached figure that differs from what the append-only rows say."""

from dataclasses import dataclass
from typing import Any

from crm.core.registry import Text


@dataclass(frozen=True)
class Difference:
    """`key` names the record, `expected` is what the append-only rows give, `found` what is stored."""

    code: str
    label: Text
    key: str
    expected: Any
    found: Any
