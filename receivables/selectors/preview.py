"""What an invoice that is being typed would mean: when it falls due, what it is worth, what headroom it leaves."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from credit.models import CreditAccount, Settlement
from credit.rules.exposure import free_money
from crm.core.errors import RateMissing
from crm.core.models import LegalEntity
from crm.core.money import ZERO, base_currency, to_base
from crm.core.rates import rate_on
from receivables.errors.documents import BeforeBooks
from receivables.models import Invoice, InvoiceKind
from receivables.rules.documents import check_year, due_on
from receivables.selectors.books import oldest_day


@dataclass(frozen=True)
class Terms:
    """Term and settlement that apply, and the due date they give."""

    due_on: dt.date
    term_days: int
    settlement: str
    agreed: bool  # both are those of the credit account

    @property
    def settlement_label(self) -> str:
        return str(Settlement(self.settlement).label)


@dataclass(frozen=True)
class Worth:
    """The amount in base currency; without a rate both are None."""

    rate: Decimal | None
    base_amount: Decimal | None
    is_foreign: bool


@dataclass(frozen=True)
class Headroom:
    """What the customer may still owe, before and after this document, in base currency."""

    limit: Decimal | None
    before: Decimal
    after: Decimal | None  # None until the amount is known


def terms_for(*, account: CreditAccount | None, on: dt.date, term_days: int | None, settlement: str) -> Terms:
    """The due date by what is given; what is not given comes from the credit account, or from a new account's terms."""
    agreed = account or CreditAccount()
    days = agreed.term_days if term_days is None else term_days
    way = settlement or agreed.settlement
    return Terms(due_on(on, days, way), days, way, agreed=term_days is None and not settlement)


def worth_of(*, amount: Decimal | None, currency: str, on: dt.date) -> Worth:
    foreign = currency != base_currency()
    try:
        rate = rate_on(currency=currency, on=on)
    except RateMissing:
        return Worth(None, None, foreign)
    return Worth(rate, to_base(amount, rate) if amount is not None else None, foreign)


def headroom_after(
    *, account: CreditAccount | None, kind: str, base_amount: Decimal | None, today: dt.date
) -> Headroom | None:
    """How the headroom of today moves: an invoice takes, a credit note gives where unallocated credit counts."""
    if account is None:
        return None
    limit, before = account.terms_on(today).limit, account.headroom_on(today)
    if base_amount is None:
        return Headroom(limit, before, None)
    change = -base_amount
    if kind == InvoiceKind.CREDIT_NOTE:
        more = free_money(account.unallocated + base_amount, account.prepaid)
        change = more - free_money(account.unallocated, account.prepaid) if account.counts_unallocated else ZERO
    return Headroom(limit, before, before + change)


def year_refusal(on: dt.date | None) -> BeforeBooks | None:
    """What is refused of a day far before everything in the books."""
    try:
        check_year(on or dt.date.max, oldest_day())
    except BeforeBooks as error:
        return error
    return None


def number_is_taken(*, legal_entity: LegalEntity, kind: str, number: str) -> bool:
    return Invoice.objects.filter(legal_entity=legal_entity, kind=kind, number=number).exists()
