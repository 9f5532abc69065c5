"""What the services are handed: one row for each document to post."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from receivables.models import Instrument, InvoiceKind


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceRow:
    """An invoice, debit note or credit note to post.

    Without `due_on` it follows from term and settlement, those of the credit account where not given.
    Without `rate` the rate of the day holds; without `responsible_id` the owner of the customer is responsible.
    """

    legal_entity_id: int
    customer_id: int
    number: str
    on: dt.date
    currency: str
    amount: Decimal
    kind: str = InvoiceKind.INVOICE
    due_on: dt.date | None = None
    term_days: int | None = None
    settlement: str | None = None
    reference: str = ""
    note: str = ""
    cost: Decimal | None = None
    responsible_id: int | None = None
    corrects_id: int | None = None
    rate: Decimal | None = None
    on_estimated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PaidInvoiceRow(InvoiceRow):
    """An invoice that was paid in full on `paid_on`."""

    paid_on: dt.date
    instrument: str = Instrument.TRANSFER


@dataclass(frozen=True, slots=True)
class Line:
    """Part of a receipt or credit note that settles an invoice; `method` only where lines differ in it."""

    invoice_id: int
    amount: Decimal
    method: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptRow:
    """A receipt to post, with what it settles; what is not allocated stays open on it."""

    legal_entity_id: int
    customer_id: int
    on: dt.date
    currency: str
    amount: Decimal
    instrument: str = Instrument.TRANSFER
    reference: str = ""
    note: str = ""
    number: str = ""
    rate: Decimal | None = None
    lines: Sequence[Line] = ()


@dataclass(frozen=True)
class BulkResult:
    """Primary keys of what a bulk service made, in the order of its rows."""

    invoice_ids: list[int] = field(default_factory=list)
    receipt_ids: list[int] = field(default_factory=list)
    allocation_ids: list[int] = field(default_factory=list)
