"""The demo company: what the steps of the apps share while they build it.

Deterministic for (seed, end date): every step draws from its own random stream, so that one step may change without
changing the others.
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class DemoCompany:
    """A company being simulated: `end_on` is its today, `shared` what an earlier step leaves for a later one."""

    seed: int
    end_on: dt.date
    months: int = 24
    shared: dict[str, Any] = field(default_factory=dict)

    def stream(self, name: str) -> random.Random:
        """The random stream of one step."""
        return random.Random(f"{self.seed}:{self.end_on}:{name}")

    @property
    def start_on(self) -> dt.date:
        return self.end_on - dt.timedelta(days=round(self.months * 30.44))


@dataclass(frozen=True)
class DemoStep:
    """What an app adds to the demo company, in `order`; `is_empty` tells whether its tables are untouched."""

    key: str
    order: int
    build: Callable[[DemoCompany], None]
    is_empty: Callable[[], bool]
