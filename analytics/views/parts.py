"""Tables that stand on more than one page: moves between segments, customers likely to leave."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from analytics import links
from analytics.charts import Cell, Table, figure, heads, word
from analytics.models import ChurnScore, RiskBand, Standing
from analytics.selectors import churn, segments
from analytics.wording import reason_sentence
from crm.core.display import Badge, number, percent

BAND_TONES = {RiskBand.LOW: "success", RiskBand.MEDIUM: "warning", RiskBand.HIGH: "danger"}


def risk_badge(score: ChurnScore) -> Badge:
    """The band of who is scored, else why there is no probability."""
    if score.standing == Standing.SCORED and score.band:
        return Badge(score.get_band_display(), BAND_TONES[RiskBand(score.band)])
    return Badge(score.get_standing_display(), "neutral")


def chance(score: ChurnScore) -> str:
    return "" if score.probability is None else percent(Decimal(str(score.probability)), 0)


def sentences(reasons: Sequence[dict[str, Any]], most: int = 3) -> SafeString | str:
    """The strongest reasons, each on a line of its own."""
    return format_html_join("", '<span class="because">{}</span>', ((reason_sentence(r),) for r in reasons[:most]))


def flow_table(user: Any, since: dt.date, until: dt.date) -> Table:
    """How many customers went from which segment to which; each row leads to those customers."""
    rows = []
    for flow in segments.flows(user, since, until):
        url = links.address(
            "analytics:moves",
            since=since,
            came_from=flow.came_from.pk if flow.came_from else "none",
            went_to=flow.went_to.pk,
        )
        rows.append(
            [
                word(flow.came_from.label if flow.came_from else _("New")),
                word(flow.went_to.label),
                figure(flow.customers, "count", url),
            ]
        )
    return Table(
        key="flows",
        title=_("Between segments in %(days)s days") % {"days": (until - since).days},
        heads=heads(_("From"), _("To"), _("Customers"), words=2),
        rows=rows,
        aside=word(_("Who moved and why"), links.address("analytics:moves", since=since)),
        empty=_("No customer has changed its segment."),
    )


def leaving_table(user: Any, most: int) -> Table:
    """The customers at high risk with the most revenue at risk, each with its strongest reason."""
    found = churn.scores(user).filter(standing=Standing.SCORED, band=RiskBand.HIGH)
    rows = [
        [
            word(score.customer.name, score.customer.get_absolute_url(), detail=str(score.customer.owner or "")),
            Cell(chance(score), "", "num"),
            figure(score.value_at_risk, url=links.address("analytics:retention", q=score.customer.code)),
            Cell(sentences(score.reasons, 1), "", "because-cell"),
        ]
        for score in found.order_by("-value_at_risk", "pk")[:most]
    ]
    return Table(
        key="leaving",
        title=_("Likely to leave, the most revenue at risk first"),
        heads=[
            word(_("Customer")),
            Cell(_("Probability")),
            Cell(_("Revenue at risk")),
            word(_("Strongest reason")),
        ],
        rows=rows,
        aside=word(
            _("All %(count)s") % {"count": number(found.order_by().count())},
            links.address("analytics:retention", risk=RiskBand.HIGH.value),
        ),
        empty=_("No customer is at high risk."),
    )
