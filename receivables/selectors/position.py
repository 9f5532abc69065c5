"""How a customer stands with us today: open, overdue, unallocated per currency; what falls due next; last receipts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, DecimalField, Min, Q, Sum, Value
from django.db.models.functions import Coalesce

from crm.core.money import ZERO
from receivables.models import Invoice, InvoiceKind, Receipt

NOTHING = Value(ZERO, output_field=DecimalField(max_digits=18, decimal_places=2))


@dataclass
class CurrencyPosition:
    """What is open in one currency."""

    currency: str
    open_amount: Decimal = ZERO
    overdue: Decimal = ZERO
    unallocated: Decimal = ZERO
    invoices: int = 0
    overdue_invoices: int = 0

    @property
    def net(self) -> Decimal:
        """Open less what was received or credited and not allocated yet."""
        return self.open_amount - self.unallocated


@dataclass(frozen=True)
class Position:
    """A customer's receivables today; `next_due` is the next open invoice that is not overdue."""

    currencies: Sequence[CurrencyPosition]
    oldest_due_on: dt.date | None
    days_late: int
    next_due: Invoice | None
    last_receipts: Sequence[Receipt]
    unallocated_receipts: Sequence[Receipt]

    @property
    def is_empty(self) -> bool:
        return not self.currencies and not self.last_receipts


def customer_position(customer_id: int, today: dt.date) -> Position:
    """Five statements, each on an index of this customer's open rows."""
    found: dict[str, CurrencyPosition] = {}
    open_rows = Invoice.objects.filter(customer_id=customer_id, open_amount__gt=0)
    late = Q(due_on__lt=today)
    oldest: dt.date | None = None
    billed = open_rows.exclude(kind=InvoiceKind.CREDIT_NOTE)
    for row in (
        billed.order_by()
        .values("currency")
        .annotate(
            total=Sum("open_amount"),
            late=Coalesce(Sum("open_amount", filter=late), NOTHING),
            count=Count("pk"),
            late_count=Count("pk", filter=late),
            oldest=Min("due_on"),
        )
    ):
        found[row["currency"]] = CurrencyPosition(
            row["currency"], row["total"], row["late"], ZERO, row["count"], row["late_count"]
        )
        oldest = min(oldest or row["oldest"], row["oldest"])
    receipts = Receipt.objects.filter(customer_id=customer_id, open_amount__gt=0)
    credit_notes = open_rows.filter(kind=InvoiceKind.CREDIT_NOTE)
    for source in (receipts, credit_notes):
        for code, total in source.order_by().values_list("currency").annotate(total=Sum("open_amount")):
            found.setdefault(code, CurrencyPosition(code)).unallocated += total
    return Position(
        currencies=[found[code] for code in sorted(found)],
        oldest_due_on=oldest if oldest and oldest < today else None,
        days_late=max((today - oldest).days, 0) if oldest else 0,
        next_due=billed.filter(due_on__gte=today).order_by("due_on", "pk").first(),
        last_receipts=list(Receipt.objects.filter(customer_id=customer_id).order_by("-on", "-pk")[:5]),
        unallocated_receipts=list(receipts.order_by("on", "pk")[:5]),
    )
