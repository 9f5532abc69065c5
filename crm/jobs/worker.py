"""Claim a run, work through its steps, and give it back in a state that is true whatever happens to the worker.

At-least-once: a step may be begun again after a crash; what it writes for good commits together with its mark
(`Work.final`), under the claim number, so the effect is exactly once.
"""

import datetime as dt
import logging
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import IO, Any, Self

import pghistory
from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import translation

from crm.core.errors import Busy, DomainError
from crm.jobs.errors import KindUnknown, Unexpected, WorkerLost
from crm.jobs.kinds import StepKind, run_kind
from crm.jobs.models import ENDED, Note, Run, RunState, Step

log = logging.getLogger(__name__)

BEAT_SECONDS: float = settings.RUN_BEAT_SECONDS
STALE_SECONDS: float = settings.RUN_STALE_SECONDS
MAX_ATTEMPTS = 3


class ClaimLost(Exception):
    """Another worker has this run now, or it was taken away: this one must write nothing more."""


class Cancelled(Exception):
    """The user asked to stop."""


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class Beat:
    """The sign of life of a claimed run, from a thread with a connection of its own; it also writes the progress."""

    def __init__(self, run: Run, every: float) -> None:
        self.run_id, self.claim, self.every = run.pk, run.claim, every
        self.done, self.total = run.done, run.total
        self.lost = self.cancelled = False
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.loop, name=f"beat-{run.pk}", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.stop.set()
        self.thread.join()

    def loop(self) -> None:
        written, shown = monotonic(), (self.done, self.total)
        try:
            while not self.stop.wait(min(1.0, self.every)):
                now, current = monotonic(), (self.done, self.total)
                if (now - written >= self.every or current != shown) and self.beat(*current):
                    written, shown = now, current
        finally:
            connection.close()

    def beat(self, done: int, total: int) -> bool:
        """Say that the worker lives; learn whether the claim still stands. A database in trouble is asked again."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE jobs_run SET heartbeat_at = now(), done = %s, total = %s"
                    " WHERE id = %s AND claim = %s AND state = 'running' RETURNING cancel_requested",
                    [done, total, self.run_id, self.claim],
                )
                row = cursor.fetchone()
        except (DatabaseError, InterfaceError):
            connection.close()
            return False
        self.lost = row is None
        self.cancelled = bool(row and row[0])
        return True


class StillBeat(Beat):
    """Inside a transaction of the caller no other connection sees the run, and nobody can take it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        pass


class Work:
    """What a step's handler is handed: the run, its progress, and the one way to write for good."""

    def __init__(self, run: Run, beat: Beat) -> None:
        self.run, self.beat = run, beat
        self.step: Step | None = None
        self.counts: dict[str, Any] = {}

    @property
    def params(self) -> dict[str, Any]:
        params: dict[str, Any] = self.run.params
        return params

    @property
    def today(self) -> dt.date:
        """The business date the run was asked for."""
        return self.run.on

    @property
    def actor(self) -> Any:
        return self.run.created_by

    @property
    def piece(self) -> dict[str, Any] | None:
        """The part of a nightly step this run does; None when the step is not cut."""
        piece: dict[str, Any] | None = self.run.piece
        return piece

    def note(self, code: str, **figures: Any) -> None:
        """Write a line of the log: a code the step has a sentence for, and its figures. Inside `final` it is kept only
        with the effects; outside it can be read at once.
        """
        self.progress(self.beat.done, self.beat.total)
        Note.objects.create(run=self.run, attempt=self.run.attempts, code=code, figures=figures)

    def progress(self, done: int, total: int) -> None:
        """How far the step is; stops the work when the claim is lost or the user asked to stop."""
        self.beat.done, self.beat.total = done, total
        if self.beat.lost:
            raise ClaimLost
        if self.beat.cancelled:
            raise Cancelled

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """One transaction that commits only while the claim stands."""
        with transaction.atomic():
            yield
            fence(self.run)

    @contextmanager
    def final(self) -> Iterator[None]:
        """One transaction that commits the effects of the step, its mark 'done' and its figures, or nothing."""
        with self.fenced():
            yield
            self.mark_done()

    def mark_done(self) -> None:
        assert self.step is not None
        self.step.state, self.step.counts, self.step.ended_at = RunState.DONE, self.counts, Now()
        self.step.save(update_fields=["state", "counts", "ended_at"])
        if self.counts:
            self.run.counts = {**self.run.counts, **self.counts}
            Run.objects.filter(pk=self.run.pk, claim=self.run.claim).update(counts=self.run.counts)

    def attach(self, file: IO[bytes], name: str) -> None:
        """Keep a file as the run's result; call it inside `final` or `fenced`. A file written before a crash is lost
        to nobody: it is purged with its run.
        """
        self.run.result.save(name, File(file), save=False)
        self.run.result_name = name
        Run.objects.filter(pk=self.run.pk, claim=self.run.claim).update(
            result=self.run.result.name, result_name=self.run.result_name
        )


def fence(run: Run) -> None:
    """Hold the run's row until commit if the claim still stands; raises ClaimLost if it does not."""
    claims = Run.objects.select_for_update(no_key=True).filter(pk=run.pk, claim=run.claim, state=RunState.RUNNING)
    if not claims.exists():
        raise ClaimLost


def claim_next(*, worker: str, run_id: int | None = None, night_id: int | None = None) -> Run | None:
    """Take the oldest run that is ready (or that one, or one of that night), or nothing. What people wait for comes
    before the work of the night.
    """
    ready = Run.objects.ready()
    if run_id is not None:
        ready = ready.filter(pk=run_id)
    if night_id is not None:
        ready = ready.filter(night=night_id)
    with transaction.atomic():
        free = ready.select_for_update(skip_locked=True, no_key=True, of=("self",))
        found = free.order_by(F("night__on").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:1]
        pk: int | None = next(iter(found), None)
        # Asked again under the lock: what it comes after may have been reset since the first look.
        if pk is None or not Run.objects.ready().filter(pk=pk).exists():
            return None
        Run.objects.filter(pk=pk).update(
            state=RunState.RUNNING,
            claim=F("claim") + 1,
            attempts=F("attempts") + 1,
            worker=worker[:120],
            heartbeat_at=Now(),
            started_at=Now(),
            done=0,
            total=0,
        )
        return Run.objects.select_related("created_by", "night").get(pk=pk)


def sweep(*, stale_after: float = STALE_SECONDS, max_attempts: int = MAX_ATTEMPTS) -> int:
    """Take runs from workers that gave no sign of life: back to waiting, or failed after the last attempt."""
    stale = Run.objects.filter(
        state=RunState.RUNNING, heartbeat_at__lt=Now() - dt.timedelta(seconds=stale_after)
    ).select_for_update(skip_locked=True, no_key=True)
    with transaction.atomic():
        runs = list(stale)
        for run in runs:
            values: dict[str, Any] = {"claim": F("claim") + 1, "state": RunState.WAITING}
            if run.cancel_requested:
                values |= {"state": RunState.CANCELLED, "ended_at": Now()}
            elif run.attempts >= max_attempts:
                values |= failure(WorkerLost(attempts=run.attempts))
            Run.objects.filter(pk=run.pk).update(**values)
            if values["state"] in ENDED:
                tell_of_end(run)
            log.warning("run %s: no sign of life of %s, now %s", run.pk, run.worker, values["state"])
    return len(runs)


def cause_of(error: Exception) -> dict[str, str]:
    """What a person who can mend the program wants to know first: the words of the error and where it arose."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if str(settings.BASE_DIR) in frame.filename]
    place = next((frame for frame in reversed(ours) if "site-packages" not in frame.filename), place)
    name = place.filename.removeprefix(f"{settings.BASE_DIR}/")
    return {"cause": str(error)[:500], "where": f"{name}:{place.lineno}"}


def failure(error: DomainError) -> dict[str, Any]:
    return {
        "state": RunState.FAILED,
        "error_code": error.code,
        "error_params": error.params,
        "ended_at": Now(),
    }


def work_off(
    *,
    worker: str | None = None,
    beat_every: float = BEAT_SECONDS,
    stale_after: float = STALE_SECONDS,
    run_id: int | None = None,
    night_id: int | None = None,
    still: bool = False,
) -> int:
    """Sweep, then claim and execute runs until none is ready; returns how many were executed. `still` is for a caller
    who holds a transaction open.
    """
    sweep(stale_after=stale_after)
    executed = 0
    while (run := claim_next(worker=worker or worker_name(), run_id=run_id, night_id=night_id)) is not None:
        execute(run, beat_every=beat_every, still=still)
        executed += 1
        sweep(stale_after=stale_after)
    return executed


def execute(run: Run, *, beat_every: float = BEAT_SECONDS, still: bool = False) -> None:
    """Work through the steps of a claimed run that are not done yet, and say how it ended."""
    kind = run_kind(run.kind)
    language = run.created_by.language if run.created_by else "en"
    try:
        if kind is None:
            raise KindUnknown
        with (
            translation.override(language),
            pghistory.context(user=run.created_by_id, run=run.pk),
            (StillBeat if still else Beat)(run, beat_every) as beat,
        ):
            work = Work(run, beat)
            for step in kind.steps:
                execute_step(work, step)
        end(run, {"state": RunState.DONE, "ended_at": Now()})
    except ClaimLost:
        log.warning("run %s: the claim %s was lost", run.pk, run.claim)
    except Cancelled:
        end(run, {"state": RunState.CANCELLED, "ended_at": Now()})
    except (Busy, OperationalError, InterfaceError) as error:
        give_back(run, error)
    except DomainError as error:
        end(run, failure(error))
    except Exception as error:
        log.exception("run %s (%s) failed", run.pk, run.kind)
        end(run, failure(Unexpected(error=type(error).__name__, **cause_of(error))))


def execute_step(work: Work, kind: StepKind) -> None:
    """Do one step unless it is done; a handler that wrote nothing for good is marked here."""
    work.step, _created = Step.objects.get_or_create(
        run=work.run, key=kind.key, defaults={"position": Step.objects.filter(run=work.run).count()}
    )
    if work.step.state == RunState.DONE:
        work.run.counts = {**work.run.counts, **work.step.counts}
        return
    with work.fenced():
        work.step.state, work.step.claim, work.step.started_at = RunState.RUNNING, work.run.claim, Now()
        work.step.save(update_fields=["state", "claim", "started_at"])
    work.counts = {}
    work.progress(0, 0)
    kind.handler(work)
    if work.step.state != RunState.DONE:
        with work.final():
            pass


def end(run: Run, values: dict[str, Any]) -> None:
    """Write how the run ended, if the claim still stands, together with what its kind says about it."""
    with transaction.atomic():
        if run.claim and Run.objects.filter(pk=run.pk, claim=run.claim, state=RunState.RUNNING).update(**values):
            if values["state"] != RunState.DONE:
                Step.objects.filter(run=run, state=RunState.RUNNING).update(state=values["state"], ended_at=Now())
            tell_of_end(run)


def tell_of_end(run: Run) -> None:
    """Let the kind do what belongs to the end of a run. What fails there does not change how the run ended."""
    kind = run_kind(run.kind)
    if kind is None or kind.on_end is None:
        return
    try:
        with transaction.atomic():
            run.refresh_from_db()
            kind.on_end(run)
    except DatabaseError:
        raise
    except Exception:
        log.exception("run %s (%s) has ended, but not all of what follows was done", run.pk, run.kind)


def give_back(run: Run, error: Exception) -> None:
    """A lock or the database stood in the way: try again soon, or fail after the last attempt."""
    log.warning("run %s: %s", run.pk, error)
    if not connection.in_atomic_block and connection.connection is not None and not connection.is_usable():
        connection.close()
    if run.attempts >= MAX_ATTEMPTS:
        end(run, failure(Busy()))
        return
    later = Now() + dt.timedelta(seconds=5 * run.attempts)
    Run.objects.filter(pk=run.pk, claim=run.claim, state=RunState.RUNNING).update(
        state=RunState.WAITING, not_before=later
    )
