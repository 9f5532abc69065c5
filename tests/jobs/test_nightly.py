"""The night: steps in the order of what they depend on, pieces that are shared, failures that hold back their own."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crm.core.models import Currency
from crm.core.registry import NightlyStep, registry
from crm.jobs.errors import NightFailed, Unexpected
from crm.jobs.models import Night, Run, RunState
from crm.jobs.nightly import run_now, start_night
from crm.jobs.worker import work_off
from tests.jobs import kinds

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)


@pytest.fixture
def steps() -> Iterator[Callable[..., None]]:
    """Replaces the registered steps: `steps(step("a"), step("b", "a"))`."""
    before = dict(registry.nightly_steps)

    def put(*steps: NightlyStep) -> None:
        registry.nightly_steps.clear()
        registry.add(*steps)

    yield put
    registry.nightly_steps.clear()
    registry.nightly_steps.update(before)


def step(key: str, *after: str, handler: Any = None, **options: Any) -> NightlyStep:
    return NightlyStep(key, key, handler or seen.append_of(key), after=after, **options)


class Seen(list[Any]):
    def append_of(self, key: str) -> Any:
        def handler(work: Any) -> None:
            with work.final():
                self.append((key, work.today, work.piece))
                work.counts = {"done": 1}

        return handler


seen = Seen()


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    seen.clear()


def states(night: Night) -> dict[str, str]:
    return dict(night.runs.filter(piece__isnull=True).values_list("nightly_step", "state"))


def test_each_step_begins_when_what_it_comes_after_is_done(steps: Any) -> None:
    steps(step("verify", "snapshot"), step("snapshot", "behaviour", "features"), step("features", "behaviour"),
          step("behaviour"))  # fmt: skip
    run_now(on=TODAY)
    assert [key for key, _on, _piece in seen] == ["behaviour", "features", "snapshot", "verify"]
    assert {on for _key, on, _piece in seen} == {TODAY}


def test_a_step_is_cut_into_pieces_and_what_depends_on_it_waits_for_all(steps: Any) -> None:
    steps(step("b", "a"), step("a", pieces=lambda on: [{"from": 1}, {"from": 2}, {"from": 3}]))
    run_now(on=TODAY)
    assert [(key, piece) for key, _on, piece in seen] == [
        ("a", {"from": 1}), ("a", {"from": 2}), ("a", {"from": 3}), ("b", None)
    ]  # fmt: skip


def test_a_failed_step_holds_back_only_what_depends_on_it(steps: Any) -> None:
    steps(step("a", handler=kinds.refuse), step("b", "a"), step("c", "b"), step("d"), step("e", "d"))
    with pytest.raises(NightFailed, match="the test"):
        run_now(on=TODAY)
    assert [key for key, _on, _piece in seen] == ["d", "e"]
    night = Night.objects.get()
    assert states(night) == {"a": "failed", "b": "blocked", "c": "blocked", "d": "done", "e": "done"}
    assert work_off() == 0


def test_a_night_is_started_once(steps: Any) -> None:
    steps(step("a"))
    assert start_night(on=TODAY) is not None
    assert start_night(on=TODAY) is None
    assert Run.objects.count() == 1


def test_a_step_alone_waits_for_nobody_and_may_be_run_again(steps: Any) -> None:
    steps(step("a"), step("b", "a", pieces=lambda on: [{"n": 1}]))
    run_now(on=TODAY, steps=["b"])
    run_now(on=TODAY, steps=["b"])
    assert [key for key, _on, _piece in seen] == ["b", "b"]
    assert Run.objects.filter(state=RunState.DONE).count() == 2
    run_now(on=TODAY)
    assert [key for key, _on, _piece in seen] == ["b", "b", "a", "b"]


def test_a_word_for_the_log_is_kept_as_code_and_figures(steps: Any) -> None:
    def handler(work: Any) -> None:
        work.note("skipped", count=3, on=work.today)
        with work.final():
            Currency.objects.create(code="ZZ1", name_zh="-", name_en="-")
            work.note("made", count=1)
            raise Unexpected(error="the test")

    steps(step("a", handler=handler))
    with pytest.raises(NightFailed):
        run_now(on=TODAY)
    run = Run.objects.get()
    assert [(note.code, note.figures) for note in run.notes.all()] == [("skipped", {"count": 3, "on": "2026-03-31"})]
    assert not Currency.objects.filter(code="ZZ1").exists()
