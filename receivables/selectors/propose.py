"""Which invoices an amount should settle, and why: named in the reference, of exactly the amount, or the oldest."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import DateField, F, Max, OuterRef, Q, Subquery

from receivables.models import Allocation, Invoice, InvoiceKind
from receivables.rules.documents import Candidate, suggest


@dataclass(frozen=True)
class Proposal:
    """A proposed line of an allocation; `reason` is reference, exact or oldest."""

    invoice: Invoice
    open_amount: Decimal
    amount: Decimal
    reason: str


def open_candidates(*, customer_id: int, currency: str, legal_entity_id: int, on: dt.date) -> list[Candidate]:
    """The open invoices of a customer that an allocation dated `on` may settle."""
    taken_back = (
        Allocation.objects.filter(invoice_id=OuterRef("pk"), amount__lt=0)
        .order_by()
        .values("invoice_id")
        .annotate(last=Max("on"))
        .values("last")
    )
    found = (
        Invoice.objects.filter(
            customer_id=customer_id,
            currency=currency,
            legal_entity_id=legal_entity_id,
            open_amount__gt=0,
            on__lte=on,
        )
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .annotate(last_taken_back=Subquery(taken_back, output_field=DateField()))
        .filter(Q(last_taken_back=None) | Q(last_taken_back__lte=on))
        .order_by("due_on", "on", "pk")
        .values_list("pk", "number", F("on"), "due_on", "open_amount")
    )
    return [Candidate(*row) for row in found]


def propose(
    *,
    customer_id: int,
    currency: str,
    legal_entity_id: int,
    amount: Decimal,
    reference: str = "",
    on: dt.date,
) -> list[Proposal]:
    """How an amount received on a day would best be matched; the caller has checked that the customer is visible."""
    suggestions = suggest(
        open_candidates(customer_id=customer_id, currency=currency, legal_entity_id=legal_entity_id, on=on),
        amount,
        reference,
    )
    invoices = Invoice.objects.in_bulk([item.candidate.invoice_id for item in suggestions])
    return [
        Proposal(
            invoice=invoices[item.candidate.invoice_id],
            open_amount=item.candidate.open_amount,
            amount=item.amount,
            reason=item.reason,
        )
        for item in suggestions
    ]
