"""Steps of the tests' own instead of those the apps registered."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crm.core.registry import NightlyStep, registry


class Seen(list[Any]):
    """What the steps of a test did, in order: (step, business date, piece)."""

    def handler(self, key: str) -> Callable[[Any], None]:
        def handle(work: Any) -> None:
            with work.final():
                self.append((key, work.today, work.piece))
                work.counts = {"done": 1}

        return handle

    def step(self, key: str, *after: str, handler: Any = None, **options: Any) -> NightlyStep:
        return NightlyStep(key, options.pop("label", key), handler or self.handler(key), after=after, **options)

    @property
    def keys(self) -> list[str]:
        return [key for key, _on, _piece in self]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def steps(seen: Seen) -> Iterator[Callable[..., None]]:
    """Replaces the registered steps: `steps("a", "b a")` is a step b that comes after a."""
    before = dict(registry.nightly_steps)

    def put(*wanted: Any) -> None:
        registry.nightly_steps.clear()
        registry.add(*(seen.step(*one.split()) if isinstance(one, str) else one for one in wanted))

    yield put
    registry.nightly_steps.clear()
    registry.nightly_steps.update(before)
