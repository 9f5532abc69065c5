"""Nights of collection for tests: each on its own day of the clock, as they happen in life."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from receivables.models import Case
from receivables.services.collection import Escalated, escalate
from tests.factories import day

CLOCK = ZoneInfo("Asia/Shanghai")
DAY = dt.timedelta(days=1)


def night(on: str | dt.date, **more: Any) -> Escalated:
    """The night of a day, at two in the morning of it."""
    date = day(on)
    return escalate(on=date, recorded_at=dt.datetime.combine(date, dt.time(2), CLOCK), **more)


def nights(first: str | dt.date, last: str | dt.date) -> list[Escalated]:
    """Every night from the first to the last."""
    start, end = day(first), day(last)
    return [night(start + DAY * number) for number in range((end - start).days + 1)]


def the_case(customer: Any, **more: Any) -> Case:
    """The customer's one open case as it stands in the database."""
    return Case.objects.get(customer=customer, state="open", **more)


def steps(case: Case) -> list[tuple[str, str]]:
    """Code and day of the steps a case took, in order."""
    return [(step.policy_step.code, str(step.on)) for step in case.steps.select_related("policy_step").order_by("on")]
