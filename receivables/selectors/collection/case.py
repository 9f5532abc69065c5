"""One case with everything a collector wants in view; a fixed number of statements, whatever the case holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from crm.core.money import ZERO
from receivables.models import (
    Case,
    CaseStep,
    CollectionContact,
    Dispute,
    DunningOptOut,
    Invoice,
    InvoiceKind,
    Letter,
    OverdueCause,
    PaymentPromise,
    PolicyStep,
    Receipt,
)
from receivables.rules.collection import FormulaLine, next_rung, reached_after
from receivables.selectors.collection.worklist import formula_of

CONTACTS_SHOWN = 50
ROWS_SHOWN = 200


@dataclass(frozen=True)
class Rung:
    """A step of the policy as it stands for this case: taken or not, and when it is reached."""

    step: PolicyStep
    taken: CaseStep | None
    reached_after: int

    def __iter__(self) -> Any:
        return iter((self.step, self.taken, self.reached_after))


@dataclass(frozen=True)
class CasePage:
    """What the page of a case shows. `overdue_invoices` carry what is disputed and chased, days and open disputes."""

    case: Case
    formula: Sequence[FormulaLine]
    ladder: Sequence[Rung]
    next_step: PolicyStep | None
    next_step_on: dt.date | None
    steps: Sequence[CaseStep]
    promises: Sequence[PaymentPromise]
    disputes: Sequence[Dispute]
    contacts: Sequence[CollectionContact]
    causes: Sequence[OverdueCause]
    letters: Sequence[Letter]
    overdue_invoices: Sequence[Any]
    unallocated: Sequence[tuple[str, Decimal]]
    last_posting_on: dt.date | None
    opt_out: DunningOptOut | None
    cause_due_on: dt.date | None

    @property
    def open_promise(self) -> PaymentPromise | None:
        return next((item for item in self.promises if item.state == PaymentPromise.State.OPEN), None)

    @property
    def cause_missing(self) -> bool:
        """Whether no cause was filed in this cycle, though it is due."""
        filed = any(cause.cycle == self.case.cycle for cause in self.causes)
        return self.cause_due_on is not None and not filed


def case_page(case: Case, on: dt.date) -> CasePage:
    """Everything about one case as it stands on `on`."""
    steps = list(case.steps.select_related("policy_step", "done_by").order_by("-on", "-pk")[:ROWS_SHOWN])
    taken = {step.policy_step.code: step for step in reversed(steps) if step.cycle == case.cycle}
    rungs = list(PolicyStep.objects.filter(policy=case.policy_id).select_related("template"))
    following: Any = next_rung(rungs, term_days=case.term_days, taken=taken)
    causes = list(case.causes.select_related("cause", "culprit", "created_by")[:ROWS_SHOWN])
    cause_due_on = (
        case.oldest_due_on + dt.timedelta(days=case.policy.cause_due_days) if case.oldest_due_on is not None else None
    )
    invoices, disputes = overdue_invoices(case, on)
    return CasePage(
        case=case,
        formula=formula_of(case),
        ladder=sorted(
            (
                Rung(step, taken.get(step.code), reached_after(step.days, step.fraction, case.term_days))
                for step in rungs
                if step.days > 0
            ),
            key=lambda rung: (rung.reached_after, rung.step.position),
        ),
        next_step=following,
        next_step_on=reached_on(case, following),
        steps=steps,
        promises=list(case.promises.select_related("created_by").order_by("-on", "-pk")[:ROWS_SHOWN]),
        disputes=disputes,
        contacts=list(
            case.contacts.select_related("created_by", "contact", "promise", "dispute").order_by("-on", "-pk")[
                :CONTACTS_SHOWN
            ]
        ),
        causes=causes,
        letters=list(case.letters.select_related("template", "sent_by").order_by("-on", "-pk")[:ROWS_SHOWN]),
        overdue_invoices=invoices,
        unallocated=unallocated(case),
        last_posting_on=Receipt.objects.filter(legal_entity=case.legal_entity_id)
        .order_by("-on", "-pk")
        .values_list("on", flat=True)
        .first(),
        opt_out=DunningOptOut.objects.filter(customer=case.customer_id, on__lte=on, until__gte=on)
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))
        .select_related("created_by")
        .first(),
        cause_due_on=cause_due_on if cause_due_on and cause_due_on <= on else None,
    )


def reached_on(case: Case, step: PolicyStep | None) -> dt.date | None:
    """The night in which the step comes, if nothing is paid, promised or disputed until then."""
    if step is None or case.oldest_due_on is None:
        return None
    days = dt.timedelta(days=reached_after(step.days, step.fraction, case.term_days))
    gap = dt.timedelta(days=step.gap_days)
    return max(case.oldest_due_on + days, case.stepped_on + gap if case.stepped_on else dt.date.min)


def overdue_invoices(case: Case, on: dt.date) -> tuple[list[Any], list[Dispute]]:
    """The case's overdue invoices, oldest first, each with its open disputes; and every dispute of the customer."""
    found: list[Any] = list(
        Invoice.objects.filter(
            customer=case.customer_id, legal_entity=case.legal_entity_id, open_amount__gt=0, due_on__lt=on
        )
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .order_by("due_on", "pk")
    )
    disputes = list(
        Dispute.objects.filter(customer=case.customer_id, invoice__legal_entity=case.legal_entity_id)
        .select_related("invoice", "owner", "resolved_by", "created_by")
        .order_by("-on", "-pk")[:ROWS_SHOWN]
    )
    by_invoice: dict[int, list[Dispute]] = defaultdict(list)
    for dispute in disputes:
        if dispute.state == Dispute.State.OPEN:
            by_invoice[dispute.invoice_id].append(dispute)
    for invoice in found:
        invoice.open_disputes = by_invoice[invoice.pk]
        invoice.disputed = min(sum((item.amount for item in invoice.open_disputes), ZERO), invoice.open_amount)
        invoice.chased = invoice.open_amount - invoice.disputed
        invoice.days = (on - invoice.due_on).days
    return found, disputes


def unallocated(case: Case) -> list[tuple[str, Decimal]]:
    """What came from the customer and is not matched yet, by currency: receipts, then credit notes added."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    same = {"customer": case.customer_id, "legal_entity": case.legal_entity_id, "open_amount__gt": 0}
    for source in (Receipt.objects.filter(**same), Invoice.objects.filter(**same, kind=InvoiceKind.CREDIT_NOTE)):
        for currency, total in source.order_by().values_list("currency").annotate(total=Sum("open_amount")):
            sums[currency] += total
    return sorted(sums.items())


def disputed_on(invoice_ids: Iterable[int], on: dt.date) -> dict[int, Decimal]:
    """What was in dispute at the end of a day, by invoice, in its currency."""
    rows = (
        Dispute.objects.filter(invoice__in=list(invoice_ids), on__lte=on)
        .filter(Q(resolved_on__isnull=True) | Q(resolved_on__gt=on))
        .order_by()
        .values_list("invoice")
        .annotate(total=Sum("amount"))
    )
    return dict(rows)
