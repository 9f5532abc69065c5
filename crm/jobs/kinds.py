"""What a run can be: its steps in order, who may start it, and how it is named and found again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from crm.core.registry import registry

if TYPE_CHECKING:
    from crm.jobs.models import Run
    from crm.jobs.worker import Work

Text = str | Promise


@dataclass(frozen=True)
class StepKind:
    """One part of a run. The handler may be called again after a crash, so it starts by clearing what it left behind;
    what it writes for good it writes inside `work.final()`, which commits the effects and the step's mark together.
    """

    key: str
    label: Text
    handler: Callable[["Work"], None]


@dataclass(frozen=True)
class RunKind:
    """A kind of background work, registered by the app that owns it.

    `title(run)` names one run (a file, a list), `url(run)` is the page where its outcome is looked at.
    `count_labels` are the words for the figures of `run.counts`.
    """

    key: str
    label: Text
    steps: Sequence[StepKind]
    permission: str
    title: Callable[["Run"], str] | None = None
    url: Callable[["Run"], str] | None = None
    count_labels: Callable[[], dict[str, Text]] = dict
    on_end: Callable[["Run"], None] | None = None


def register_run_kind(kind: RunKind) -> None:
    """Register a kind of run; a key that is already taken is a mistake of the programmer."""
    if kind.key in registry.run_kinds:
        raise ValueError(f"run kind {kind.key!r} is registered twice")
    registry.run_kinds[kind.key] = kind


def run_kind(key: str) -> RunKind | None:
    """The kind of that key; None when the app that owned it is gone."""
    found: Any = registry.run_kinds.get(key)
    return found if isinstance(found, RunKind) else None
