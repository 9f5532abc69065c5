"""The night's work: the steps the apps registered, each a run of the kind 'nightly' that belongs to a Night.

A night is started once per business date. Nothing drives it: a run may be claimed as soon as the steps it comes after
are done (RunQuerySet.ready), so any worker takes whatever is ready, and a step that failed holds back only what
depends on it. A step that is cut into pieces first makes one run for each piece; it is done when all of them are.
"""

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crm.core.locks import atomic_or_busy
from crm.core.registry import NightlyStep, registry
from crm.jobs.errors import NightFailed, StepUnknown
from crm.jobs.kinds import RunKind, StepKind
from crm.jobs.models import Night, Run, RunState, Step
from crm.jobs.services import announce, reset_runs
from crm.jobs.worker import Work, work_off

__all__ = ["NightlyStep", "run_now", "start_night"]

KIND = "nightly"
WORK = "work"


def in_order(keys: Iterable[str] | None = None) -> list[NightlyStep]:
    """The registered steps (or those of them), each after what it depends on. Raises StepUnknown."""
    wanted = set(registry.nightly_steps if keys is None else keys)
    if unknown := sorted(wanted - set(registry.nightly_steps)):
        raise StepUnknown(step=", ".join(unknown))
    ordered: dict[str, NightlyStep] = {}
    open_keys: set[str] = set()

    def visit(key: str) -> None:
        step = registry.nightly_steps.get(key)
        if step is None or key in ordered or key in open_keys:
            return  # unknown and circling keys are reported by the system check
        open_keys.add(key)
        for earlier in sorted(step.after):
            visit(earlier)
        ordered[key] = step

    for key in sorted(registry.nightly_steps):
        visit(key)
    return [step for key, step in ordered.items() if key in wanted]


def dependents(key: str) -> set[str]:
    """The steps that come after that step, also indirectly."""
    found: set[str] = set()
    fresh = {key}
    while fresh:
        fresh = {
            step.key for step in registry.nightly_steps.values() if fresh & set(step.after) and step.key not in found
        }
        found |= fresh
    return found


def perform(work: Work) -> None:
    """Do a run of a night: cut its step into pieces, or call the step's handler for the whole or for its piece."""
    step = work.run.nightly
    if step is None:
        raise StepUnknown(step=work.run.nightly_step)
    if step.pieces is not None and work.piece is None:
        cut(work, step.pieces(work.today))
    else:
        step.handler(work)


def cut(work: Work, pieces: Sequence[dict[str, Any]]) -> None:
    """One run for each piece, in the transaction that marks the cutting itself as done."""
    with work.final():
        runs = Run.objects.bulk_create(
            [
                Run(
                    kind=KIND,
                    on=work.today,
                    night=work.run.night,
                    nightly_step=work.run.nightly_step,
                    after=work.run.after,
                    piece=piece,
                    created_by=work.actor,
                )
                for piece in pieces
            ]
        )
        Step.objects.bulk_create([Step(run=run, key=WORK, position=0) for run in runs])
        announce(len(runs))


def title(run: Run) -> str:
    step = run.nightly
    return f"{step.label if step else run.nightly_step} {run.on.isoformat()}"


NIGHTLY = RunKind(
    key=KIND,
    label=_("Night"),
    steps=(StepKind(WORK, _("Work"), perform),),
    permission="jobs.rerun_night",
    title=title,
    url=lambda run: run.night.get_absolute_url(),
)


def start_night(*, on: dt.date, actor: Any = None, steps: Iterable[str] | None = None) -> Night | None:
    """Start the night of a business date with those steps (all when None); None if it was started before."""
    with atomic_or_busy():
        night, created = Night.objects.get_or_create(on=on, defaults={"started_by": actor})
        if not created:
            return None
        add_runs(night, in_order(steps), actor)
        announce()
    return night


def add_runs(night: Night, steps: Sequence[NightlyStep], actor: Any) -> None:
    runs = Run.objects.bulk_create(
        [
            Run(kind=KIND, on=night.on, night=night, nightly_step=step.key, after=list(step.after), created_by=actor)
            for step in steps
        ]
    )
    Step.objects.bulk_create([Step(run=run, key=WORK, position=0) for run in runs])


def run_now(*, on: dt.date, steps: Iterable[str] | None = None, actor: Any = None) -> Night:
    """Work the night of that date off in this process: all steps, or those named, again if they were done before.

    For the demo company, the shell and tests; it needs neither broker nor worker and may run inside a transaction.
    Raises StepUnknown, NightFailed.
    """
    wanted = in_order(steps)
    with transaction.atomic():
        night, _created = Night.objects.get_or_create(on=on, defaults={"started_by": actor})
        reset_runs(night, [step.key for step in wanted])
        known = set(night.runs.values_list("nightly_step", flat=True))
        add_runs(night, [step for step in wanted if step.key not in known], actor)
    still = connection.in_atomic_block
    work_off(night_id=night.pk, still=still)
    while night.runs.filter(
        state=RunState.WAITING, not_before__gt=Now()
    ).exists():  # given back, a lock stood in the way
        time.sleep(1)
        work_off(night_id=night.pk, still=still)
    failed = night.runs.filter(state=RunState.FAILED).order_by("pk").first()
    if failed is not None:
        raise NightFailed(step=failed.nightly_step, error=failed.error)
    return night
