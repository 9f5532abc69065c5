"""Approvals on 'My day'."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.approvals.models import Request, RequestState
from crm.approvals.selectors.inbox import waiting
from crm.core.dates import business_today
from crm.core.registry import DayCard, DayCardContent, DayCardRow

TOP = 5


def waiting_card(user: Any) -> DayCardContent:
    """What waits for me, the longest first; one query, a second where there are more than five."""
    today = business_today()
    found = waiting(user, today)
    rows = list(found[: TOP + 1])
    return DayCardContent(
        count=len(rows) if len(rows) <= TOP else found.count(),
        rows=[
            DayCardRow(
                label=row.customer_name,
                url=f"{reverse('approvals:inbox')}#request-{row.pk}",
                detail=_("%(what)s %(label)s, waits %(days)s days")
                % {"what": row.what, "label": row.label, "days": (today - row.waits_since).days},
                amount=row.granted if row.asks_amount else None,
                tone="warning",
            )
            for row in rows[:TOP]
        ],
        url=reverse("approvals:inbox"),
        empty=_("No request waits for your decision."),
    )


def questions_card(user: Any) -> DayCardContent:
    """My own requests that wait for an answer of mine."""
    found = Request.objects.filter(applicant=user, state=RequestState.RETURNED).order_by("waits_since", "pk")
    rows = list(found[: TOP + 1])
    return DayCardContent(
        count=len(rows) if len(rows) <= TOP else found.count(),
        rows=[
            DayCardRow(
                label=row.customer_name, url=row.get_absolute_url(), detail=f"{row.what} {row.label}", tone="info"
            )
            for row in rows[:TOP]
        ],
        url=f"{reverse('approvals:requests')}?mine=true&state=returned",
        empty=_("No question about your requests is open."),
    )


DAY_CARDS = (
    DayCard("approvals", gettext_lazy("Approvals waiting for me"), "approvals.decide_request", waiting_card, order=5),
    DayCard(
        "approval_questions",
        gettext_lazy("Questions about my requests"),
        "approvals.view_request",
        questions_card,
        order=6,
    ),
)
