"""The night's work: the steps the apps registered, each a run of the kind 'nightly' that belongs to a Night.

A night is started once per business date. Nothing drives it: a run may be claimed as soon as the steps it comes after
are done (RunQuerySet.ready), so any worker takes whatever is ready, and a step that failed holds back only what
depends on it. A step that is cut into pieces first makes one run for each piece; it is done when all of them are.
"""

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.registry import NightlyStep, registry
from crm.jobs.errors import (
    KeepsOnlyNow,
    NightFailed,
    NightNotYet,
    NightOvertaken,
    StepAtWork,
    StepUnknown,
)
from crm.jobs.kinds import RunKind, StepKind
from crm.jobs.models import Night, Run, RunState, Step
from crm.jobs.services import announce, reset_runs
from crm.jobs.worker import Cancelled, Work, work_off
from crm.notices.services import notify

__all__ = ["NightlyStep", "repeat_night", "repeat_step", "run_now", "start_due", "start_night"]

KIND = "nightly"
WORK = "work"
AT_THE_END = "*"
FAILED_NOTICE = "night_failed"


# The steps and what depends on what
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
        for earlier in sorted((*step.after, *step.waits_for)):
            visit(earlier)
        ordered[key] = step

    last = {key for key, step in registry.nightly_steps.items() if AT_THE_END in step.after}
    for key in sorted(registry.nightly_steps, key=lambda key: (key in last, key)):
        visit(key)
    return [step for key, step in ordered.items() if key in wanted]


def dependents(key: str) -> set[str]:
    """The steps that come after that step, also indirectly."""
    found: set[str] = set()
    fresh = {key}
    while fresh:
        fresh = {
            step.key
            for step in registry.nightly_steps.values()
            if step.key not in found and (fresh & set(step.after) or not fresh.isdisjoint(follows(step)))
        }
        found |= fresh
    return found


def follows(step: NightlyStep) -> list[str]:
    """The steps that must be over, whatever became of them: those it waits for, at the end of the night all others."""
    if AT_THE_END not in step.after:
        return sorted(key for key in step.waits_for if key in registry.nightly_steps)
    return sorted(other.key for other in registry.nightly_steps.values() if AT_THE_END not in other.after)


def every_date() -> list[NightlyStep]:
    """The steps that keep a figure for each date."""
    return [step for step in in_order() if step.every_date]


# Work
def perform(work: Work) -> None:
    """Do a run of a night: cut its step into pieces, or call the step's handler for the whole or for its piece."""
    step = work.run.nightly
    if step is None:
        raise StepUnknown(step=work.run.nightly_step)
    if not step.every_date and not work.params.get("by_hand") and newest_on() > work.today:
        raise Cancelled  # given back late; the newer night does it
    if step.pieces is not None and work.piece is None:
        cut(work, step.pieces(work.today))
    else:
        step.handler(work)


def cut(work: Work, pieces: Sequence[dict[str, Any]]) -> None:
    """One run for each piece, in the transaction that marks the cutting itself as done."""
    run = work.run
    with work.final():
        add_runs(
            [
                Run(
                    night=run.night,
                    nightly_step=run.nightly_step,
                    after=run.after,
                    follows=run.follows,
                    piece=piece,
                    params=run.params,
                )
                for piece in pieces
            ],
            on=work.today,
            actor=work.actor,
        )
        announce(len(pieces))


def add_runs(runs: Sequence[Run], *, on: dt.date, actor: Any) -> None:
    for run in runs:
        run.kind, run.on, run.created_by = KIND, on, actor
    Step.objects.bulk_create([Step(run=run, key=WORK, position=0) for run in Run.objects.bulk_create(runs)])


def add_steps(night: Night, steps: Sequence[NightlyStep], actor: Any, *, by_hand: bool = False) -> None:
    runs = [
        Run(
            night=night,
            nightly_step=step.key,
            after=[key for key in step.after if key != AT_THE_END],
            follows=follows(step),
            params={"by_hand": True} if by_hand else {},
        )
        for step in steps
    ]
    add_runs(runs, on=night.on, actor=actor)


def title(run: Run) -> str:
    step = run.nightly
    return f"{step.label if step else run.nightly_step} {run.on.isoformat()}"


def on_end(run: Run) -> None:
    """A step that is done lets others begin; one that failed holds back what depends on it and is told to those who
    look after the night, once.
    """
    if run.state == RunState.DONE:
        announce_ready(run)
        return
    assert run.night_id is not None
    night = Night.objects.select_for_update(no_key=True).get(pk=run.night_id)
    hold_back(night)
    others = night.runs.filter(nightly_step=run.nightly_step, state=RunState.FAILED).exclude(pk=run.pk)
    if run.state == RunState.FAILED and not others.exists():
        params = {"step": run.nightly_step, "on": night.on, "error": run.error_code, "figures": run.error_params}
        notify(users=those_who_look_after_it(), kind=FAILED_NOTICE, params=params, url=night.get_absolute_url())
    announce()  # what comes at the end of the night may begin now


def hold_back(night: Night) -> None:
    """Mark what waits for a step that failed, also indirectly, as held back; free what waits for none any more."""
    runs = night.runs.values_list("nightly_step", "state", "after")
    stopped = {key for key, state, _after in runs if state in (RunState.FAILED, RunState.CANCELLED)}
    held: set[str] = set()
    fresh = stopped
    while fresh:
        fresh = {key for key, _state, after in runs if fresh & set(after) and key not in held}
        held |= fresh
    night.runs.filter(nightly_step__in=held, state=RunState.WAITING).update(state=RunState.BLOCKED)
    night.runs.filter(state=RunState.BLOCKED).exclude(nightly_step__in=held).update(state=RunState.WAITING)


def those_who_look_after_it() -> list[Any]:
    from crm.accounts.models import User

    backend = "django.contrib.auth.backends.ModelBackend"
    return list(User.objects.with_perm("jobs.view_night", include_superusers=False, backend=backend))


def announce_ready(run: Run) -> None:
    """Another worker may have something to do now: this one takes only one of the runs that became ready."""
    ready = Run.objects.ready().filter(night=run.night_id).count()
    if ready > 1:
        announce(ready - 1)


NIGHTLY = RunKind(
    key=KIND,
    label=_("Night"),
    steps=(StepKind(WORK, _("Work"), perform),),
    permission="jobs.rerun_night",
    title=title,
    url=lambda run: run.night.get_absolute_url() if run.night else "",
    on_end=on_end,
)


# Starting
def newest_on() -> dt.date:
    """The date of the newest night; the beginning of time where there was none."""
    return Night.objects.values_list("on", flat=True).first() or dt.date.min


def start_night(*, on: dt.date, actor: Any = None, steps: Iterable[str] | None = None) -> Night | None:
    """Start the night of a business date with those steps (all when None); None if it was started before.

    Raises NightNotYet, StepUnknown, KeepsOnlyNow.
    """
    if on > business_today():
        raise NightNotYet(on=on)
    wanted = in_order(steps)
    if steps is not None and (newest := newest_on()) > on and (only_now := [s for s in wanted if not s.every_date]):
        raise KeepsOnlyNow(step=str(only_now[0].label), newest=newest)
    with atomic_or_busy():
        night, created = Night.objects.get_or_create(on=on, defaults={"started_by": actor})
        if not created:
            return None
        add_steps(night, wanted, actor)
        overtake(on)
        announce()
    return night


def overtake(on: dt.date) -> None:
    """What an older night has not begun and keeps only what is true now is left to the new night; the steps that keep
    a figure for each date are done all the same and wait for nothing else any more.
    """
    dated = {step.key for step in every_date()}
    left = Run.objects.filter(night__on__lt=on, state__in=(RunState.WAITING, RunState.BLOCKED)).select_for_update(
        no_key=True, of=("self",)
    )
    for run in left.order_by("pk"):
        if run.nightly_step in dated:
            after = [key for key in run.after if key in dated]
            Run.objects.filter(pk=run.pk).update(after=after, follows=[], state=RunState.WAITING)
        else:
            error = NightOvertaken(on=on)
            Run.objects.filter(pk=run.pk).update(
                state=RunState.CANCELLED, error_code=error.code, error_params={"on": on.isoformat()}, ended_at=Now()
            )


def start_due() -> None:
    """Start the night if its hour has come and nobody did, after those that were missed.

    Called every few seconds by whoever is there, so an installation that was off makes up for it by itself. A missed
    date gets the steps that keep a figure for each date, up to a month back; the rest runs once, for the newest date.
    """
    if settings.NIGHT_HOUR is None or not registry.nightly_steps:
        return
    due = business_today()
    if timezone.localtime().hour < settings.NIGHT_HOUR:
        due -= dt.timedelta(days=1)
    newest = newest_on()
    if newest >= due:
        return
    if newest != dt.date.min and (dated := [step.key for step in every_date()]):
        first = max(newest + dt.timedelta(days=1), due - dt.timedelta(days=settings.NIGHT_CATCH_UP_DAYS))
        for days in range((due - first).days):
            start_night(on=first + dt.timedelta(days=days), steps=dated)
    start_night(on=due)


# Again
def repeat_step(*, night_id: int, step: str, actor: Any) -> Night:
    """Do a step of a night again, and after it what depends on it; of a step that failed in parts only those parts.

    Raises NotAllowed, StepUnknown, KeepsOnlyNow, StepAtWork.
    """
    check_may_repeat(actor)
    with atomic_or_busy():
        night = Night.objects.select_for_update(no_key=True).get(pk=night_id)
        runs = night.runs.filter(nightly_step=step)
        known = registry.nightly_steps.get(step)
        states = set(runs.values_list("state", flat=True))
        if known is None or not states:
            raise StepUnknown(step=step)
        if not known.every_date and newest_on() > night.on:
            raise KeepsOnlyNow(step=str(known.label), newest=newest_on())
        failed = runs.filter(state__in=(RunState.FAILED, RunState.CANCELLED))
        if failed.exists():
            reset_runs(failed)
        elif states == {RunState.DONE}:
            again = dependents(step)
            if newest_on() > night.on:
                again &= {dated.key for dated in every_date()}
            reset_runs(night.runs.filter(nightly_step__in={step, *again}), cut_again=True)
        else:
            raise StepAtWork(step=str(known.label))
        hold_back(night)
        announce()
    return night


def repeat_night(*, on: dt.date, actor: Any) -> Night:
    """Start the night of a date, or do it again. An older night than the newest does again only the steps that keep a
    figure for each date. Raises NotAllowed, NightNotYet, StepAtWork.
    """
    check_may_repeat(actor)
    newest = newest_on()
    steps = in_order() if on >= newest else every_date()
    night = start_night(on=on, actor=actor, steps=[step.key for step in steps])
    if night is not None:
        return night
    with atomic_or_busy():
        night = Night.objects.select_for_update(no_key=True).get(on=on)
        if busy := night.runs.filter(state__in=(RunState.RUNNING,)).first():
            raise StepAtWork(step=busy.title)
        prepare_again(night, steps, actor)
        announce()
    return night


def check_may_repeat(actor: Any) -> None:
    if actor is not None and not actor.has_perm("jobs.rerun_night"):
        raise NotAllowed


def prepare_again(night: Night, steps: Sequence[NightlyStep], actor: Any, *, by_hand: bool = False) -> None:
    """Those steps wait to be done from the beginning, also those the night did not have yet."""
    reset_runs(night.runs.filter(nightly_step__in=[step.key for step in steps]), cut_again=True)
    known = set(night.runs.values_list("nightly_step", flat=True))
    add_steps(night, [step for step in steps if step.key not in known], actor, by_hand=by_hand)
    hold_back(night)


def run_now(*, on: dt.date, steps: Iterable[str] | None = None, actor: Any = None) -> Night:
    """Work the night of that date off in this process: all steps, or those named, again if they were done before.

    For the demo company, the shell and tests; it needs neither broker nor worker, may run inside a transaction, and
    asks neither for the calendar nor for newer nights. Raises StepUnknown, NightFailed.
    """
    wanted = in_order(steps)
    with transaction.atomic():
        night, _created = Night.objects.get_or_create(on=on, defaults={"started_by": actor})
        night.runs.update(params={"by_hand": True})
        prepare_again(night, wanted, actor, by_hand=True)
    work_off_night(night)
    failed = night.runs.filter(state=RunState.FAILED, nightly_step__in=[step.key for step in wanted]).first()
    if failed is not None:
        raise NightFailed(step=failed.nightly_step, error=failed.error)
    return night


def work_off_night(night: Night) -> None:
    """Do what is ready of a night until nothing is, also what a lock gave back for some seconds."""
    still = connection.in_atomic_block
    work_off(night_id=night.pk, still=still)
    while night.runs.filter(state=RunState.WAITING, not_before__gt=Now()).exists():
        time.sleep(1)
        work_off(night_id=night.pk, still=still)
