"""Runs are claimed once, fenced by their claim, given back when they get stuck, and say how they ended."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation

from crm.accounts import roles
from crm.core.errors import NotAllowed
from crm.core.models import Currency
from crm.core.registry import registry
from crm.jobs.errors import KindUnknown, NotCancellable, NotRetryable, sentence
from crm.jobs.kinds import RunKind
from crm.jobs.models import Run, RunState, Step
from crm.jobs.purge import purge_old
from crm.jobs.services import announce, cancel_run, mark_seen, retry_run, start_run
from crm.jobs.worker import MAX_ATTEMPTS, Beat, claim_next, execute, sweep, work_off
from tests.exchange.conftest import StillBeat
from tests.factories import make_user
from tests.jobs import kinds

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
Start = Callable[..., Run]


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.jobs.worker.Beat", StillBeat)


@pytest.fixture
def start() -> Iterator[Start]:
    def start(*steps: Any, actor: Any = None) -> Run:
        kind = kinds.kind(*steps)
        registry.run_kinds[kind.key] = kind
        return start_run(kind=kind.key, params={}, actor=actor, on=TODAY)

    yield start
    registry.run_kinds.pop("test.run", None)


def again(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def test_steps_are_done_in_order_and_their_figures_are_kept(start: Start) -> None:
    run = start(kinds.mark("ZZ1"), kinds.mark("ZZ2"))
    assert work_off() == 1
    run = again(run)
    assert (run.state, run.counts, run.attempts) == (RunState.DONE, {"ZZ1": 1, "ZZ2": 1}, 1)
    assert [step.state for step in run.steps.all()] == ["done", "done"]
    assert work_off() == 0


def test_a_run_is_claimed_once(start: Start) -> None:
    run = start(kinds.mark("ZZ1"))
    claimed = claim_next(worker="one")
    assert claimed is not None
    assert (claimed.pk, claimed.claim, claimed.worker) == (run.pk, 1, "one")
    assert claim_next(worker="two") is None


def test_a_worker_that_lost_its_claim_writes_nothing(start: Start) -> None:
    run = start(kinds.lose)
    work_off()
    run = again(run)
    assert not Currency.objects.filter(code="ZZ1").exists()
    assert run.state == RunState.RUNNING, "it belongs to the other worker now"


def test_a_lost_worker_cannot_end_the_run_either(start: Start) -> None:
    run = start(kinds.mark("ZZ1"))
    mine = claim_next(worker="one")
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - dt.timedelta(seconds=61))
    assert sweep() == 1
    other = claim_next(worker="two")
    assert mine is not None
    assert other is not None
    execute(mine)
    assert again(run).state == RunState.RUNNING
    assert not Currency.objects.filter(code="ZZ1").exists()
    execute(other)
    assert again(run).state == RunState.DONE
    assert Currency.objects.filter(code="ZZ1").count() == 1


def test_a_step_that_is_done_is_not_done_again(start: Start) -> None:
    run = start(kinds.mark("ZZ1"), kinds.refuse)
    work_off()
    assert again(run).state == RunState.FAILED
    registry.run_kinds["test.run"] = kinds.kind(kinds.mark("ZZ1"), kinds.mark("ZZ2"))
    retry_run(run_id=run.pk, actor=None)
    work_off()
    run = again(run)
    assert (run.state, run.counts) == (RunState.DONE, {"ZZ1": 1, "ZZ2": 1})
    assert run.error == ""


def test_a_run_without_a_beat_is_given_back_and_fails_after_the_last_attempt(start: Start) -> None:
    run = start(kinds.mark("ZZ1"))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert claim_next(worker=f"worker {attempt}") is not None
        assert sweep() == 0, "it has just said that it lives"
        Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - dt.timedelta(seconds=61))
        assert sweep() == 1
    run = again(run)
    assert (run.state, run.error_code, run.error_params) == (RunState.FAILED, "worker_lost", {"attempts": 3})
    assert "3" in run.error


def test_the_error_of_a_rule_is_kept_as_code_and_figures_and_told_in_the_readers_language(start: Start) -> None:
    run = start(kinds.refuse)
    work_off()
    run = again(run)
    assert (run.error_code, run.error_params) == ("unexpected", {"error": "the test"})
    assert "the test" in run.error
    assert run.steps.get().state == RunState.FAILED
    with translation.override("en"):
        assert sentence("rate_missing", {"currency": "CAD", "on": "2026-01-01"}).startswith("There is no exchange rate")
        assert sentence("uscc_invalid", {"uscc": "1", "fault": "length", "length": 1}).endswith("has 1.")
    assert sentence("nobody knows this", {}) == ""


def test_a_mistake_of_the_program_fails_the_run_and_names_itself(start: Start) -> None:
    run = start(kinds.break_down)
    work_off()
    assert (again(run).state, again(run).error_params["error"]) == (RunState.FAILED, "ZeroDivisionError")


def test_a_lock_in_the_way_is_tried_again_later_and_not_for_ever(start: Start) -> None:
    run = start(kinds.busy)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert work_off() == 1
        run = again(run)
        assert run.attempts == attempt
        if attempt < MAX_ATTEMPTS:
            assert run.state == RunState.WAITING
            assert work_off() == 0, "not before its time"
            Run.objects.filter(pk=run.pk).update(not_before=Now())
    assert (run.state, run.error_code) == (RunState.FAILED, "busy")


def test_a_kind_nobody_knows_any_more_fails(start: Start) -> None:
    run = start(kinds.mark("ZZ1"))
    del registry.run_kinds["test.run"]
    work_off()
    assert again(run).error_code == "run_kind_unknown"
    with pytest.raises(KindUnknown):
        start_run(kind="test.run", params={}, actor=None, on=TODAY)


def test_cancelling_before_during_and_after(start: Start) -> None:
    run = start(kinds.mark("ZZ1"))
    assert cancel_run(run_id=run.pk, actor=None).state == RunState.CANCELLED
    with pytest.raises(NotCancellable):
        cancel_run(run_id=run.pk, actor=None)
    run = start(kinds.mark("ZZ1"))
    assert claim_next(worker="one") is not None
    assert cancel_run(run_id=run.pk, actor=None).cancel_requested
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - dt.timedelta(seconds=61))
    sweep()
    assert again(run).state == RunState.CANCELLED
    with pytest.raises(NotRetryable):
        retry_run(run_id=start(kinds.mark("ZZ2")).pk, actor=None)


def test_a_cancelled_step_leaves_nothing(start: Start) -> None:
    class Asked(StillBeat):
        def __init__(self, run: Run, every: float) -> None:
            super().__init__(run, every)
            self.cancelled = True

    run = start(kinds.slow)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm.jobs.worker.Beat", Asked)
        work_off()
    assert again(run).state == RunState.CANCELLED
    assert not Currency.objects.filter(code__startswith="Y0").exists()


def test_who_may_start_see_and_steer_a_run(start: Start) -> None:
    adam, alice = make_user("adam", roles.ADMINISTRATOR), make_user("alice", roles.SALES_REP)
    with pytest.raises(NotAllowed):
        start(kinds.mark("ZZ1"), actor=alice)
    assert not Run.objects.exists()
    run = start(kinds.mark("ZZ1"), actor=adam)
    assert list(Run.objects.visible_to(adam)) == [run]
    assert list(Run.objects.visible_to(alice)) == []
    for service in (cancel_run, retry_run):
        with pytest.raises(NotAllowed):
            service(run_id=run.pk, actor=alice)
    assert again(run).state == RunState.WAITING


def test_an_outcome_is_new_until_the_one_who_asked_has_seen_it(start: Start) -> None:
    adam = make_user("adam", roles.ADMINISTRATOR)
    run = start(kinds.mark("ZZ1"), actor=adam)
    assert not Run.objects.unseen_by(adam).exists()
    work_off()
    assert list(Run.objects.unseen_by(adam)) == [run]
    mark_seen(run_id=run.pk, actor=make_user("bob"))
    assert Run.objects.unseen_by(adam).exists()
    mark_seen(run_id=run.pk, actor=adam)
    assert not Run.objects.unseen_by(adam).exists()


def test_results_are_purged_after_their_time_but_the_run_stays(start: Start) -> None:
    import io

    def write(work: Any) -> None:
        with work.final():
            work.attach(io.BytesIO(b"x"), "x.csv")

    run = start(write)
    work_off()
    run = again(run)
    name, storage = run.result.name, run.result.storage
    assert (run.result_name, name.endswith(".csv"), "x.csv" in name) == ("x.csv", True, False)
    assert purge_old(days=14)["results"] == 0
    Run.objects.filter(pk=run.pk).update(ended_at=Now() - dt.timedelta(days=15))
    assert purge_old(days=14)["results"] == 1
    assert not storage.exists(name)
    assert (again(run).result.name, again(run).state) == ("", RunState.DONE)


def test_registering_a_kind_twice_is_a_mistake() -> None:
    from crm.jobs.kinds import register_run_kind

    kind: RunKind = next(iter(registry.run_kinds.values()))
    with pytest.raises(ValueError, match="twice"):
        register_run_kind(kind)


@pytest.mark.django_db(transaction=True)
def test_the_beat_says_that_the_worker_lives_and_learns_what_happened_to_the_claim(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.jobs.services.announce", lambda: None)
    run = start(kinds.mark("ZZ1"))
    claimed = claim_next(worker="one")
    assert claimed is not None
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - dt.timedelta(seconds=50))
    with Beat(claimed, 0.05) as beat:
        beat.done, beat.total = 3, 10
        wait_for(lambda: again(run).done == 3)
        assert sweep(stale_after=5) == 0
        Run.objects.filter(pk=run.pk).update(cancel_requested=True)
        wait_for(lambda: beat.cancelled)
        assert not beat.lost
        Run.objects.filter(pk=run.pk).update(claim=7)
        wait_for(lambda: beat.lost)
    assert not beat.thread.is_alive()
    Step.objects.all().delete()


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_transaction_calls_the_workers_once_however_much_it_starts(
    start: Start, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[int] = []
    monkeypatch.setattr("crm.jobs.tasks.look_for_work.apply_async", lambda **how: said.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            announce()
        announce()
        with transaction.atomic():
            announce(3)
            transaction.set_rollback(True)  # what was asked for in it is forgotten
        announce()
    assert len(said) == 1
    with django_capture_on_commit_callbacks(execute=True):
        announce(3)
        announce(2)
    assert len(said) == 4


def test_without_a_broker_the_work_is_kept_and_waits(
    start: Start, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def unreachable(**options: Any) -> None:
        raise ConnectionError("nobody answers")

    monkeypatch.setattr("crm.jobs.tasks.look_for_work.apply_async", unreachable)
    with django_capture_on_commit_callbacks(execute=True):
        run = start(kinds.mark("ZZ2"))
    assert again(run).state == RunState.WAITING
