"""What the pages of the night show: the nights with how they went, and one night step by step."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core import display
from crm.core.display import Badge
from crm.core.registry import NightlyStep, registry
from crm.jobs.errors import Unexpected, sentence
from crm.jobs.models import Night, Note, Run, RunState
from crm.jobs.nightly import dependents, in_order

WIDTH = 1000  # of the drawing of a night, in its own units
TONES = {RunState.DONE: "success", RunState.FAILED: "danger", RunState.RUNNING: "info", RunState.BLOCKED: "warning"}
LINES = 200  # of a step's log


@dataclass
class StepOfNight:
    """One step of a night with all its pieces."""

    key: str
    states: Counter[str] = field(default_factory=Counter)
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    begins_at: float = 0
    width: float = 0
    runs: list[Run] = field(default_factory=list)
    lines: list["Line"] = field(default_factory=list)
    may_repeat: bool = False

    @property
    def step(self) -> NightlyStep | None:
        return registry.nightly_steps.get(self.key)

    @property
    def label(self) -> str:
        step = self.step
        return str(step.label) if step else self.key

    @property
    def state(self) -> RunState:
        """Of the step as a whole: what needs somebody first."""
        order = (RunState.FAILED, RunState.RUNNING, RunState.BLOCKED, RunState.CANCELLED, RunState.WAITING)
        found = next((state for state in order if self.states[state]), RunState.DONE)
        begun = self.states[RunState.DONE] and found == RunState.WAITING
        return RunState.RUNNING if begun else found

    @property
    def badge(self) -> Badge:
        return Badge(self.state.label, TONES.get(self.state, "neutral"))

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "neutral")

    @property
    def seconds(self) -> float | None:
        if self.started_at is None:
            return None
        return ((self.ended_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def duration(self) -> str:
        return duration(self.seconds)

    @property
    def pieces(self) -> list[Run]:
        return [run for run in self.runs if run.piece is not None]

    @property
    def done(self) -> int:
        """Pieces that are done; of a step that is not cut, what its worker says."""
        if self.pieces:
            return sum(run.state == RunState.DONE for run in self.pieces)
        return sum(run.done for run in self.runs if run.state == RunState.RUNNING)

    @property
    def total(self) -> int:
        return len(self.pieces) or sum(run.total for run in self.runs if run.state == RunState.RUNNING)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """The counts of all pieces together, with their words."""
        sums: dict[str, Any] = {}
        for run in self.runs:
            for key, value in run.counts.items():
                adds_up = isinstance(value, int | float) and isinstance(sums.get(key, 0), int | float)
                sums[key] = sums.get(key, 0) + value if adds_up else value
        labels = self.step.count_labels() if self.step else {}
        keys = [*(key for key in labels if key in sums), *(key for key in sums if key not in labels)]
        return [(str(labels.get(key, key)), str(shown(sums[key]))) for key in keys if sums[key] is not None]

    @property
    def workers(self) -> list[str]:
        return sorted({run.worker for run in self.runs if run.worker})

    @property
    def attempts(self) -> int:
        return max((run.attempts for run in self.runs), default=0)

    @property
    def errors(self) -> list["Line"]:
        """Why it failed, once for each cause, with what helps to mend it."""
        told: dict[str, Line] = {}
        for run in self.runs:
            if run.error:
                params = run.error_params
                cause = " · ".join(str(params[key]) for key in ("cause", "where") if params.get(key))
                told.setdefault(run.error + cause, Line(run.ended_at, run.error, cause))
        return list(told.values())


@dataclass(frozen=True)
class Line:
    at: dt.datetime | None
    text: str
    detail: str = ""


@dataclass
class NightPage:
    night: Night
    steps: list[StepOfNight]

    @property
    def states(self) -> Counter[str]:
        return Counter(step.state for step in self.steps)

    @property
    def state(self) -> RunState:
        states = self.states
        if states[RunState.RUNNING] or (states[RunState.WAITING] and not states[RunState.FAILED]):
            return RunState.RUNNING if states[RunState.RUNNING] or states[RunState.DONE] else RunState.WAITING
        for state in (RunState.FAILED, RunState.WAITING, RunState.CANCELLED, RunState.BLOCKED):
            if states[state]:
                return state
        return RunState.DONE

    @property
    def badge(self) -> Badge:
        return Badge(self.state.label, TONES.get(self.state, "neutral"))

    @property
    def under_way(self) -> bool:
        return self.states[RunState.RUNNING] > 0 or self.states[RunState.WAITING] > 0

    @property
    def done(self) -> int:
        return self.states[RunState.DONE]

    @property
    def started_at(self) -> dt.datetime | None:
        return min((step.started_at for step in self.steps if step.started_at), default=None)

    @property
    def ended_at(self) -> dt.datetime | None:
        return max((step.ended_at for step in self.steps if step.ended_at), default=None)

    @property
    def duration(self) -> str:
        """From the first begin to the last end, without the time nobody worked in between."""
        busy = sum(later - earlier for earlier, later in spells(self.steps))
        return duration(busy) if self.started_at else ""

    @property
    def failed(self) -> list[StepOfNight]:
        return [step for step in self.steps if step.state == RunState.FAILED]


def duration(seconds: float | None) -> str:
    """'0.4 s', '12 s', '3 min 20 s', '1 h 05 min'."""
    if seconds is None:
        return ""
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{minutes:02d}"}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)s s") % {"seconds": rest}


def spells(steps: Iterable[StepOfNight]) -> list[tuple[float, float]]:
    """The stretches of time in which at least one step was at work, joined where they touch."""
    found: list[tuple[float, float]] = []
    now = timezone.now()
    for step in sorted((s for s in steps if s.started_at), key=lambda s: s.started_at or now):
        assert step.started_at is not None
        begin, finish = step.started_at.timestamp(), (step.ended_at or now).timestamp()
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], finish))
        else:
            found.append((begin, finish))
    return found


def draw(steps: Sequence[StepOfNight]) -> None:
    """Lay the steps on one line of time; a pause in which nobody worked (a step repeated later) is left out."""
    stretches = spells(steps)
    whole = sum(finish - begin for begin, finish in stretches) or 1
    for step in steps:
        if step.started_at is None:
            continue
        begin, before = step.started_at.timestamp(), 0.0
        for first, last in stretches:
            if begin <= last:
                before += max(begin - first, 0)
                break
            before += last - first
        step.begins_at = round(min(before / whole * WIDTH, WIDTH - 3), 1)
        step.width = round(max((step.seconds or 0) / whole * WIDTH, 3), 1)


def nights(limit: int = 60) -> list[NightPage]:
    """The newest nights and how they went, in two queries."""
    found = list(Night.objects.select_related("started_by")[:limit])
    pages = {night.pk: NightPage(night, []) for night in found}
    steps: dict[tuple[int, str], StepOfNight] = {}
    rows = Run.objects.filter(night__in=pages).values("night", "nightly_step", "state")
    for row in rows.annotate(count=Count("pk"), begun=Min("started_at"), over=Max("ended_at"), sum=Sum("done")):
        key = (row["night"], row["nightly_step"])
        if key not in steps:
            steps[key] = StepOfNight(row["nightly_step"])
            pages[row["night"]].steps.append(steps[key])
        step = steps[key]
        step.states[row["state"]] += row["count"]
        step.started_at = min(filter(None, (step.started_at, row["begun"])), default=None)
        step.ended_at = max(filter(None, (step.ended_at, row["over"])), default=None)
    place = {step.key: number for number, step in enumerate(in_order())}
    for page in pages.values():
        for step in page.steps:
            if step.states[RunState.RUNNING]:
                step.ended_at = None
        page.steps.sort(key=lambda step: place.get(step.key, 99))
        draw(page.steps)
    return list(pages.values())


def night_page(night: Night, user: Any) -> NightPage:
    """One night with the steps, their pieces and logs, in three queries."""
    found: dict[str, StepOfNight] = {}
    runs = list(night.runs.order_by("pk"))
    for run in runs:
        run.night = night
        step = found.setdefault(run.nightly_step, StepOfNight(run.nightly_step))
        step.runs.append(run)
        step.states[run.state] += 1
        step.started_at = min(filter(None, (step.started_at, run.started_at)), default=None)
        step.ended_at = max(filter(None, (step.ended_at, run.ended_at)), default=None)
    place = {step.key: number for number, step in enumerate(in_order())}
    steps = sorted(found.values(), key=lambda step: place.get(step.key, 99))
    newest = not Night.objects.filter(on__gt=night.on).exists()
    allowed = user is not None and user.has_perm("jobs.rerun_night")
    for step in steps:
        if step.state in (RunState.RUNNING, RunState.WAITING):
            step.ended_at = None
        known = step.step
        repeatable = known is not None and (newest or known.every_date)
        step.may_repeat = allowed and repeatable and step.state in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)
    by_run = {run.pk: found[run.nightly_step] for run in runs}
    for note in Note.objects.filter(run__night=night).order_by("pk"):
        step = by_run[note.run_id]
        if len(step.lines) < LINES:
            step.lines.append(Line(note.at, told(step.step, note)))
    draw(steps)
    return NightPage(night, steps)


def told(step: NightlyStep | None, note: Note) -> str:
    """A line of the log in the reader's language; a code without a sentence is shown as it is."""
    pattern = step.notes().get(note.code) if step else None
    try:
        if callable(pattern):
            return str(pattern(note.figures))
        if pattern is not None:
            return str(pattern) % {key: shown(value) for key, value in note.figures.items()}
    except (KeyError, TypeError, ValueError):
        pass  # written by another version of the step: better bare than not at all
    return " ".join([note.code, *(f"{key}={value}" for key, value in note.figures.items())])


def shown(value: Any) -> Any:
    """A figure as people read it."""
    if isinstance(value, float):
        return f"{value:,.4g}"
    return display.number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def failure_sentence(params: dict[str, Any]) -> str:
    """The notice of a step that failed."""
    step = registry.nightly_steps.get(params["step"])
    error = sentence(params.get("error", ""), params.get("figures", {})) or str(Unexpected(error=params.get("error")))
    words = {"on": params["on"], "step": str(step.label) if step else params["step"], "error": error}
    return _("Night of %(on)s: the step %(step)s failed. %(error)s") % words


def what_repeats(night: Night, key: str) -> list[str]:
    """The labels of the steps that are done again after that step, in their order."""
    part = set(night.runs.values_list("nightly_step", flat=True)) & dependents(key)
    if Night.objects.filter(on__gt=night.on).exists():
        part = {one for one in part if registry.nightly_steps[one].every_date}
    return [str(step.label) for step in in_order(part)]
