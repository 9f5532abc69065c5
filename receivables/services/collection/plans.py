"""Instalment plans: proposed from a case, decided by a chain of approval, judged by the night (escalation)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from credit.selectors.accounts import grade_of
from crm.approvals.models import Request, RequestState
from crm.approvals.services import submit
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, round_money
from customers.models import Customer
from customers.services import record_event
from receivables.errors.instalments import (
    PlanCurrencies,
    PlanInvoiceDisputed,
    PlanInvoiceUnfit,
    PlanIsLate,
    PlanStands,
    PlanWithoutInvoices,
)
from receivables.models import (
    Allocation,
    Case,
    Dispute,
    Instalment,
    InstalmentInvoice,
    InstalmentPlan,
    Invoice,
    InvoiceKind,
    PaymentPromise,
)
from receivables.rules.collection import expected_of, formula_lines, stored_lines, without
from receivables.rules.instalments import PlanRow, fault_of
from receivables.selectors.collection.plans import received_by
from receivables.services.access import actor_id_of
from receivables.services.collection.locking import LOCKED, lock_case
from receivables.services.collection.pauses import pause_of

KIND = "instalment_plan"
LIVE = (InstalmentPlan.State.PROPOSED, InstalmentPlan.State.RUNNING)


def propose_plan(
    *, actor: Any, case_id: int, invoice_ids: Sequence[int], rows: Sequence[PlanRow], reason: str, on: dt.date
) -> InstalmentPlan:
    """Propose that the customer pays these invoices in rows; whoever decides is asked.

    The rows add up to what is open of the invoices to the cent. Raises ReasonMissing, PlanStands, PlanWithoutInvoices,
    PlanInvoiceUnfit, PlanInvoiceDisputed, PlanCurrencies, what `fault_of` finds, and what approvals raise.
    """
    if not reason.strip():
        raise ReasonMissing
    with atomic_or_busy():
        case = lock_case(actor=actor, case_id=case_id)
        standing = live_plan(case)
        if standing is not None:
            raise PlanStands(number=standing.number, state=str(standing.get_state_display()))
        invoices = lock_invoices(case, invoice_ids)
        total = sum((invoice.open_amount for invoice in invoices), ZERO)
        fault = fault_of(rows, total=total, on=on)
        if fault is not None:
            raise fault
        plan = InstalmentPlan(
            pk=next_key(),
            customer_id=case.customer_id,
            legal_entity_id=case.legal_entity_id,
            case=case,
            currency=invoices[0].currency,
            amount=total,
            base_amount=sum((invoice.open_base for invoice in invoices), ZERO),
            reason=reason.strip()[:1000],
            on=on,
            created_by=actor,
        )
        plan.approval = _ask(plan, case.customer, invoices, rows, actor=actor)
        plan.save(force_insert=True)
        _keep(plan, invoices, rows)
        record_event(
            customer_id=case.customer_id,
            kind="plan_proposed",
            on=on,
            data={
                "plan": plan.pk,
                "amount": str(plan.amount),
                "currency": plan.currency,
                "rows": len(rows),
                "last_on": str(rows[-1].due_on),
                "reason": plan.reason[:200],
            },
            actor_id=actor_id_of(actor),
        )
    return plan


def _ask(
    plan: InstalmentPlan, customer: Customer, invoices: list[Invoice], rows: Sequence[PlanRow], *, actor: Any
) -> Request:
    """The approval of a plan, on the figures of the day."""
    grade = grade_of(customer.pk)
    return submit(
        kind=KIND,
        variant="",
        label=plan.number,
        applicant=actor,
        customer_id=customer.pk,
        customer_name=customer.name,
        amount=plan.base_amount,
        days=(rows[-1].due_on - plan.on).days,
        grade=grade,
        reason=plan.reason,
        figures=figures_of(
            plan,
            rows,
            invoices=len(invoices),
            oldest_due_on=min(invoice.due_on for invoice in invoices),
            on=plan.on,
            grade=grade,
            broken=broken_counts([customer.pk])[customer.pk],
        ),
        team=customer.team or actor.team,
        on=plan.on,
    )


def _keep(plan: InstalmentPlan, invoices: list[Invoice], rows: Sequence[PlanRow]) -> None:
    """What the plan covers, with what had come for it before, and its rows."""
    received = received_of([invoice.pk for invoice in invoices])
    InstalmentInvoice.objects.bulk_create(
        InstalmentInvoice(
            plan=plan,
            invoice=invoice,
            amount=invoice.open_amount,
            received_before=received.get(invoice.pk, ZERO),
        )
        for invoice in invoices
    )
    Instalment.objects.bulk_create(
        Instalment(plan=plan, number=number, due_on=row.due_on, amount=row.amount) for number, row in enumerate(rows, 1)
    )


def next_key() -> int:
    """The key of the plan about to be made: what is asked of approvals carries its number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('receivables_instalmentplan', 'id'))")
        key: int = cursor.fetchone()[0]
    return key


def live_plan(case: Case) -> InstalmentPlan | None:
    """The plan of the case's customer and legal entity that is in approval or runs."""
    return InstalmentPlan.objects.filter(
        customer=case.customer_id, legal_entity=case.legal_entity_id, state__in=LIVE
    ).first()


def lock_invoices(case: Case, invoice_ids: Sequence[int]) -> list[Invoice]:
    """The invoices chosen, locked against posting; all of the case's customer and legal entity, open, undisputed."""
    wanted = set(invoice_ids)
    if not wanted:
        raise PlanWithoutInvoices
    found = list(
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=wanted, customer=case.customer_id, legal_entity=case.legal_entity_id)
        .order_by("pk")
    )
    if len(found) != len(wanted):
        raise NotAllowed
    disputed = set(
        Dispute.objects.filter(invoice__in=wanted, state=Dispute.State.OPEN).values_list("invoice_id", flat=True)
    )
    for invoice in found:
        if invoice.kind == InvoiceKind.CREDIT_NOTE or invoice.open_amount <= ZERO:
            raise PlanInvoiceUnfit(number=invoice.number)
        if invoice.pk in disputed:
            raise PlanInvoiceDisputed(number=invoice.number)
    currencies = sorted({invoice.currency for invoice in found})
    if len(currencies) > 1:
        raise PlanCurrencies(currencies=_(", ").join(currencies))
    return found


def received_of(invoice_ids: Iterable[int]) -> dict[int, Decimal]:
    """What receipts have settled of invoices, by invoice in its currency."""
    rows = Allocation.objects.filter(invoice__in=list(invoice_ids), receipt__isnull=False)
    return dict(rows.order_by().values_list("invoice").annotate(total=Sum("amount")))


def decide_plan(approval: Request) -> None:
    """Carry out what was decided, in the transaction of the decision: an approved plan pauses the case at once."""
    case_id = InstalmentPlan.objects.values_list("case_id", flat=True).get(approval=approval)
    case = LOCKED.get(pk=case_id)
    plan = InstalmentPlan.objects.select_for_update(no_key=True).get(approval=approval)
    on = max(approval.decided_on or plan.on, plan.on)
    plan.decided_on = on
    if approval.state == RequestState.APPROVED:
        check_in_time(plan, on)
        plan.state = InstalmentPlan.State.RUNNING
        plan.save(update_fields=["state", "decided_on"])
        cover(case, plan)
    else:
        plan.state = InstalmentPlan.State.REFUSED
        plan.save(update_fields=["state", "decided_on"])
        plan.rows.update(state=Instalment.State.VOID)
    last = approval.decisions.order_by("-pk").first()
    record_event(
        customer_id=plan.customer_id,
        kind="plan_decided",
        on=on,
        data={"plan": plan.pk, "state": approval.state, "amount": str(plan.amount), "currency": plan.currency},
        actor_id=last.actor_id if last else None,
    )


def check_in_time(plan: InstalmentPlan, on: dt.date) -> None:
    """Raises PlanIsLate when a row went by, unpaid, while the plan waited for its approval."""
    lines, planned = list(plan.invoices.all()), ZERO
    for row in plan.rows.order_by("number"):
        planned += row.amount
        if row.due_on < on and received_by(plan, lines, row.due_on) < planned:
            raise PlanIsLate(due_on=row.due_on)


def cover(case: Case, plan: InstalmentPlan) -> None:
    """Show at once what the night will work out anew: what the plan covers is chased no more."""
    if case.state != Case.State.OPEN:
        return
    lines = formula_lines(case.formula)
    before = sum((line.open_amount for line in lines), ZERO)
    covered = Invoice.objects.filter(
        pk__in=plan.invoices.values("invoice_id"), due_on__lt=case.looked_on, open_amount__gt=0
    ).annotate(disputed=Sum("disputes__amount", filter=Q(disputes__state=Dispute.State.OPEN)))
    for invoice in covered.order_by("due_on", "pk"):
        share = min(invoice.disputed or ZERO, invoice.open_amount) / invoice.open_amount
        chased = invoice.open_base - round_money(invoice.open_base * share)
        lines = without(lines, (case.looked_on - invoice.due_on).days, chased)
    moved = before - sum((line.open_amount for line in lines), ZERO)
    case.overdue -= moved
    case.planned += moved
    case.formula, case.expected = stored_lines(lines), expected_of(lines)
    if case.paused_by != Case.Pause.OPT_OUT:
        why, until = pause_of(case)
        if why:
            case.paused_by, case.paused_until = why, until
    case.save(update_fields=["overdue", "planned", "formula", "expected", "paused_by", "paused_until"])


# What approvals ask about plans
def figures_of(
    plan: InstalmentPlan,
    rows: Sequence[Any],
    *,
    invoices: int,
    oldest_due_on: dt.date,
    on: dt.date,
    grade: str,
    broken: tuple[int, int],
) -> dict[str, Any]:
    """What a plan is decided on; `broken` are the promises and plans the customer did not keep."""
    return {
        "amount": str(plan.amount),
        "currency": plan.currency,
        "invoices": invoices,
        "days_overdue": max((on - oldest_due_on).days, 0),
        "rows": [[row.due_on.isoformat(), str(row.amount)] for row in rows],
        "last_on": rows[-1].due_on.isoformat(),
        "grade": grade,
        "broken_promises": broken[0],
        "broken_plans": broken[1],
    }


def broken_counts(customer_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many promises and plans each customer has broken, ever (two queries)."""
    wanted = list(customer_ids)
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    sources: tuple[Any, ...] = (PaymentPromise, InstalmentPlan)
    for place, model in enumerate(sources):
        found = model.objects.filter(customer__in=wanted, state="broken").order_by().values_list("customer")
        for customer_id, count in found.annotate(count=Count("pk")):
            counts[customer_id][place] = count
    return {pk: (counts[pk][0], counts[pk][1]) for pk in wanted}
