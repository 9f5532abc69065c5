"""What an invoice that is being typed would mean: when it falls due, what it is worth, what headroom it leaves."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from credit.models import CreditAccount, Settlement
from credit.rules import free_money
from crm.core.errors import RateMissing
from crm.core.models import LegalEntity
from crm.core.money import ZERO, base_currency, to_base
from crm.core.rates import rate_on
from receivables.models import Invoice, InvoiceKind
from receivables.rules import due_on


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


def headroom_after(*, account: CreditAccount | None, kind: str, base_amount: Decimal | None) -> Headroom | None:
    """How the headroom moves: an invoice takes, a credit note gives where unallocated credit counts."""
    if account is None:
        return None
    if base_amount is None:
        return Headroom(account.limit, account.headroom, None)
    change = -base_amount
    if kind == InvoiceKind.CREDIT_NOTE:
        more = free_money(account.unallocated + base_amount, account.prepaid)
        change = more - free_money(account.unallocated, account.prepaid) if account.counts_unallocated else ZERO
    return Headroom(account.limit, account.headroom, account.headroom + change)


def number_is_taken(*, legal_entity: LegalEntity, kind: str, number: str) -> bool:
    return Invoice.objects.filter(legal_entity=legal_entity, kind=kind, number=number).exists()
