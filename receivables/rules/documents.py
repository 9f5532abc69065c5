"""Pure decisions of receivables: when an invoice falls due, how old it is, and what may settle what."""

import calendar
import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from crm.core.dates import months_before
from crm.core.errors import AmountNotPositive
from crm.core.money import ZERO, check_places, share_of
from receivables.errors.documents import (
    BeforeBooks,
    CurrencyMismatch,
    CustomerMismatch,
    DateBeforeDocument,
    EntityMismatch,
    NotOpen,
)

# Instruments that are not money until they have cleared.
CLEARING_INSTRUMENTS = frozenset({"cheque", "bank_draft", "acceptance_bill"})
MONTHS_BEFORE_BOOKS = 12  # a document typed in may be this much older than everything in the books


def period_end(on: dt.date, months: int) -> dt.date:
    """Last day of the period of 1 (month), 3 (quarter) or 12 (year) months that contains `on`."""
    month = (on.month - 1) // months * months + months
    return on.replace(month=month, day=calendar.monthrange(on.year, month)[1])


def due_on(on: dt.date, term_days: int, settlement: str) -> dt.date:
    """The day an invoice falls due.

    Cash is due at once. Monthly, quarterly and yearly settlement count the term from the end of the period the invoice
    belongs to. Rolling, floor stock and consignment count it from the invoice itself: the latter two are invoiced
    when the goods are settled for.
    """
    if settlement == "cash":
        return on
    months = {"monthly": 1, "quarterly": 3, "yearly": 12}.get(settlement)
    start = period_end(on, months) if months else on
    return start + dt.timedelta(days=term_days)


def bucket_index(days_overdue: int, bounds: Sequence[int]) -> int:
    """THE bucket function of the product: 0 = not due, i = bucket up to bounds[i - 1] days, the last is open-ended.

    With bounds 30, 60, 90: 0 days -> 0, 1 and 30 -> 1, 31 and 60 -> 2, 90 -> 3, 91 and more -> 4.
    """
    return 0 if days_overdue <= 0 else bisect_left(bounds, days_overdue) + 1


def check_amount(amount: Decimal, currency: str, places: int) -> None:
    """Raise unless the amount is positive and fits the decimal places of its currency."""
    if amount <= 0:
        raise AmountNotPositive(amount=amount)
    check_places(amount, currency=currency, places=places)


def check_year(on: dt.date, oldest: dt.date | None) -> None:
    """Raise BeforeBooks for a document typed in more than a year before the oldest one (None = empty books).

    Whoever types in last month's papers in any order is not kept back; a year that was mistyped is.
    """
    if oldest is not None and on < months_before(oldest, MONTHS_BEFORE_BOOKS):
        raise BeforeBooks(on=on, oldest=oldest)


class OpenItem(Protocol):
    """What a match needs to know of a document; `earliest_on` is the first date a new allocation of it may bear."""

    number: str
    customer_id: int
    legal_entity_id: int
    currency: str
    open_amount: Decimal
    open_base: Decimal
    reversed_on: dt.date | None
    earliest_on: dt.date


@dataclass(frozen=True)
class Match:
    """Part of a source that settles part of an invoice: the amount, and what each side gives up in base currency."""

    amount: Decimal
    base_amount: Decimal
    source_base: Decimal


def match(source: OpenItem, invoice: OpenItem, amount: Decimal, on: dt.date) -> Match:
    """Decide one allocation; raises the typed error of the first rule that forbids it."""
    if amount <= 0:
        raise AmountNotPositive(amount=amount)
    check_same_party(source, invoice)
    for document in (invoice, source):
        if document.reversed_on is not None or amount > document.open_amount:
            raise NotOpen(number=document.number, open=document.open_amount, requested=amount)
        check_not_before(document.number, on, document.earliest_on)
    return Match(
        amount=amount,
        base_amount=share_of(amount, invoice.open_amount, invoice.open_base),
        source_base=share_of(amount, source.open_amount, source.open_base),
    )


def check_same_party(source: OpenItem, invoice: OpenItem) -> None:
    """Raise unless both belong to one customer and one legal entity and are in one currency."""
    if source.customer_id != invoice.customer_id:
        raise CustomerMismatch(number=invoice.number, source=source.number)
    if source.legal_entity_id != invoice.legal_entity_id:
        raise EntityMismatch(number=invoice.number, source=source.number)
    if source.currency != invoice.currency:
        raise CurrencyMismatch(number=invoice.number, source=source.number)


def check_not_before(number: str, on: dt.date, earliest: dt.date) -> None:
    """Raise DateBeforeDocument when `on` is too early for the document."""
    if on < earliest:
        raise DateBeforeDocument(number=number, on=on, earliest=earliest)


@dataclass(frozen=True)
class Candidate:
    """An open invoice that a receipt might settle."""

    invoice_id: int
    number: str
    on: dt.date
    due_on: dt.date
    open_amount: Decimal


@dataclass(frozen=True)
class Suggestion:
    """What to allocate to an invoice, and why: reference, exact or oldest."""

    candidate: Candidate
    amount: Decimal
    reason: str


def is_named(number: str, reference: str) -> bool:
    """Whether the reference names this number as a word of its own, in any case."""
    return (
        number.lower() in reference.lower()
        and bool(number)
        and bool(re.search(rf"(?<![0-9A-Za-z]){re.escape(number)}(?![0-9A-Za-z])", reference, re.IGNORECASE))
    )


def suggest(candidates: Iterable[Candidate], amount: Decimal, reference: str) -> list[Suggestion]:
    """Spread an amount over open invoices: those the reference names, then one of exactly the rest, then the oldest."""
    waiting = sorted(candidates, key=lambda item: (item.due_on, item.on, item.invoice_id))
    found: list[Suggestion] = []
    rest = amount

    def take(item: Candidate, reason: str) -> None:
        nonlocal rest
        part = min(rest, item.open_amount)
        found.append(Suggestion(item, part, reason))
        waiting.remove(item)
        rest -= part

    if reference:
        for item in [item for item in waiting if is_named(item.number, reference)]:
            if rest > ZERO:
                take(item, "reference")
    exact = next((item for item in waiting if item.open_amount == rest), None)
    if exact is not None:
        take(exact, "exact")
    while rest > ZERO and waiting:
        take(waiting[0], "oldest")
    return found
