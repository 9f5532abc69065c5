"""The nights the demo company has behind it read as those the workers leave: one failed, one was done again."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from analytics.demo import UNLUCKY, past_night
from crm.core.demo import DemoCompany
from crm.jobs.models import Night, Run, RunState, Step
from crm.jobs.nightly import in_order, run_now
from crm.jobs.nights import night_page
from tests.factories import make_company

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 11, 22)
STEPS = ("features", "contribution", "late_payment")


def test_nights_of_the_demo_are_consistent_and_worth_opening() -> None:
    newest = run_now(on=ON, steps=STEPS)
    company = DemoCompany(seed=7, end_on=ON)
    for back, mishap in ((3, "failed"), (2, "repeated"), (1, "")):
        past_night(company, newest, ON - dt.timedelta(days=back), mishap)
    failed, repeated, plain, _newest = Night.objects.order_by("on")
    assert [run.nightly_step for run in failed.runs.filter(state=RunState.FAILED)] == [UNLUCKY]
    assert all(night.runs.exclude(state=RunState.DONE).count() == 0 for night in (repeated, plain))
    again = repeated.runs.get(nightly_step=UNLUCKY)
    assert again == repeated.runs.order_by("-started_at")[0]
    assert again.claim > plain.runs.get(nightly_step=UNLUCKY).claim == 1
    assert not Run.objects.ready().exists()
    assert not Step.objects.exclude(state__in=(RunState.DONE, RunState.FAILED)).exists()
    places = {step.key: place for place, step in enumerate(in_order())}
    for night in (failed, repeated, plain):
        assert night.started_at.date() <= night.on
        for run in night.runs.all():
            assert run.started_at is not None
            assert run.ended_at is not None
            assert run.started_at < run.ended_at
            earlier = night.runs.filter(nightly_step__in=run.after)
            assert all(before.ended_at <= run.started_at for before in earlier if before.ended_at), run.nightly_step
            assert run.nightly_step in places
    assert [step.key for step in night_page(failed, None).failed] == [UNLUCKY]


def test_a_failed_night_of_the_demo_says_why() -> None:
    company = make_company()
    newest = run_now(on=ON, steps=STEPS)
    past_night(DemoCompany(seed=7, end_on=ON), newest, ON - dt.timedelta(days=3), "failed")
    night = Night.objects.order_by("on")[0]
    client = Client()
    client.force_login(company.fiona)
    html = client.get(reverse("jobs:night", args=[night.pk])).content.decode()
    assert "Somebody else is working on the same record" in html
