"""A night for the kill tests, loaded by worker processes of their own: each step leaves a mark that counts.

The marks stand in a table without any constraint, so that whatever is done twice can be seen.
"""

import time
from typing import Any

from django.apps import AppConfig
from django.db import connection

SECONDS = 0.25  # of one piece
WANTED = {"first": 1, "wide": 8, "beside": 4, "between": 1, "last": 3, "end": 1}


def mark(work: Any) -> None:
    """Work before, inside and after the transaction that counts: a kill may come at any of these points."""
    step, piece = work.run.nightly_step, (work.piece or {}).get("number", 0)
    time.sleep(SECONDS / 2)
    with work.final():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO night_marks (night, step, piece, worker) VALUES (%s, %s, %s, %s)",
                [work.today, step, piece, work.run.worker],
            )
        time.sleep(SECONDS / 2)
        work.counts = {"marks": 1}
    time.sleep(SECONDS / 10)


class NightTestConfig(AppConfig):
    name = "tests.jobs"
    label = "night_test"

    def ready(self) -> None:
        from crm.core.registry import NightlyStep, registry

        def pieces(count: int) -> Any:
            return (lambda on: [{"number": number} for number in range(count)]) if count > 1 else None

        after = {"wide": ["first"], "between": ["wide"], "last": ["between", "beside"], "end": ["*"]}
        registry.nightly_steps.clear()
        registry.add(
            *(
                NightlyStep(key, key, mark, after=after.get(key, ()), pieces=pieces(count))
                for key, count in WANTED.items()
            )
        )
