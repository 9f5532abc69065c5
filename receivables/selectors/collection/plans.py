"""An instalment plan with what came for each row; a fixed number of statements however long it is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum

from crm.core.money import ZERO
from receivables.models import (
    Allocation,
    Case,
    Dispute,
    Instalment,
    InstalmentInvoice,
    InstalmentPlan,
    Invoice,
    InvoiceKind,
    Receipt,
)
from receivables.rules.documents import CLEARING_INSTRUMENTS
from receivables.rules.instalments import parts_come

PLANS_SHOWN = 20
INVOICES_SHOWN = 200


@dataclass(frozen=True)
class PlanPage:
    """A plan as it stands: `rows` with what of each has come, its invoices, what came in all, in its currency.

    Money of the customer that is not matched yet has come.
    """

    plan: InstalmentPlan
    rows: Sequence[tuple[Instalment, Decimal]]
    invoices: Sequence[InstalmentInvoice]
    received: Decimal

    @property
    def left(self) -> Decimal:
        """What of the plan is still to come."""
        return max(Decimal(self.plan.amount) - self.received, ZERO)

    @property
    def covered(self) -> set[int]:
        return {line.invoice_id for line in self.invoices}


def plan_page(plan: InstalmentPlan) -> PlanPage:
    """Everything about one plan."""
    rows = list(plan.rows.order_by("number"))
    invoices = list(plan.invoices.select_related("invoice").order_by("invoice__due_on", "invoice_id"))
    received = received_by(plan, invoices)
    return PlanPage(plan, list(zip(rows, parts_come(rows, received), strict=True)), invoices, received)


def received_by(plan: InstalmentPlan, lines: Sequence[InstalmentInvoice], day: dt.date = dt.date.max) -> Decimal:
    """The money dated up to a day that settles the plan's invoices since it was proposed, or came since then unmatched.

    As the night judges it (escalation.JUDGE_PLANS), with what is posted now; two queries.
    """
    settled = Allocation.objects.filter(invoice__in=[line.invoice_id for line in lines], receipt__on__lte=day)
    waiting = Receipt.objects.filter(
        customer=plan.customer_id,
        legal_entity=plan.legal_entity_id,
        currency=plan.currency,
        on__gte=plan.on,
        on__lte=day,
        open_amount__gt=0,
    ).exclude(instrument__in=CLEARING_INSTRUMENTS, cleared_on__isnull=True)
    total = settled.aggregate(total=Sum("amount"))["total"] or ZERO
    total += waiting.aggregate(total=Sum("open_amount"))["total"] or ZERO
    return max(total - sum((line.received_before for line in lines), ZERO), ZERO)


def plans_of(case: Case) -> list[InstalmentPlan]:
    """The plans of the case's customer with its legal entity, the newest first."""
    return list(
        InstalmentPlan.objects.filter(customer=case.customer_id, legal_entity=case.legal_entity_id)
        .select_related("approval", "created_by")
        .order_by("-pk")[:PLANS_SHOWN]
    )


def invoices_to_plan(case: Case, on: dt.date) -> list[Any]:
    """What a plan could cover: the open invoices of the case's customer and legal entity, oldest first.

    Each carries `days` overdue (0 before its due date) and `in_dispute`.
    """
    disputed = Dispute.objects.filter(invoice=OuterRef("pk"), state=Dispute.State.OPEN)
    found: QuerySet[Any] = (
        Invoice.objects.filter(customer=case.customer_id, legal_entity=case.legal_entity_id, open_amount__gt=0)
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .annotate(in_dispute=Exists(disputed))
        .order_by("due_on", "pk")
    )
    invoices = list(found[:INVOICES_SHOWN])
    for invoice in invoices:
        invoice.days = max((on - invoice.due_on).days, 0)
    return invoices
