"""Runs for the tests: each leaves a mark in the database, so that doing it twice shows."""

import os
import time
from collections.abc import Callable

from crm.core.errors import Busy
from crm.core.models import Currency
from crm.jobs.errors import Unexpected
from crm.jobs.kinds import RunKind, StepKind
from crm.jobs.worker import Work


def mark(code: str) -> Callable[[Work], None]:
    """A step that writes one row for good. A second time the database refuses it."""

    def step(work: Work) -> None:
        with work.final():
            Currency.objects.create(code=code, name_zh=code, name_en=code)
            work.counts = {code: 1}

    return step


def refuse(work: Work) -> None:
    raise Unexpected(error="the test")


def break_down(work: Work) -> None:
    raise ZeroDivisionError("a mistake of the program")


def busy(work: Work) -> None:
    raise Busy


def lose(work: Work) -> None:
    """Half-way somebody else takes the run."""
    from crm.jobs.models import Run

    with work.final():
        Currency.objects.create(code="ZZ1", name_zh="-", name_en="-")
        Run.objects.filter(pk=work.run.pk).update(claim=work.run.claim + 1)


def kind(*steps: Callable[[Work], None], key: str = "test.run") -> RunKind:
    named = tuple(StepKind(f"step{place}", f"Step {place}", step) for place, step in enumerate(steps))
    return RunKind(key=key, label="A test", steps=named, permission="jobs.view_run")


def slow(work: Work) -> None:
    """Ten parts of a step, each a row of its own in one transaction: killed in the middle it leaves none."""
    with work.final():
        for part in range(10):
            Currency.objects.create(code=f"Y{part:02d}", name_zh="-", name_en="-")
            work.progress(part + 1, 10)
            time.sleep(float(os.environ.get("TEST_STEP_SECONDS", "0")))
