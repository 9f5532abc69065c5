"""What analytics puts on other pages: a panel of the customer page, cards of 'My day'."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import links
from analytics.advice import ACTIONS, next_action
from analytics.models import ChurnScore, Contribution, CustomerSegment, RiskBand, SegmentMove, Standing
from analytics.selectors.contribution import place_of
from analytics.views.parts import chance, risk_badge, sentences
from analytics.wording import reason_sentence
from credit.models import PaymentBehaviour
from crm.core.registry import DayCard, DayCardContent, DayCardRow, Panel

TOP = 5


def panel_context(request: HttpRequest, customer: Any) -> dict[str, Any]:
    """Segment, risk with its reasons, what the customer brings, and how it paid in three windows."""
    user: Any = request.user
    score = ChurnScore.objects.filter(customer=customer).first()
    brings = Contribution.objects.filter(customer=customer).first()
    windows = list(PaymentBehaviour.objects.filter(account__customer=customer).order_by("window_months"))
    context: dict[str, Any] = {
        "customer": customer,
        "segment": CustomerSegment.objects.select_related("segment", "previous").filter(customer=customer).first(),
        "last_move": SegmentMove.objects.filter(customer=customer).order_by("-on").first(),
        "score": score,
        "contribution": brings,
        "place": place_of(brings, user) if brings else None,
        "windows_on": windows[0].on if windows else None,
        "windows": [window_row(window) for window in windows] if user.has_perm("credit.view_creditaccount") else [],
    }
    if context["last_move"] is not None:
        context["move_reasons"] = sentences(context["last_move"].reasons)
    if score is not None:
        code = next_action(standing=score.standing, band=score.band, value_class=brings.value_class if brings else "")
        context |= {
            "risk": risk_badge(score),
            "chance": chance(score),
            "reasons": sentences(score.reasons),
            "action": ACTIONS[code],
        }
    return context


def window_row(window: PaymentBehaviour) -> dict[str, Any]:
    """The figures of one window as Decimals, for the filters of the page."""

    def decimal(value: float | None, places: int) -> Decimal | None:
        return None if value is None else Decimal(str(round(value, places)))

    return {
        "months": window.window_months,
        "amount_due": window.amount_due,
        "collection_rate": decimal(window.collection_rate, 4),
        "overdue_share": decimal(window.overdue_share, 4),
        "days_late": decimal(window.weighted_days_late, 1),
        "trend": decimal(window.trend, 1),
        "promises_made": window.promises_made,
        "promises_kept": window.promises_kept,
    }


PANEL = Panel(
    key="analysis",
    title=gettext_lazy("Behaviour"),
    template="analytics/panels/customer.html",
    context=panel_context,
    permission="analytics.view_churnscore",
    order=50,
)


def leaving_card(user: Any) -> DayCardContent:
    """Valuable customers at high risk of leaving, the most valuable first."""
    found = ChurnScore.objects.visible_to(user).filter(standing=Standing.SCORED, band=RiskBand.HIGH)
    rows = found.select_related("customer").order_by("-value_at_risk", "pk")[:TOP]
    return DayCardContent(
        count=found.order_by().count(),
        rows=[
            DayCardRow(
                label=score.customer.name,
                url=score.customer.get_absolute_url(),
                detail=reason_sentence(score.reasons[0]) if score.reasons else "",
                amount=score.value_at_risk,
                tone="danger",
            )
            for score in rows
        ],
        url=links.address("analytics:retention", risk=RiskBand.HIGH.value),
        empty=_("No customer is at high risk."),
    )


DAY_CARDS = (DayCard("leaving", gettext_lazy("Likely to leave"), "analytics.view_churnscore", leaving_card, order=70),)
