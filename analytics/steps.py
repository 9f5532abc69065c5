"""What analytics does at night: figures of customers, then who is who, who leaves, who brings what, which tier each
belongs to, who pays when.

Each step first works everything out and writes nothing, then writes it together with its mark. Done again for the same
morning it writes the same.
"""

from django.utils.translation import gettext_lazy as _

from analytics.services.churn import find_churn, write_churn
from analytics.services.contribution import work_out_contribution
from analytics.services.features import pieces, purge_features, write_features
from analytics.services.forecast import write_forecast
from analytics.services.late_payment import find_payments, write_predictions
from analytics.services.segments import find_segments, write_segments
from analytics.services.tiers import find_tiers, write_tiers
from analytics.services.tiers import pieces as tier_pieces
from crm.core.registry import NightlyStep, Text
from crm.jobs.worker import Work


def features(work: Work) -> None:
    with work.final():
        work.counts["customers"] = write_features(on=work.today, piece=work.piece)


def segments(work: Work) -> None:
    found = find_segments(on=work.today)
    work.progress(1, 2)
    with work.final():
        work.counts.update(write_segments(found))
        purge_features(on=work.today)


def churn(work: Work) -> None:
    found = find_churn(on=work.today)
    work.progress(1, 2)
    with work.final():
        work.counts.update(write_churn(found))


def contribution(work: Work) -> None:
    with work.final():
        work.counts["customers"] = work_out_contribution(on=work.today)


def tiers(work: Work) -> None:
    found = find_tiers(on=work.today, piece=work.piece)
    work.progress(1, 2)
    with work.final():
        work.counts.update(write_tiers(found))


def late_payment(work: Work) -> None:
    found = find_payments(on=work.today)
    work.progress(1, 2)
    with work.final():
        work.counts.update(write_predictions(found))
        work.counts["weeks"] = write_forecast(on=work.today, from_open=found.by_week.tolist())


def customer_words() -> dict[str, Text]:
    """Words for the figures of the steps."""
    return {
        "customers": _("Customers"),
        "segments": _("Segments"),
        "moved": _("Moved to another segment"),
        "high_risk": _("At high risk"),
        "tiers_changed": _("Came into another tier"),
        "invoices": _("Open invoices"),
        "weeks": _("Weeks forecast"),
    }


STEPS = (
    NightlyStep(
        "features",
        _("Customer figures"),
        features,
        after=("behaviour",),
        pieces=pieces,
        every_date=True,
        count_labels=customer_words,
    ),
    NightlyStep("segments", _("Segments"), segments, after=("features",), count_labels=customer_words),
    NightlyStep("churn", _("Leaving"), churn, after=("features",), count_labels=customer_words),
    NightlyStep("contribution", _("Contribution"), contribution, after=("features",), count_labels=customer_words),
    NightlyStep(
        "tiers", _("Customer tiers"), tiers, after=("contribution",), pieces=tier_pieces, count_labels=customer_words
    ),
    NightlyStep("late_payment", _("Late payment"), late_payment, after=("behaviour",), count_labels=customer_words),
)
