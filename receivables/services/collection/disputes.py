"""Disputes: a part of an invoice leaves dunning until somebody has settled what the customer does not accept."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.core.errors import AmountNotPositive, NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, round_money
from customers.services import record_event
from receivables.errors.collection import DisputeIsResolved, DisputeTooMuch, OutcomeIncomplete
from receivables.models import Case, Dispute, InstalmentPlan, Invoice, InvoiceKind
from receivables.rules.collection import expected_of, formula_lines, stored_lines, without
from receivables.selectors.collection.policies import policy_for
from receivables.services.access import actor_id_of, require
from receivables.services.collection.locking import COLLECT, open_case_of


@dataclass(frozen=True)
class DisputeTerms:
    """What is disputed of which invoice, in its currency; without an owner the customer's owner answers for it."""

    invoice_id: int
    amount: Decimal
    reason: str
    owner_id: int | None = None
    note: str = ""


def open_dispute(*, actor: Any, terms: DisputeTerms, on: dt.date) -> Dispute:
    """Take a part of an invoice out of dunning until it is resolved; raises DisputeTooMuch."""
    with atomic_or_busy():
        invoice = Invoice.objects.get(pk=terms.invoice_id)
        case = open_case_of(invoice)
        return add_dispute(actor, case, terms, on)


def add_dispute(actor: Any, case: Case | None, terms: DisputeTerms, on: dt.date) -> Dispute:
    # The invoice is locked, so that two disputes of it cannot both take the last open part.
    invoice = (
        Invoice.objects.select_for_update(no_key=True, of=("self",)).select_related("customer").get(pk=terms.invoice_id)
    )
    require(actor, COLLECT, [invoice.customer_id])
    if case is not None and (case.customer_id, case.legal_entity_id) != (invoice.customer_id, invoice.legal_entity_id):
        raise NotAllowed
    if terms.amount <= ZERO:
        raise AmountNotPositive(amount=terms.amount)
    taken = sum(invoice.disputes.filter(state=Dispute.State.OPEN).values_list("amount", flat=True), ZERO)
    left = max(invoice.open_amount - taken, ZERO) if invoice.kind != InvoiceKind.CREDIT_NOTE else ZERO
    if terms.amount > left:
        raise DisputeTooMuch(left=left, number=invoice.number, requested=terms.amount)
    owner_id = terms.owner_id or invoice.customer.owner_id or actor_id_of(actor)
    if owner_id is None:
        raise OutcomeIncomplete
    policy = case.policy if case else policy_for(invoice.customer)
    dispute = Dispute.objects.create(
        customer_id=invoice.customer_id,
        invoice=invoice,
        reason=terms.reason,
        amount=terms.amount,
        note=terms.note.strip()[:500],
        owner_id=owner_id,
        on=on,
        due_on=on + dt.timedelta(days=policy.dispute_days),
        created_by_id=actor_id_of(actor),
    )
    if case is not None:
        move(case, invoice, terms.amount)
    record_event(
        customer_id=invoice.customer_id,
        kind="dispute_opened",
        on=on,
        data={
            "invoice": invoice.pk,
            "number": invoice.number,
            "reason": terms.reason,
            "amount": str(terms.amount),
            "currency": invoice.currency,
        },
        actor_id=actor_id_of(actor),
    )
    return dispute


def resolve_dispute(*, actor: Any, dispute_id: int, outcome: str, resolution: str, on: dt.date) -> Dispute:
    """Say how it ended: the amount is chased again unless a credit note takes it away. Its owner or a superior may."""
    if not resolution.strip():
        raise ReasonMissing
    with atomic_or_busy():
        found = Dispute.objects.select_related("invoice").get(pk=dispute_id)
        case = open_case_of(found.invoice)
        dispute = (
            Dispute.objects.select_for_update(no_key=True, of=("self",)).select_related("invoice").get(pk=dispute_id)
        )
        require(actor, COLLECT, [dispute.customer_id])
        if actor is not None and actor.pk != dispute.owner_id:
            require(actor, "receivables.resolve_dispute", [dispute.customer_id])
        if dispute.state != Dispute.State.OPEN:
            raise DisputeIsResolved
        dispute.state, dispute.outcome, dispute.resolution = Dispute.State.RESOLVED, outcome, resolution.strip()[:500]
        dispute.resolved_on, dispute.resolved_by_id = max(on, dispute.on), actor_id_of(actor)
        dispute.save(update_fields=["state", "outcome", "resolution", "resolved_on", "resolved_by"])
        if case is not None:
            move(case, dispute.invoice, -dispute.amount)
        record_event(
            customer_id=dispute.customer_id,
            kind="dispute_resolved",
            on=on,
            data={
                "invoice": dispute.invoice_id,
                "number": dispute.invoice.number,
                "outcome": outcome,
                "amount": str(dispute.amount),
                "currency": dispute.invoice.currency,
                "reason": resolution.strip()[:200],
            },
            actor_id=actor_id_of(actor),
        )
    return dispute


def is_planned(invoice: Invoice) -> bool:
    """Whether a running instalment plan covers the invoice."""
    return invoice.instalment_plans.filter(plan__state=InstalmentPlan.State.RUNNING).exists()


def move(case: Case, invoice: Invoice, amount: Decimal) -> None:
    """Show at once what the night will work out anew: a part of an overdue invoice is chased no more, or again."""
    if invoice.due_on >= case.looked_on or not invoice.open_amount:
        return
    base = round_money(invoice.open_base * amount / invoice.open_amount)
    if is_planned(invoice):
        base = min(base, case.planned) if base > ZERO else -min(-base, case.disputed)
        case.planned -= base
        case.disputed += base
        case.save(update_fields=["planned", "disputed"])
        return
    base = min(base, case.overdue) if base > ZERO else -min(-base, case.disputed)
    case.overdue -= base
    case.disputed += base
    lines = without(formula_lines(case.formula), (case.looked_on - invoice.due_on).days, base)
    case.formula, case.expected = stored_lines(lines), expected_of(lines)
    if case.overdue <= case.policy.tolerance and not case.paused_by:
        case.paused_by, case.paused_until = Case.Pause.DISPUTE, None
    elif case.overdue > case.policy.tolerance and case.paused_by == Case.Pause.DISPUTE:
        case.paused_by = ""
    case.save(update_fields=["overdue", "disputed", "formula", "expected", "paused_by", "paused_until"])
