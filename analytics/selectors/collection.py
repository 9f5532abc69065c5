"""Collection in figures: cases by the step they stand on, what is disputed, which promises were broken."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Round

from crm.core.money import ZERO
from receivables.models import Case, Dispute, PaymentPromise, PolicyStep


@dataclass(frozen=True)
class StepCount:
    """Open cases whose last step was this one; no step: those that have just begun."""

    step: PolicyStep | None
    cases: int
    paused: int
    overdue: Decimal
    expected: Decimal


def cases_by_step(user: Any, legal_entity_id: int | None = None) -> list[StepCount]:
    """In the order of the ladder; two statements."""
    found = Case.objects.visible_to(user).filter(state=Case.State.OPEN)
    if legal_entity_id is not None:
        found = found.filter(legal_entity_id=legal_entity_id)
    rows = list(
        found.order_by()
        .values("step")
        .annotate(
            cases=Count("pk"),
            paused=Count("pk", filter=~Q(paused_by="")),
            chased=Sum("overdue"),
            hoped=Sum("expected"),
        )
    )
    steps = PolicyStep.objects.select_related("policy").in_bulk([row["step"] for row in rows if row["step"]])
    counts = [
        StepCount(steps.get(row["step"]), row["cases"], row["paused"], row["chased"] or ZERO, row["hoped"] or ZERO)
        for row in rows
    ]
    return sorted(counts, key=lambda count: (count.step.days, count.step.pk) if count.step else (-999, 0))


def open_disputes(user: Any, legal_entity_id: int | None = None) -> QuerySet[Dispute]:
    """Open disputes with their worth in base currency, the most urgent first."""
    found = Dispute.objects.visible_to(user).filter(state=Dispute.State.OPEN)
    if legal_entity_id is not None:
        found = found.filter(invoice__legal_entity_id=legal_entity_id)
    worth = Round(
        F("amount") * F("invoice__rate"), precision=2, output_field=DecimalField(max_digits=18, decimal_places=2)
    )
    return found.select_related("customer", "invoice", "owner").annotate(worth=worth).order_by("due_on", "pk")


def broken_promises(user: Any, since: dt.date, legal_entity_id: int | None = None) -> QuerySet[PaymentPromise]:
    """Promises judged broken or partly kept since a day, the newest first."""
    states = [PaymentPromise.State.BROKEN, PaymentPromise.State.PARTLY]
    found = PaymentPromise.objects.visible_to(user).filter(state__in=states, judged_on__gte=since)
    if legal_entity_id is not None:
        found = found.filter(case__legal_entity_id=legal_entity_id)
    return found.select_related("customer", "case").order_by("-judged_on", "-pk")
