"""Files and rows of background work are kept for some days only."""

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.db.models.functions import Now

from crm.jobs.models import ENDED, Night, Run

log = logging.getLogger(__name__)

NIGHTS_KEPT = dt.timedelta(days=400)
# Further things to delete, by name: apps add theirs when they start. Each takes the days and returns how many went.
PURGERS: dict[str, Callable[[int], int]] = {}


def purge_old(*, days: int | None = None) -> dict[str, int]:
    """Delete result files of runs that ended `days` ago, and what apps keep beside their runs."""
    days = settings.EXCHANGE_KEEP_DAYS if days is None else days
    counts = {"results": purge_results(days), "nights": purge_nights()}
    counts |= {name: purger(days) for name, purger in PURGERS.items()}
    log.info("purged %s", counts)
    return counts


def purge_nights() -> int:
    """Nights of more than a year ago go with their runs and logs; what they computed stays."""
    old = Night.objects.filter(on__lt=Now() - NIGHTS_KEPT)
    count = old.count()
    old.delete()
    return count


def purge_results(days: int) -> int:
    """Delete the files; the run itself stays as a record of what was done."""
    old = Run.objects.filter(state__in=ENDED, ended_at__lt=Now() - dt.timedelta(days=days)).exclude(result="")
    count = 0
    for run in old.only("pk", "result").iterator():
        run.result.delete(save=False)
        Run.objects.filter(pk=run.pk).update(result="", result_name="")
        count += 1
    return count
