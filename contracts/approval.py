"""Contracts as a kind of approval."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.models import ContractKind, Submission
from contracts.services.approving import KIND, figures_for, may_decrease, on_decided, subject_of
from crm.approvals.kinds import ApprovalKind
from crm.approvals.models import Request
from customers.visibility import VisibleQuerySet


def subject_url(approval: Request) -> str:
    key = subject_of(approval)
    return reverse("contracts:contract", args=[key]) if key else ""


def of_visible_customers(user: Any) -> Any:
    """Keys of the approvals whose customer the user sees."""
    found: Any = VisibleQuerySet.visible_to(Submission.objects.all(), user)
    return found.order_by().values("approval_id")


APPROVAL = ApprovalKind(
    key=KIND,
    label=_("Contract"),
    permission="contracts.view_contract",
    on_decided=on_decided,
    figures=figures_for,
    template="contracts/contracts/figures.html",
    url=subject_url,
    visible=of_visible_customers,
    may_decrease=may_decrease,
    variants=dict(ContractKind.choices),
)
