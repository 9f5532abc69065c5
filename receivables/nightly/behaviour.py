"""What receivables does at night for those further left: how customers pay, told to credit."""

from django.utils.translation import gettext_lazy as _

from crm.core.registry import NightlyStep
from crm.jobs.worker import Work
from receivables.services.behaviour import pieces, work_out_behaviour


def behaviour(work: Work) -> None:
    with work.final():
        work.counts["behaviour_rows"] = work_out_behaviour(on=work.today, piece=work.piece)


BEHAVIOUR = NightlyStep(
    "behaviour",
    _("Payment behaviour"),
    behaviour,
    pieces=pieces,
    count_labels=lambda: {"behaviour_rows": _("Customers and windows")},
)
