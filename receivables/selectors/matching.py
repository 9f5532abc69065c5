"""What the allocation table shows: open invoices of a customer, what is suggested for each and why, what was typed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from crm.core.models import LegalEntity
from crm.core.money import ZERO
from receivables.models import Invoice, InvoiceKind
from receivables.selectors.propose import propose

# Beyond this many rows nobody ticks by hand: the oldest are shown, others are found by their number.
ROWS_SHOWN = 100

REASONS = {
    "reference": lambda: _("named in the reference"),
    "exact": lambda: _("same amount"),
    "oldest": lambda: _("oldest due first"),
}


@dataclass(frozen=True)
class MatchRow:
    """One open invoice: what is open, what is suggested and why, and the text in its amount field."""

    invoice: Invoice
    days_late: int
    suggested: Decimal | None
    reason: str
    text: str
    error: str = ""

    @property
    def key(self) -> str:
        """The invoice's key as field names carry it, never with thousands separators."""
        return str(self.invoice.pk)

    @property
    def open_text(self) -> str:
        return str(self.invoice.open_amount)

    @property
    def suggested_text(self) -> str:
        return str(self.suggested) if self.suggested else ""

    @property
    def why_key(self) -> str:
        """The suggestion as the form sends it back, so that a line taken as suggested keeps its reason."""
        return f"{self.reason}:{self.suggested}" if self.suggested else ""

    @property
    def amount(self) -> Decimal:
        """What the amount field says, nothing where it makes no sense."""
        try:
            return Decimal(self.text.replace(",", "")) if self.text and not self.error else ZERO
        except InvalidOperation:
            return ZERO

    @property
    def ticked(self) -> bool:
        return bool(self.text)

    @property
    def keeps_reason(self) -> bool:
        """The suggestion stands as it was made."""
        return self.ticked and self.suggested is not None and self.amount == self.suggested

    @property
    def why(self) -> str:
        sentence = REASONS.get(self.reason)
        return sentence() if sentence else ""


@dataclass(frozen=True)
class Elsewhere:
    """Open invoices of the same customer that this money cannot settle: another currency or legal entity."""

    currency: str
    legal_entity_id: int
    legal_entity_name: str
    count: int
    open_amount: Decimal


@dataclass(frozen=True)
class MatchTable:
    """The allocation table with its sums; `available` is what there is to give."""

    rows: Sequence[MatchRow]
    available: Decimal | None
    currency: str
    more: int
    find: str
    lines_of: str  # whose invoices these are: typed amounts are kept for the same payer, seller and currency only
    touched: str  # "1" once an amount was typed: suggestions then no longer overwrite
    elsewhere: Sequence[Elsewhere] = field(default_factory=tuple)

    @property
    def available_text(self) -> str:
        return str(self.available) if self.available is not None else ""

    @property
    def given(self) -> Decimal:
        return sum((row.amount for row in self.rows), ZERO)

    @property
    def rest(self) -> Decimal:
        return (self.available or ZERO) - self.given


def open_invoices(user: Any, *, customer_id: int, legal_entity_id: int, currency: str) -> QuerySet[Invoice]:
    """What a payment in this currency to this seller may settle, oldest due date first."""
    found: QuerySet[Invoice] = (
        Invoice.objects.visible_to(user)
        .filter(customer_id=customer_id, legal_entity_id=legal_entity_id, currency=currency, open_amount__gt=0)
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .order_by("due_on", "pk")
    )
    return found


def match_table(
    user: Any,
    *,
    customer_id: int,
    legal_entity_id: int,
    currency: str,
    available: Decimal | None,
    reference: str,
    on: dt.date,
    today: dt.date,
    find: str = "",
    typed: Mapping[int, str] | None = None,
    errors: Mapping[int, str] | None = None,
) -> MatchTable:
    """The rows to show: typed amounts stay as they were typed; without them the suggestion is filled in."""
    candidates = open_invoices(user, customer_id=customer_id, legal_entity_id=legal_entity_id, currency=currency)
    proposals = {
        proposal.invoice.pk: proposal
        for proposal in (
            propose(
                customer_id=customer_id,
                currency=currency,
                legal_entity_id=legal_entity_id,
                amount=available,
                reference=reference,
                on=on,
            )
            if available and available > 0
            else []
        )
    }
    wanted = set(proposals) | set(typed or {})
    others = candidates.exclude(pk__in=wanted)
    if find:
        others = others.filter(Q(number__startswith=find) | Q(number__startswith=find.upper()))
    shown = list(others[: ROWS_SHOWN + 1])
    more = len(shown) > ROWS_SHOWN
    invoices = sorted(
        [*candidates.filter(pk__in=wanted), *shown[:ROWS_SHOWN]], key=lambda invoice: (invoice.due_on, invoice.pk)
    )
    rows = []
    for invoice in invoices:
        proposal = proposals.get(invoice.pk)
        suggested = proposal.amount if proposal else None
        text = typed.get(invoice.pk, "") if typed is not None else (f"{suggested:,.2f}" if suggested else "")
        rows.append(
            MatchRow(
                invoice=invoice,
                days_late=max((today - invoice.due_on).days, 0),
                suggested=suggested,
                reason=proposal.reason if proposal else "",
                text=text,
                error=(errors or {}).get(invoice.pk, ""),
            )
        )
    return MatchTable(
        rows=rows,
        available=available,
        currency=currency,
        more=candidates.count() - len(rows) if more else 0,
        find=find,
        lines_of=f"{customer_id}-{legal_entity_id}-{currency}",
        touched="1" if typed is not None else "",
        elsewhere=open_elsewhere(user, customer_id=customer_id, legal_entity_id=legal_entity_id, currency=currency),
    )


@dataclass(frozen=True)
class Place:
    """Where a payer's money most likely belongs."""

    legal_entity_id: int
    currency: str


def likely_place(user: Any, customer_id: int) -> Place | None:
    """Seller and currency of the oldest open invoice, else of the newest invoice; None for a customer never billed."""
    billed = Invoice.objects.visible_to(user).filter(customer_id=customer_id).exclude(kind=InvoiceKind.CREDIT_NOTE)
    found = billed.filter(open_amount__gt=0).order_by("due_on", "pk").first() or billed.order_by("-on", "-pk").first()
    return Place(found.legal_entity_id, found.currency) if found else None


def open_elsewhere(user: Any, *, customer_id: int, legal_entity_id: int, currency: str) -> list[Elsewhere]:
    """Open invoices in other currencies or of other sellers, so that nobody wonders where they are."""
    groups = (
        Invoice.objects.visible_to(user)
        .filter(customer_id=customer_id, open_amount__gt=0)
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .exclude(currency=currency, legal_entity_id=legal_entity_id)
        .order_by("legal_entity_id", "currency")
        .values("currency", "legal_entity_id")
        .annotate(count=Count("pk"), open_amount=Sum("open_amount"))
    )
    entities = LegalEntity.objects.in_bulk({row["legal_entity_id"] for row in groups})
    return [
        Elsewhere(
            row["currency"],
            row["legal_entity_id"],
            entities[row["legal_entity_id"]].name,
            row["count"],
            row["open_amount"],
        )
        for row in groups
    ]
