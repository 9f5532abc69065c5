"""The journal of one transaction: documents, allocations and credit movements are collected and written set-based.

A single form and an import of 100,000 rows go through the same lines; only the number of rows differs.
The caller holds the locks: legal entities (shared), credit accounts, invoices, receipts.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, models
from django.utils import timezone

from credit.models import Balance, CreditAccount, Verb
from credit.services.entries import Movement, movement_parts
from crm.core.money import ZERO
from crm.core.setbased import Part, array_types, arrays_of, chunks_of, inserts, maker_of, new_ids, run
from customers.services.events import EventRow, event_parts
from receivables.errors.documents import NumberTaken, WrongKind
from receivables.models import Allocation, Invoice, InvoiceKind, Receipt, Reversal
from receivables.rules import documents as rules

Source = Invoice | Receipt
BASE = (
    "id", "legal_entity", "customer", "number", "on", "currency", "rate", "amount", "base_amount",
    "open_amount", "open_base", "note", "created_by", "recorded_at",
)  # fmt: skip
NEW_INVOICE = (
    *BASE, "kind", "due_on", "term_days", "on_estimated", "reference", "cost", "responsible", "corrects",
)  # fmt: skip
NEW_RECEIPT = (*BASE, "instrument", "reference")
NEW_ALLOCATION = (
    "id", "invoice", "receipt", "credit_note", "on", "amount", "base_amount", "source_base", "method", "takes_back",
    "created_by", "recorded_at",
)  # fmt: skip
NEW_REVERSAL = ("invoice", "receipt", "on", "reason", "created_by", "recorded_at")
CHANGED_INVOICE = ("id", "open_amount", "open_base", "reversed_on")
CHANGED_RECEIPT = (*CHANGED_INVOICE, "cleared_on", "bounced_on")
new_allocation = maker_of(Allocation)


class Entry(NamedTuple):
    """A credit movement whose source may not have its key yet."""

    account_id: int
    balance: str
    verb: str
    base_amount: Decimal
    currency: str
    amount: Decimal
    on: dt.date
    due_on: dt.date | None
    source_kind: str
    source: models.Model


class Journal:
    """What one transaction is about to write. `accounts` are the locked credit accounts by customer; `allocation_ids`
    are keys for the allocations, as far as they were taken beforehand."""

    def __init__(
        self,
        *,
        accounts: Mapping[int, CreditAccount],
        actor_id: int | None = None,
        recorded_at: dt.datetime | None = None,
        allocation_ids: Iterable[int] = (),
    ) -> None:
        self.accounts = accounts
        self.allocation_ids = list(allocation_ids)
        self.actor_id = actor_id
        self.recorded_at = recorded_at or timezone.now()
        self.invoices: list[Invoice] = []
        self.receipts: list[Receipt] = []
        self.allocations: list[Allocation] = []
        self.reversals: list[Reversal] = []
        self.changed: dict[tuple[type[models.Model], int], Source] = {}
        self.entries: list[Entry] = []
        self.events: list[EventRow] = []

    # -- what happens -------------------------------------------------------------------------------------------

    def post_invoice(self, invoice: Invoice) -> None:
        """A new invoice or debit note is owed; a new credit note stands to be matched."""
        invoice.earliest_on = invoice.on
        self.invoices.append(invoice)
        self._enter_document(invoice, Verb.CHARGE, 1, invoice.on)

    def post_receipt(self, receipt: Receipt) -> None:
        """A new receipt; an instrument that must clear counts nowhere until it settles something or clears."""
        receipt.earliest_on = receipt.on
        self.receipts.append(receipt)
        self._enter_document(receipt, Verb.SETTLE, 1, receipt.on)

    def allocate(self, source: Source, invoice: Invoice, amount: Decimal, on: dt.date, method: str) -> Allocation:
        """Part of a source settles part of an invoice, as far as the rules allow."""
        check_roles(source, invoice)
        decided = rules.match(source, invoice, amount, on)
        allocation = new_allocation(
            {
                "invoice_id": invoice.pk,
                "receipt_id": source.pk if isinstance(source, Receipt) else None,
                "credit_note_id": source.pk if isinstance(source, Invoice) else None,
                "on": on,
                "amount": decided.amount,
                "base_amount": decided.base_amount,
                "source_base": decided.source_base,
                "method": method,
                "created_by_id": self.actor_id,
                "recorded_at": self.recorded_at,
            }
        )
        self._apply(allocation, source, invoice, Verb.SETTLE)
        return allocation

    def take_back(
        self, allocation: Allocation, source: Source, invoice: Invoice, on: dt.date, method: str
    ) -> Allocation:
        """The exact mirror of an allocation, at a date of its own."""
        cleared_on = source.cleared_on if isinstance(source, Receipt) else None
        earliest = max(allocation.on, cleared_on) if cleared_on else allocation.on
        rules.check_not_before(invoice.number, on, earliest)
        mirror = new_allocation(
            {
                "invoice_id": allocation.invoice_id,
                "receipt_id": allocation.receipt_id,
                "credit_note_id": allocation.credit_note_id,
                "on": on,
                "amount": -allocation.amount,
                "base_amount": -allocation.base_amount,
                "source_base": -allocation.source_base,
                "method": method,
                "takes_back_id": allocation.pk,
                "created_by_id": self.actor_id,
                "recorded_at": self.recorded_at,
            }
        )
        self._apply(mirror, source, invoice, Verb.REVERSE)
        invoice.earliest_on = max(invoice.earliest_on, on)
        source.earliest_on = max(source.earliest_on, on)
        return mirror

    def reverse(self, document: Source, on: dt.date, reason: str) -> None:
        """A document that settles nothing and is not settled any more is undone."""
        self._enter_document(document, Verb.REVERSE, -1, on)
        document.open_amount = document.open_base = ZERO
        document.reversed_on = on
        self._touch(document)
        self.reversals.append(
            Reversal(
                invoice_id=document.pk if isinstance(document, Invoice) else None,
                receipt_id=document.pk if isinstance(document, Receipt) else None,
                on=on,
                reason=reason,
                created_by_id=self.actor_id,
                recorded_at=self.recorded_at,
            )
        )

    def clear(self, receipt: Receipt, on: dt.date) -> None:
        """An instrument became money: what it settled is cleared, what it did not settle is unallocated."""
        self._enter(
            receipt,
            Balance.UNCLEARED,
            Verb.SETTLE,
            receipt.open_base - receipt.base_amount,
            receipt.open_amount - receipt.amount,
            on,
        )
        self._enter(receipt, Balance.UNALLOCATED, Verb.SETTLE, receipt.open_base, receipt.open_amount, on)
        receipt.cleared_on = on
        self._touch(receipt)

    def tell(self, customer_id: int, kind: str, on: dt.date, data: dict[str, Any]) -> None:
        """The timeline of the customer tells what happened."""
        self.events.append(EventRow(customer_id, kind, on, data, self.actor_id))

    # -- how it moves credit ------------------------------------------------------------------------------------

    def _enter_document(self, document: Source, verb: Verb, sign: int, on: dt.date) -> None:
        """A whole document comes or goes: what it is worth is charged, settled or reversed."""
        if isinstance(document, Invoice) and document.kind != InvoiceKind.CREDIT_NOTE:
            balance, due_on = Balance.RECEIVABLE, document.due_on
        elif counts_as_money(document):
            balance, due_on = Balance.UNALLOCATED, None
        else:
            return
        self._enter(document, balance, verb, sign * document.base_amount, sign * document.amount, on, due_on)

    def _apply(self, allocation: Allocation, source: Source, invoice: Invoice, verb: Verb) -> None:
        """An allocation (or its mirror) lowers (or raises) what is open on both sides, and moves credit."""
        self.allocations.append(allocation)
        invoice.open_amount -= allocation.amount
        invoice.open_base -= allocation.base_amount
        source.open_amount -= allocation.amount
        source.open_base -= allocation.source_base
        self._touch(invoice)
        self._touch(source)
        on = allocation.on
        self._enter(
            invoice,
            Balance.RECEIVABLE,
            verb,
            -allocation.base_amount,
            -allocation.amount,
            on,
            invoice.due_on,
            allocation,
        )
        if counts_as_money(source):
            self._enter(
                source, Balance.UNALLOCATED, verb, -allocation.source_base, -allocation.amount, on, None, allocation
            )
        else:
            self._enter(
                source, Balance.UNCLEARED, verb, allocation.source_base, allocation.amount, on, None, allocation
            )

    def _enter(
        self,
        document: Source,
        balance: str,
        verb: str,
        base_amount: Decimal,
        amount: Decimal,
        on: dt.date,
        due_on: dt.date | None = None,
        allocation: Allocation | None = None,
    ) -> None:
        if not amount:
            return
        kind = "allocation" if allocation else "receipt" if isinstance(document, Receipt) else "invoice"
        account_id = self.accounts[document.customer_id].pk
        currency = document.currency
        self.entries.append(
            Entry(account_id, balance, verb, base_amount, currency, amount, on, due_on, kind, allocation or document)
        )

    def _touch(self, document: Source) -> None:
        """Remember that a stored document changed; a new one is written with its last figures anyway."""
        if not document._state.adding:  # noqa: SLF001
            self.changed[type(document), document.pk] = document

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Write everything in one statement (in one for each table and 10,000 rows, where that is too much)."""
        missing = len(self.allocations) - len(self.allocation_ids)
        if missing > 0:
            self.allocation_ids += new_ids(Allocation, missing)
        for allocation, pk in zip(self.allocations, self.allocation_ids, strict=False):
            allocation.pk = pk
        try:
            run(list(self._parts()))
        except IntegrityError as error:
            raise number_taken(error) or error from error
        for written in (*self.invoices, *self.receipts, *self.allocations):
            written._state.adding = False  # noqa: SLF001
        self.invoices, self.receipts, self.allocations, self.reversals = [], [], [], []
        self.changed, self.entries, self.events, self.allocation_ids = {}, [], [], []

    def _parts(self) -> Iterable[Part]:
        yield from inserts(Invoice, NEW_INVOICE, self.invoices)
        yield from inserts(Receipt, NEW_RECEIPT, self.receipts)
        changed = self.changed.values()
        yield from _updates(Invoice, CHANGED_INVOICE, [row for row in changed if isinstance(row, Invoice)])
        yield from _updates(Receipt, CHANGED_RECEIPT, [row for row in changed if isinstance(row, Receipt)])
        yield from inserts(Allocation, NEW_ALLOCATION, self.allocations)
        yield from inserts(Reversal, NEW_REVERSAL, self.reversals)
        movements = [(entry.account_id, Movement(*entry[1:-1], entry.source.pk)) for entry in self.entries]
        yield from movement_parts(movements, self.actor_id, self.recorded_at)
        yield from event_parts(self.events)


def counts_as_money(source: Source) -> bool:
    """Whether what is open on this source counts as unallocated money: an instrument only once it has cleared."""
    return not (isinstance(source, Receipt) and source.must_clear and source.cleared_on is None)


def check_roles(source: Source, invoice: Invoice) -> None:
    """Raise WrongKind unless a receipt or credit note settles an invoice or debit note."""
    if isinstance(source, Invoice) and source.kind != InvoiceKind.CREDIT_NOTE:
        raise WrongKind(number=source.number)
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        raise WrongKind(number=invoice.number)


def _updates(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Any]) -> Iterable[Part]:
    for number, chunk in enumerate(chunks_of(rows)):
        ctes = f"changed_{model._meta.model_name}_{number} AS ({_update_sql(model, names)})"
        yield Part(ctes, arrays_of(chunk, names), len(chunk))


@cache
def _update_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{kind}" for kind in array_types(model, names))
    changes = ", ".join(f"{name} = changed.{name}" for name in names[1:])
    return (
        f'UPDATE "{model._meta.db_table}" document SET {changes} '
        f"FROM unnest({arrays}) AS changed ({', '.join(names)}) WHERE document.id = changed.id"
    )


def number_taken(error: IntegrityError) -> NumberTaken | None:
    """The refusal behind a violated unique number, None when the database refused something else."""
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    if getattr(diagnostics, "constraint_name", None) not in {"invoice_number_once", "receipt_number_once"}:
        return None
    detail = re.search(r"=\((.*)\)", diagnostics.message_detail or "")
    return NumberTaken(number=detail.group(1).split(", ")[-1] if detail else "")
