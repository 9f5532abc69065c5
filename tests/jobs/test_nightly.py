"""The night: steps in the order of what they depend on, pieces that are shared, failures that hold back their own."""

import datetime as dt
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from crm.accounts import roles
from crm.core.errors import NotAllowed
from crm.core.models import Currency
from crm.core.registry import registry
from crm.core.verification import Difference
from crm.jobs.checks import nightly_check
from crm.jobs.errors import KeepsOnlyNow, NightFailed, NightNotYet, StepAtWork, StepUnknown, Unexpected
from crm.jobs.models import Night, Run, RunState
from crm.jobs.nightly import repeat_night, repeat_step, run_now, start_due, start_night
from crm.jobs.nights import night_page
from crm.jobs.verifying import told, verify
from crm.jobs.worker import MAX_ATTEMPTS, claim_next, sweep, work_off
from crm.notices.models import Notice
from tests.factories import make_user
from tests.jobs import kinds
from tests.jobs.conftest import Seen

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.jobs.nightly.business_today", lambda: TODAY)
    monkeypatch.setattr("crm.jobs.management.commands.nightly.business_today", lambda: TODAY)


def off() -> int:
    return work_off(still=True)


def states(night: Night) -> dict[str, str]:
    return dict(night.runs.filter(piece__isnull=True).values_list("nightly_step", "state"))


def thirds(on: dt.date) -> list[dict[str, int]]:
    return [{"from": 1}, {"from": 2}, {"from": 3}]


# Order
def test_each_step_begins_when_what_it_comes_after_is_done(steps: Any, seen: Seen) -> None:
    steps("verify *", "snapshot behaviour features", "features behaviour", "behaviour")
    run_now(on=TODAY)
    assert seen.keys == ["behaviour", "features", "snapshot", "verify"]
    assert {on for _key, on, _piece in seen} == {TODAY}


def test_a_step_is_cut_into_pieces_and_what_depends_on_it_waits_for_all(steps: Any, seen: Seen) -> None:
    steps("b a", seen.step("a", pieces=thirds))
    run_now(on=TODAY)
    assert [(key, piece) for key, _on, piece in seen] == [*[("a", piece) for piece in thirds(TODAY)], ("b", None)]


def test_several_workers_share_pieces_and_none_begins_what_waits_for_them(steps: Any, seen: Seen) -> None:
    steps("b a", seen.step("a", pieces=thirds))
    start_night(on=TODAY)
    cutting = claim_next(worker="one")
    assert cutting is not None
    assert claim_next(worker="two") is None
    Run.objects.filter(pk=cutting.pk).update(state=RunState.WAITING)
    assert work_off(still=True, run_id=cutting.pk) == 1
    claimed = [claim_next(worker=f"worker {number}") for number in range(5)]
    assert [run.piece for run in claimed if run] == thirds(TODAY)


def test_a_failed_step_holds_back_only_what_depends_on_it(steps: Any, seen: Seen) -> None:
    steps(seen.step("a", handler=kinds.refuse), "b a", "c b", "d", "e d", "end *")
    with pytest.raises(NightFailed, match="the test"):
        run_now(on=TODAY)
    assert seen.keys == ["d", "e", "end"], "the end of the night comes whatever became of the others"
    blocked = {"a": "failed", "b": "blocked", "c": "blocked", "d": "done", "e": "done", "end": "done"}
    assert states(Night.objects.get()) == blocked
    assert off() == 0


def test_a_step_waits_for_what_it_can_do_without_and_is_not_held_back_by_it(steps: Any, seen: Seen) -> None:
    steps(seen.step("a", waits_for=("m", "nowhere")), seen.step("m", "z"), "z")
    assert nightly_check() == []
    run_now(on=TODAY)
    assert seen.keys == ["z", "m", "a"]


def test_what_a_step_can_do_without_may_fail(steps: Any, seen: Seen) -> None:
    steps(seen.step("a", waits_for=("m",)), seen.step("m", handler=kinds.refuse))
    with pytest.raises(NightFailed):
        run_now(on=TODAY)
    assert states(Night.objects.get()) == {"a": "done", "m": "failed"}


def test_people_come_before_the_night(steps: Any, seen: Seen) -> None:
    from crm.jobs.kinds import RunKind, StepKind
    from crm.jobs.services import start_run

    steps("a")
    start_night(on=TODAY)
    registry.run_kinds["test.run"] = RunKind("test.run", "A", (StepKind("x", "X", kinds.mark("ZZ1")),), "jobs.view_run")
    try:
        run = start_run(kind="test.run", params={}, actor=None, on=TODAY)
        claimed = claim_next(worker="one")
        assert claimed is not None
        assert claimed.pk == run.pk
    finally:
        del registry.run_kinds["test.run"]


# Starting
def test_a_night_is_started_once_and_not_before_its_day(steps: Any) -> None:
    steps("a")
    assert start_night(on=TODAY) is not None
    assert start_night(on=TODAY) is None
    assert Run.objects.count() == 1
    with pytest.raises(NightNotYet):
        start_night(on=TODAY + DAY)
    with pytest.raises(StepUnknown):
        start_night(on=TODAY - DAY, steps=["nothing"])


def test_missed_nights_are_made_up_for_by_what_keeps_a_figure_for_each_date(
    steps: Any, seen: Seen, settings: Any
) -> None:
    settings.NIGHT_HOUR = 0
    steps("escalation", seen.step("snapshot", "escalation", every_date=True))
    start_night(on=TODAY - 4 * DAY)
    off()
    seen.clear()
    start_due()
    start_due()
    off()
    assert [(key, on) for key, on, _piece in seen] == [
        ("snapshot", TODAY - 3 * DAY),
        ("snapshot", TODAY - 2 * DAY),
        ("snapshot", TODAY - DAY),
        ("escalation", TODAY),
        ("snapshot", TODAY),
    ]
    assert Night.objects.count() == 5


def test_nobody_makes_up_for_years(steps: Any, seen: Seen, settings: Any) -> None:
    settings.NIGHT_HOUR, settings.NIGHT_CATCH_UP_DAYS = 0, 2
    steps(seen.step("snapshot", every_date=True))
    start_due()
    assert Night.objects.count() == 1, "the first night of an installation has missed none"
    Night.objects.all().update(on=TODAY - 900 * DAY)
    start_due()
    assert list(Night.objects.values_list("on", flat=True))[:3] == [TODAY, TODAY - DAY, TODAY - 2 * DAY]
    assert Night.objects.count() == 4


def test_the_night_waits_for_its_hour_and_may_be_off(steps: Any, settings: Any) -> None:
    steps("a")
    settings.NIGHT_HOUR = None
    start_due()
    assert not Night.objects.exists()
    settings.NIGHT_HOUR = 24
    start_due()
    assert Night.objects.get().on == TODAY - DAY


@pytest.mark.thorough
def test_the_next_night_takes_over_what_the_last_one_did_not_begin(steps: Any, seen: Seen) -> None:
    steps(seen.step("a", handler=kinds.refuse), "b a", seen.step("snapshot", "b", every_date=True), "c")
    last = start_night(on=TODAY - DAY)
    assert last is not None
    while states(last)["a"] != "failed":
        work_off(still=True, run_id=last.runs.get(nightly_step="a").pk)
    registry.nightly_steps["a"] = seen.step("a")
    start_night(on=TODAY)
    assert states(last) == {"a": "failed", "b": "cancelled", "snapshot": "waiting", "c": "cancelled"}
    assert "2026-03-31" in last.runs.get(nightly_step="b").error
    off()
    assert [(key, on) for key, on, _piece in seen] == [
        ("snapshot", TODAY - DAY), *((key, TODAY) for key in ("a", "b", "c", "snapshot"))
    ]  # fmt: skip


def test_a_night_waits_until_the_last_one_has_stopped_working(steps: Any) -> None:
    steps("a")
    start_night(on=TODAY - DAY)
    old = claim_next(worker="one")
    start_night(on=TODAY)
    assert claim_next(worker="two") is None
    assert old is not None
    Run.objects.filter(pk=old.pk).update(state=RunState.DONE)
    assert claim_next(worker="two") is not None


def test_work_that_comes_back_late_is_left_to_the_newer_night(steps: Any, seen: Seen) -> None:
    steps("a")
    start_night(on=TODAY - DAY)
    old = claim_next(worker="one")
    start_night(on=TODAY)
    Run.objects.update(heartbeat_at=Now() - dt.timedelta(seconds=61))
    assert sweep() == 1
    off()
    assert [(key, on) for key, on, _piece in seen] == [("a", TODAY)]
    assert old is not None
    assert Run.objects.get(pk=old.pk).state == RunState.CANCELLED


# Failures
def test_the_first_failure_of_a_step_is_told_to_those_who_look_after_the_night(steps: Any, seen: Seen) -> None:
    adam, carol = make_user("adam", roles.ADMINISTRATOR), make_user("carol", roles.CREDIT_CONTROLLER)
    make_user("alice", roles.SALES_REP)
    steps(seen.step("a", handler=kinds.break_down, pieces=None), seen.step("p", handler=kinds.refuse, pieces=thirds))
    start_night(on=TODAY)
    off()
    notices = Notice.objects.filter(kind="night_failed")
    assert {notice.user for notice in notices} == {adam, carol}
    assert notices.filter(user=adam).count() == 2, "one for each step, however many pieces failed"
    assert "ZeroDivisionError" in notices.filter(user=adam, params__step="a").get().sentence
    page = night_page(Night.objects.get(), adam)
    line = next(step for step in page.steps if step.key == "a").errors[0]
    assert "a mistake of the program" in line.detail
    assert "tests/jobs/kinds.py" in line.detail


def test_a_worker_that_is_lost_too_often_fails_its_step_and_holds_back_what_follows(steps: Any) -> None:
    make_user("adam", roles.ADMINISTRATOR)
    steps("a", "b a", "end *")
    night = start_night(on=TODAY)
    assert night is not None
    for _attempt in range(MAX_ATTEMPTS):
        assert claim_next(worker="one") is not None
        Run.objects.update(heartbeat_at=Now() - dt.timedelta(seconds=61))
        sweep()
    assert states(night) == {"a": "failed", "b": "blocked", "end": "waiting"}
    assert Notice.objects.count() == 1


# Again
def test_a_failed_step_is_repeated_and_frees_what_it_held_back(steps: Any, seen: Seen) -> None:
    steps(seen.step("a", handler=kinds.refuse), "b a", "c b", "d")
    night = start_night(on=TODAY)
    assert night is not None
    off()
    registry.nightly_steps["a"] = seen.step("a")
    repeat_step(night_id=night.pk, step="a", actor=None)
    off()
    assert seen.keys == ["d", "a", "b", "c"]
    assert set(states(night).values()) == {"done"}


@pytest.mark.thorough
def test_of_a_step_in_pieces_only_what_failed_is_done_again(steps: Any, seen: Seen) -> None:
    def second(work: Any) -> None:
        if work.piece == {"from": 2}:
            raise Unexpected(error="the test")
        seen.handler("a")(work)

    steps(seen.step("a", handler=second, pieces=thirds), "b a")
    night = start_night(on=TODAY)
    assert night is not None
    off()
    assert states(night) == {"a": "done", "b": "blocked"}
    registry.nightly_steps["a"] = seen.step("a", pieces=thirds)
    seen.clear()
    repeat_step(night_id=night.pk, step="a", actor=None)
    off()
    assert [(key, piece) for key, _on, piece in seen] == [("a", {"from": 2}), ("b", None)]


@pytest.mark.thorough
def test_a_step_that_is_done_is_repeated_with_all_its_pieces_and_what_depends_on_it(steps: Any, seen: Seen) -> None:
    steps(seen.step("a", pieces=thirds), "b a", "c", "end *")
    night = start_night(on=TODAY)
    assert night is not None
    off()
    seen.clear()
    repeat_step(night_id=night.pk, step="a", actor=None)
    with pytest.raises(StepAtWork):
        repeat_step(night_id=night.pk, step="b", actor=None)
    off()
    assert seen.keys == ["a", "a", "a", "b", "end"]
    assert night.runs.count() == 7


def test_who_may_repeat_and_what_of_a_past_night(steps: Any, seen: Seen) -> None:
    alice, flora = make_user("alice", roles.SALES_REP), make_user("flora", roles.FINANCE_DIRECTOR)
    steps("a", seen.step("snapshot", "a", every_date=True))
    last = start_night(on=TODAY - DAY)
    assert last is not None
    off()
    start_night(on=TODAY)
    off()
    with pytest.raises(NotAllowed):
        repeat_step(night_id=last.pk, step="snapshot", actor=alice)
    with pytest.raises(KeepsOnlyNow):
        repeat_step(night_id=last.pk, step="a", actor=flora)
    with pytest.raises(StepUnknown):
        repeat_step(night_id=last.pk, step="nothing", actor=flora)
    seen.clear()
    repeat_step(night_id=last.pk, step="snapshot", actor=flora)
    repeat_night(on=TODAY, actor=flora)
    repeat_night(on=TODAY - 9 * DAY, actor=flora)
    with pytest.raises(NotAllowed):
        repeat_night(on=TODAY, actor=alice)
    off()
    assert [(key, (TODAY - on).days) for key, on, _piece in seen] == [
        ("snapshot", 9), ("snapshot", 1), ("a", 0), ("snapshot", 0)
    ]  # fmt: skip


@pytest.mark.thorough
def test_a_step_alone_waits_for_nobody_and_may_be_run_again(steps: Any, seen: Seen) -> None:
    steps("a", seen.step("b", "a", pieces=lambda on: [{"n": 1}]))
    run_now(on=TODAY, steps=["b"])
    run_now(on=TODAY, steps=["b"])
    assert seen.keys == ["b", "b"]
    assert Run.objects.filter(state=RunState.DONE).count() == 2
    run_now(on=TODAY)
    assert seen.keys == ["b", "b", "a", "b"]
    run_now(on=TODAY - DAY)
    assert seen.keys[4:] == ["a", "b"], "by hand a past date is done as it was asked for"


# Log and verification
def test_a_word_for_the_log_is_kept_as_code_and_figures(steps: Any, seen: Seen) -> None:
    def handler(work: Any) -> None:
        work.note("skipped", count=3456, on=work.today)
        with work.final():
            Currency.objects.create(code="ZZ1", name_zh="-", name_en="-")
            work.note("made", count=1)
            raise Unexpected(error="the test")

    steps(seen.step("a", handler=handler, notes=lambda: {"skipped": "%(count)s left out before %(on)s"}))
    with pytest.raises(NightFailed):
        run_now(on=TODAY)
    run = Run.objects.get()
    assert [(note.code, note.figures) for note in run.notes.all()] == [("skipped", {"count": 3456, "on": "2026-03-31"})]
    assert not Currency.objects.filter(code="ZZ1").exists()
    line = night_page(Night.objects.get(), None).steps[0].lines[0]
    assert line.text == "3,456 left out before 2026-03-31"


def test_a_difference_fails_the_verification_and_is_named(
    steps: Any, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(seen.step("verify", handler=verify, notes=lambda: {"difference": told}))
    run_now(on=TODAY)
    assert Run.objects.get().counts["differences"] == 0
    found = [Difference("open", "Open amount of invoice", "INV-1", "1.00", "2.00")]
    monkeypatch.setitem(registry.verifiers, "ours", lambda: found)
    with pytest.raises(NightFailed, match="Ours 1"):
        run_now(on=TODAY)
    step = night_page(Night.objects.get(), None).steps[0]
    assert step.lines[-1].text == "Open amount of invoice INV-1: expected 1.00, found 2.00"


def test_what_a_step_comes_after_must_exist_and_never_be_itself(steps: Any) -> None:
    steps("a", "b a", "end *")
    assert nightly_check() == []
    steps("a nothing", "b c", "c b", "d end", "end *")
    assert {problem.id for problem in nightly_check()} == {"jobs.E001", "jobs.E002", "jobs.E003"}


# The shell
def test_the_command_starts_works_off_repeats_and_tells(steps: Any, seen: Seen, capsys: Any) -> None:
    steps("a", "b a")
    call_command("nightly")
    assert seen.keys == ["a", "b"]
    assert "a: Done" in capsys.readouterr().out
    call_command("nightly")
    assert seen.keys == ["a", "b"], "it was done already"
    call_command("nightly", step="b")
    call_command("nightly", again=True)
    assert seen.keys == ["a", "b", "b", "a", "b"]
    with pytest.raises(CommandError):
        call_command("nightly", date=TODAY + DAY)
    registry.nightly_steps["a"] = seen.step("a", handler=kinds.refuse)
    with pytest.raises(SystemExit):
        call_command("nightly", again=True)
