"""Start, cancel and try again background work, and note that its outcome was seen."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.jobs.errors import KindUnknown, NotCancellable, NotRetryable
from crm.jobs.kinds import run_kind
from crm.jobs.models import ENDED, Run, RunState, Step

log = logging.getLogger(__name__)


MOST_MESSAGES = 16

# How a run looks that waits to be done again.
FRESH: dict[str, Any] = {
    "state": RunState.WAITING,
    "attempts": 0,
    "cancel_requested": False,
    "error_code": "",
    "error_params": {},
    "not_before": None,
    "ended_at": None,
    "seen_at": None,
    "done": 0,
    "total": 0,
}


def start_run(*, kind: str, params: dict[str, Any], actor: Any, on: dt.date) -> Run:
    """Queue a run; workers hear of it when the transaction commits. `actor` None is the system or the shell.

    Raises KindUnknown, NotAllowed.
    """
    known = run_kind(kind)
    if known is None:
        raise KindUnknown
    if actor is not None and not actor.has_perm(known.permission):
        raise NotAllowed
    with atomic_or_busy():
        run = Run.objects.create(kind=kind, params=params, created_by=actor, on=on)
        Step.objects.bulk_create(
            [Step(run=run, key=step.key, position=position) for position, step in enumerate(known.steps)]
        )
        announce()
    return run


def cancel_run(*, run_id: int, actor: Any) -> Run:
    """Stop a run: at once while it waits, at its next step of progress while it runs. Raises NotCancellable."""
    with atomic_or_busy():
        run = locked_for(run_id, actor)
        if run.state == RunState.WAITING:
            run.state = RunState.CANCELLED
            run.ended_at = Now()
        elif run.state == RunState.RUNNING:
            run.cancel_requested = True
        else:
            raise NotCancellable
        run.save(update_fields=["state", "ended_at", "cancel_requested"])
    return run


def retry_run(*, run_id: int, actor: Any) -> Run:
    """Queue a failed or cancelled run again; steps that are done stay done. Raises NotRetryable."""
    with atomic_or_busy():
        run = locked_for(run_id, actor)
        if run.state not in (RunState.FAILED, RunState.CANCELLED):
            raise NotRetryable
        Run.objects.filter(pk=run.pk).update(**FRESH)
        announce()
    run.refresh_from_db()
    return run


def mark_seen(*, run_id: int, actor: Any) -> None:
    """The one who asked for it has looked at the outcome."""
    Run.objects.filter(pk=run_id, created_by=actor, state__in=ENDED, seen_at__isnull=True).update(seen_at=Now())


def locked_for(run_id: int, actor: Any) -> Run:
    """The run under lock, if the actor may steer it: the one who asked for it, or who may change every run."""
    run: Run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    own = actor is None or run.created_by_id == actor.pk
    if not own and not actor.has_perm("jobs.change_run"):
        raise NotAllowed
    kind = run_kind(run.kind)
    if actor is not None and kind is not None and not actor.has_perm(kind.permission):
        raise NotAllowed
    return run


def reset_runs(runs: QuerySet[Run], *, cut_again: bool = False) -> None:
    """Let those runs of a night be done again; a worker that is at one of them loses it. Steps that are `cut_again`
    begin before they were cut into pieces.
    """
    keys = list(runs.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    locked = Run.objects.filter(pk__in=keys)
    if cut_again:
        locked.filter(piece__isnull=False).delete()
    Step.objects.filter(run__in=locked).update(state=RunState.WAITING, counts={}, started_at=None, ended_at=None)
    locked.update(**FRESH, claim=F("claim") + 1, counts={}, started_at=None, heartbeat_at=None)


def announce(times: int = 1) -> None:
    """Say 'look for work' on commit, to as many workers as there are pieces to share. Without a broker the sweeper's
    schedule or the shell finds it. However often a transaction asks, workers are called once; what was asked for in a
    savepoint that is rolled back, Django has taken off the list.
    """
    asked = (entry[1] for entry in connection.run_on_commit if isinstance(entry[1], Call))
    if not any(call.times >= times for call in asked):
        transaction.on_commit(Call(times))


@dataclass(frozen=True)
class Call:
    """The call for workers that a transaction makes when it commits. One that reaches no broker is noted, no more:
    what was written stands, and the sweeper finds the work.
    """

    times: int

    def __call__(self) -> None:
        from crm.jobs.tasks import look_for_work

        try:
            for _time in range(min(self.times, MOST_MESSAGES)):
                look_for_work.apply_async(retry=False, expires=60)
        except Exception as error:
            log.warning("No worker could be called: %s", error)
