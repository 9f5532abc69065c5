"""A second opinion on the ledger: the same business in a few lines of plain Python, in whole cents, without a database.

It knows nothing of the product's rules module: what is allowed, what goes where and what was open on a past day is
worked out here anew, from lists of what happened.
"""

import datetime as dt
from dataclasses import dataclass, field

CLEARING = {"cheque", "bank_draft", "acceptance_bill"}


def share(part: int, whole: int, base: int) -> int:
    """Part of a base amount in cents, rounded half up; the last part takes the rest."""
    return base if part == whole else (2 * base * part + whole) // (2 * whole)


@dataclass
class Doc:
    pk: int
    what: str  # invoice, credit_note, receipt
    customer: int
    entity: int
    currency: str
    on: dt.date
    due_on: dt.date | None
    amount: int
    base: int
    must_clear: bool = False
    cleared_on: dt.date | None = None
    undone_on: dt.date | None = None

    @property
    def is_source(self) -> bool:
        return self.what != "invoice"

    @property
    def party(self) -> tuple[int, int, str]:
        return self.customer, self.entity, self.currency


@dataclass
class Match:
    pk: int
    source: Doc
    invoice: Doc
    on: dt.date
    amount: int
    base: int
    source_base: int
    back_on: dt.date | None = None


@dataclass
class Books:
    docs: list[Doc] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    closed: dict[int, dt.date] = field(default_factory=dict)

    # what was open on a day (None: everything that happened, whenever it is dated)

    def touching(self, doc: Doc) -> list[Match]:
        return [match for match in self.matches if doc is match.source or doc is match.invoice]

    def open(self, doc: Doc, at: dt.date | None = None) -> int:
        return self._left(doc, at, doc.amount, lambda match: match.amount)

    def open_base(self, doc: Doc, at: dt.date | None = None) -> int:
        return self._left(doc, at, doc.base, lambda match: match.source_base if doc is match.source else match.base)

    def _left(self, doc, at, whole, part):
        if doc.undone_on and (at is None or doc.undone_on <= at):
            return 0
        if at is not None and doc.on > at:
            return 0
        for match in self.touching(doc):
            if at is None or match.on <= at:
                whole -= part(match)
            if match.back_on and (at is None or match.back_on <= at):
                whole += part(match)
        return whole

    def is_money(self, doc: Doc, at: dt.date | None = None) -> bool:
        if not doc.must_clear:
            return True
        return doc.cleared_on is not None and (at is None or doc.cleared_on <= at)

    # balances of a customer's credit account on a day

    def balances(self, customer: int, at: dt.date | None = None) -> dict[str, int]:
        found = {"receivable": 0, "unallocated": 0, "uncleared": 0}
        for doc in self.docs:
            if doc.customer != customer or (at is not None and doc.on > at):
                continue
            open_base = self.open_base(doc, at)
            if not doc.is_source:
                found["receivable"] += open_base
            elif self.is_money(doc, at):
                found["unallocated"] += open_base
            elif not (doc.undone_on and (at is None or doc.undone_on <= at)):
                found["uncleared"] += doc.base - open_base
        return found

    def debt(self, customer: int, at: dt.date, currency: str | None) -> int:
        """What the ledger must show: invoices less every receipt and credit note that is not undone."""
        total = 0
        for doc in self.docs:
            if doc.customer == customer and doc.on <= at and currency in (None, doc.currency):
                left = self.open_base(doc, at) if currency is None else self.open(doc, at)
                total += -left if doc.is_source else left
        return total

    def by_due_date(self, customer: int) -> dict[dt.date, int]:
        found: dict[dt.date, int] = {}
        for doc in self.docs:
            if doc.customer == customer and not doc.is_source:
                found[doc.due_on] = found.get(doc.due_on, 0) + self.open_base(doc)
        return {due_on: total for due_on, total in found.items() if total}

    # what is allowed

    def is_closed(self, entity: int, on: dt.date) -> bool:
        return entity in self.closed and on <= self.closed[entity]

    def earliest(self, doc: Doc) -> dt.date:
        """First day on which something new may happen to what is open of a document."""
        days = [doc.on, *(match.back_on for match in self.touching(doc) if match.back_on)]
        return max([*days, doc.cleared_on] if doc.cleared_on else days)

    def last_movement(self, doc: Doc) -> dt.date:
        return max([self.earliest(doc), *(match.on for match in self.touching(doc))])

    def may_allocate(self, source: Doc, invoice: Doc, amount: int, on: dt.date) -> bool:
        return (
            source.party == invoice.party
            and not self.is_closed(source.entity, on)
            and 0 < amount <= min(self.open(source), self.open(invoice))
            and on >= max(self.earliest(source), self.earliest(invoice))
        )

    def may_take_back(self, match: Match, on: dt.date) -> bool:
        earliest = max(match.on, match.source.cleared_on or match.on)
        return match.back_on is None and on >= earliest and not self.is_closed(match.invoice.entity, on)

    def may_undo(self, doc: Doc, on: dt.date) -> bool:
        return doc.undone_on is None and on >= self.last_movement(doc) and not self.is_closed(doc.entity, on)

    def may_clear(self, doc: Doc, on: dt.date) -> bool:
        return not self.is_money(doc) and self.may_undo(doc, on)

    # what happens

    def allocate(self, pk: int, source: Doc, invoice: Doc, amount: int, on: dt.date) -> Match:
        base = share(amount, self.open(invoice), self.open_base(invoice))
        source_base = share(amount, self.open(source), self.open_base(source))
        match = Match(pk, source, invoice, on, amount, base, source_base)
        self.matches.append(match)
        return match

    def undo(self, doc: Doc, on: dt.date) -> None:
        for match in self.touching(doc):
            match.back_on = match.back_on or on
        doc.undone_on = on
