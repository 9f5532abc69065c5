"""What analytics keeps of each day in the night: the snapshot of receivables."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from analytics.services.snapshots import take_snapshots
from crm.core.registry import NightlyStep
from crm.jobs.worker import Work


def keep_snapshots(work: Work) -> None:
    """The day before the night's date, and history that is missing or stale."""
    kept = take_snapshots(until=work.today - dt.timedelta(days=1), around=work.fenced, progress=work.progress)
    work.counts = {"days": kept.taken, "days_waiting": kept.waiting, "days_dropped": kept.dropped}


SNAPSHOT = NightlyStep(
    key="snapshot",
    label=_("Snapshot of receivables"),
    handler=keep_snapshots,
    after=("escalation", "segments", "churn"),
    every_date=True,
    count_labels=lambda: {
        "days": _("Days kept"),
        "days_waiting": _("Days still to be derived"),
        "days_dropped": _("Days dropped"),
    },
)
