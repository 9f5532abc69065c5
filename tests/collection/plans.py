"""Instalment plans for tests: proposed by alice, approved step by step by whoever is asked."""

import datetime as dt
from typing import Any

from crm.approvals.models import RequestStep, StepState, Verb
from crm.approvals.services import decide
from receivables.models import InstalmentPlan
from receivables.rules.instalments import PlanRow
from receivables.services.collection import propose_plan
from tests.collection.nights import the_case
from tests.factories import Company, day, make_receipt, money

ROWS = [("2026-02-10", "400.00"), ("2026-03-10", "600.00")]  # of 1,000.00


def rows_of(*rows: tuple[str, str]) -> list[PlanRow]:
    """Rows given as day and amount."""
    return [PlanRow(day(due_on), money(amount)) for due_on, amount in rows]


def propose(
    actor: Any, customer: Any, invoices: list[Any], rows: list[PlanRow], on: str | dt.date = "2026-02-02"
) -> InstalmentPlan:
    return propose_plan(
        actor=actor,
        case_id=the_case(customer).pk,
        invoice_ids=[invoice.pk for invoice in invoices],
        rows=rows,
        reason="short of cash until the season",
        on=day(on),
    )


def approve(plan: InstalmentPlan, on: str | dt.date = "2026-02-03") -> InstalmentPlan:
    """Every step of its approval, by the first person asked."""
    while step := RequestStep.objects.filter(request=plan.approval_id, state=StepState.OPEN).first():
        actor = step.assignments.select_related("user").order_by("pk")[0].user
        decide(request_id=plan.approval_id, step_id=step.pk, actor=actor, verb=Verb.APPROVE, on=day(on))
    return InstalmentPlan.objects.get(pk=plan.pk)


def states(plan: InstalmentPlan) -> list[str]:
    """The plan's state, then those of its rows."""
    found = InstalmentPlan.objects.get(pk=plan.pk)
    return [found.state, *found.rows.order_by("number").values_list("state", flat=True)]


def pay(company: Company, invoice: Any, amount: str, on: str) -> Any:
    return make_receipt(company.customer, amount, on=on, lines=[(invoice, amount)])
