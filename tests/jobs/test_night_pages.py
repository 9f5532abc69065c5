"""The pages of the night: history, steps with time, figures, log and error, and who may repeat what."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from crm.accounts import roles
from crm.accounts.models import User
from crm.core.registry import registry
from crm.jobs.models import Night, Run, RunState
from crm.jobs.nightly import start_night
from crm.jobs.nights import duration, night_page, nights
from crm.jobs.worker import claim_next, work_off
from tests.factories import make_user
from tests.jobs import kinds
from tests.jobs.conftest import Seen

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.jobs.nightly.business_today", lambda: TODAY)
    monkeypatch.setattr("crm.jobs.night_views.business_today", lambda: TODAY)


@pytest.fixture
def flora(db: None) -> User:
    return make_user("flora", roles.FINANCE_DIRECTOR)


def client_of(user: User, language: str = "en") -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def queries(client: Client, path: str) -> int:
    read(client, path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read(client, path)
    return len(captured)


def thirty(on: dt.date) -> list[dict[str, int]]:
    return [{"number": number} for number in range(30)]


def done_night(on: dt.date) -> Night:
    night = start_night(on=on)
    assert night is not None
    work_off(still=True)
    return night


@pytest.mark.thorough
def test_pages_cost_the_same_for_many_nights_steps_and_pieces(steps: Any, seen: Seen, flora: User) -> None:
    steps("a", "b a")
    client = client_of(flora)
    night = done_night(TODAY - 9 * DAY)
    small = queries(client, "/jobs/nights/"), queries(client, night.get_absolute_url())
    steps("a", seen.step("b", "a", pieces=thirty), "c b", "d", "e *")
    for days in range(3, -1, -1):
        night = done_night(TODAY - days * DAY)
    many = queries(client, "/jobs/nights/"), queries(client, night.get_absolute_url())
    assert many == small
    assert max(many) <= 8


def test_the_history_tells_how_each_night_went(steps: Any, seen: Seen, flora: User) -> None:
    steps("a", "b a")
    done_night(TODAY - DAY)
    steps(seen.step("a", handler=kinds.refuse), "b a")
    done_night(TODAY)
    last, first = nights()
    assert (last.state, first.state) == (RunState.FAILED, RunState.DONE)
    assert [step.key for step in last.failed] == ["a"]
    assert (first.done, len(first.steps)) == (2, 2)
    page = read(client_of(flora), "/jobs/nights/")
    assert page.index("2026-03-31") < page.index("2026-03-30")
    assert 'hx-trigger="every 3s"' not in page, "nothing is under way"


def test_the_drawing_leaves_out_the_time_nobody_worked(steps: Any, flora: User) -> None:
    steps("a", "b a")
    night = done_night(TODAY)
    at = dt.datetime(2026, 3, 31, 2, 0, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)
    night.runs.filter(nightly_step="a").update(started_at=at, ended_at=at + 30 * second)
    night.runs.filter(nightly_step="b").update(started_at=at + 7200 * second, ended_at=at + 7230 * second)
    page = night_page(night, flora)
    assert [(step.begins_at, step.width) for step in page.steps] == [(0, 500), (500, 500)]
    assert page.duration == "1 min 0 s"


def test_times_are_told_in_words() -> None:
    assert [duration(value) for value in (None, 0.44, 12.3, 200, 3900)] == [
        "",
        "0.4 s",
        "12 s",
        "3 min 20 s",
        "1 h 05 min",
    ]


@pytest.mark.thorough
def test_a_night_under_way_asks_again_and_shows_how_far_it_is(steps: Any, seen: Seen, flora: User) -> None:
    steps(seen.step("a", pieces=thirty), "b a")
    night = start_night(on=TODAY)
    assert night is not None
    client = client_of(flora)
    work_off(still=True, run_id=night.runs.get(nightly_step="a").pk)
    for run in Run.objects.filter(piece__isnull=False)[:7]:
        work_off(still=True, run_id=run.pk)
    claim_next(worker="one")
    part = read(client, f"{night.get_absolute_url()}progress/")
    assert 'hx-trigger="every 2s"' in part
    assert "<html" not in part
    assert "7 / 30" in part
    assert 'value="7"' in part
    Run.objects.filter(state=RunState.RUNNING).update(state=RunState.WAITING)
    work_off(still=True)
    assert "hx-trigger" not in read(client, f"{night.get_absolute_url()}progress/")


@pytest.mark.thorough
def test_error_cause_log_and_figures_are_told_in_the_readers_language(steps: Any, seen: Seen, flora: User) -> None:
    def handler(work: Any) -> None:
        work.note("skipped", count=1234)
        work.note("unheard of", count=1)
        raise ZeroDivisionError("a mistake of <the> program")

    steps(seen.step("a", handler=handler, notes=lambda: {"skipped": "%(count)s left out"}), "b a")
    night = done_night(TODAY)
    page = read(client_of(flora), night.get_absolute_url())
    assert "An unexpected error stopped this work (ZeroDivisionError)" in page
    assert "a mistake of &lt;the&gt; program" in page
    assert "tests/jobs/test_night_pages.py:" in page
    assert "1,234 left out" in page
    assert "unheard of count=1" in page
    with translation.override("zh-hans"):
        held_back = str(RunState.BLOCKED.label)
    assert held_back in read(client_of(flora, "zh-hans"), night.get_absolute_url())


def test_repeating_says_before_what_will_happen(steps: Any, seen: Seen, flora: User) -> None:
    steps("a", seen.step("b", "a", label="Second"), "c b")
    night = done_night(TODAY)
    client = client_of(flora)
    address = f"/jobs/nights/{night.pk}/repeat/a/"
    form = read(client, address)
    assert "After it: Second, c." in form
    assert client.post(address).headers["Location"] == night.get_absolute_url()
    assert not night.runs.exclude(state=RunState.WAITING).exists()
    again = client.post(address)
    assert again.status_code == 422
    assert "under way or waits" in again.content.decode()


def test_a_past_date_is_run_by_hand(steps: Any, seen: Seen, flora: User) -> None:
    steps("a", seen.step("kept", every_date=True, label="Kept for each date"))
    done_night(TODAY)
    client = client_of(flora)
    assert "Kept for each date" in read(client, "/jobs/nights/start/")
    assert client.post("/jobs/nights/start/", {"on": "2026-03-01"}).status_code == 302
    assert list(Night.objects.get(on="2026-03-01").runs.values_list("nightly_step", flat=True)) == ["kept"]
    tomorrow = client.post("/jobs/nights/start/", {"on": "2026-04-01"})
    assert tomorrow.status_code == 422
    assert "has not come yet" in tomorrow.content.decode()


def test_who_may_only_look_is_offered_nothing_else(steps: Any) -> None:
    steps("a")
    night = done_night(TODAY)
    frank = client_of(make_user("frank", roles.FINANCE_MANAGER))
    page = read(frank, night.get_absolute_url())
    assert "/repeat/" not in page
    assert "/nights/start/" not in page
    assert frank.post(f"/jobs/nights/{night.pk}/repeat/a/").status_code == 403
    assert frank.post("/jobs/nights/start/", {"on": "2026-03-31"}).status_code == 403
    assert not night.runs.exclude(state=RunState.DONE).exists()
    alice = client_of(make_user("alice", roles.SALES_REP))
    for path in ("/jobs/nights/", night.get_absolute_url(), f"{night.get_absolute_url()}progress/"):
        assert alice.get(path).status_code == 403


def test_the_runs_of_a_night_do_not_crowd_the_background_work(steps: Any, flora: User) -> None:
    steps("a")
    start_night(on=TODAY, actor=flora)
    client = client_of(flora)
    assert "head-count" not in read(client, "/jobs/head/")
    work_off(still=True)
    assert "head-count" not in read(client, "/jobs/head/")
    assert "2026-03-31" not in read(client, "/jobs/")


def test_a_step_whose_app_is_gone_still_has_its_row(steps: Any, flora: User) -> None:
    steps("a")
    night = done_night(TODAY)
    registry.nightly_steps.clear()
    assert "<b>a</b>" in read(client_of(flora), night.get_absolute_url())
    assert "2026-03-31" in read(client_of(flora), "/jobs/nights/")
