"""Credit requests as a kind of approval, and temporary increases that end by themselves."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credit.models import CreditRequest, RequestKind
from credit.rules import requests as rules
from credit.services.requests import (
    KIND,
    check_granted,
    end_temporary_limits,
    figures_for,
    figures_of_today,
    may_decrease,
    on_decided,
)
from crm.approvals.kinds import ApprovalKind
from crm.approvals.models import Request
from crm.core.dates import business_today
from crm.core.registry import NightlyStep
from crm.jobs.worker import Work
from customers.visibility import VisibleQuerySet


def subject_url(approval: Request) -> str:
    key = CreditRequest.objects.filter(approval=approval).values_list("pk", flat=True).first()
    return reverse("credit:request", args=[key]) if key else ""


def of_visible_customers(user: Any) -> Any:
    """Keys of the approvals whose customer the user sees."""
    found: Any = VisibleQuerySet.visible_to(CreditRequest.objects.filter(number__isnull=False), user)
    return found.order_by().values("approval_id")


def asks_amount(approval: Request) -> bool:
    """A limit, or an amount to be released; other requests only go the way of the limit that stands."""
    return approval.variant in (*rules.LIMIT_KINDS, rules.GROUP, rules.RELEASE)


APPROVAL = ApprovalKind(
    key=KIND,
    label=_("Credit request"),
    permission="credit.view_creditrequest",
    on_decided=on_decided,
    figures=figures_for,
    page_figures=figures_of_today,
    template="credit/requests/figures.html",
    url=subject_url,
    visible=of_visible_customers,
    may_decrease=may_decrease,
    check_amount=check_granted,
    asks_amount=asks_amount,
    variants=dict(RequestKind.choices),
)


def end_at_night(work: Work) -> None:
    """Each account in a transaction of its own; begun again it goes on where it was."""
    ended = end_temporary_limits(on=work.today, transaction=work.fenced)
    with work.final():
        work.counts = {"temporary_ended": ended}


def end_due() -> None:
    """Looked after every few seconds, so that a temporary increase ends at midnight of the business time zone."""
    end_temporary_limits(on=business_today())


TEMPORARY_LIMITS = NightlyStep(
    "temporary_limits",
    _("Temporary limits"),
    end_at_night,
    count_labels=lambda: {"temporary_ended": _("temporary increases ended")},
)
