"""Instalment plans as a kind of approval."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credit.selectors.accounts import grades_of
from crm.approvals.kinds import ApprovalKind
from crm.approvals.models import Request
from crm.core.dates import business_today
from receivables.models import InstalmentInvoice, InstalmentPlan
from receivables.services.collection.plans import KIND, broken_counts, decide_plan, figures_of


def figures_for(approvals: Sequence[Request]) -> dict[int, dict[str, Any]]:
    """What each plan is decided on, however many in the same number of queries."""
    covered = Prefetch("invoices", InstalmentInvoice.objects.select_related("invoice"))
    plans = list(InstalmentPlan.objects.filter(approval__in=approvals).prefetch_related("rows", covered))
    customers = {plan.customer_id for plan in plans}
    grades, broken, today = grades_of(customers), broken_counts(customers), business_today()
    return {
        plan.approval_id: figures_of(
            plan,
            list(plan.rows.all()),
            invoices=len(plan.invoices.all()),
            oldest_due_on=min(line.invoice.due_on for line in plan.invoices.all()),
            on=today,
            grade=grades[plan.customer_id],
            broken=broken[plan.customer_id],
        )
        for plan in plans
    }


def subject_url(approval: Request) -> str:
    key = InstalmentPlan.objects.filter(approval=approval).values_list("pk", flat=True).first()
    return reverse("receivables:plan", args=[key]) if key else ""


def of_visible_customers(user: Any) -> Any:
    """Keys of the approvals whose customer the user sees."""
    return InstalmentPlan.objects.visible_to(user).order_by().values("approval_id")


def never_less(approval: Request) -> bool:
    """The rows add up to what is owed: there is no less of it."""
    return False


APPROVAL = ApprovalKind(
    key=KIND,
    label=_("Instalment plan"),
    permission="receivables.view_instalmentplan",
    on_decided=decide_plan,
    figures=figures_for,
    template="receivables/collection/plan_figures.html",
    url=subject_url,
    visible=of_visible_customers,
    may_decrease=never_less,
)
