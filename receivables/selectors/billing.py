"""What billing deliveries would post: their terms, due dates and sums, before anything is posted."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.models import Delivery
from credit.models import CreditAccount
from crm.core.errors import DomainError, PeriodClosed
from receivables.errors.order_invoices import InvoicedBeforeDelivery
from receivables.selectors.preview import Terms, terms_for
from receivables.services.order_invoices import terms_of


class ToBill(NamedTuple):
    """A delivery, the terms its invoice would have, and why it cannot bear that day (None = it can)."""

    delivery: Delivery
    terms: Terms
    refusal: DomainError | None


def to_bill(deliveries: Iterable[Delivery], on: dt.date) -> list[ToBill]:
    """What each delivery (with order, entity, contract) would be billed on a day: by its order, else as agreed."""
    rows = list(deliveries)
    accounts: dict[int, CreditAccount] = CreditAccount.objects.in_bulk(
        {delivery.order.customer_id for delivery in rows}, field_name="customer_id"
    )
    return [
        ToBill(delivery, terms_on(delivery, accounts.get(delivery.order.customer_id), on), refusal_on(delivery, on))
        for delivery in rows
    ]


def refusal_on(delivery: Delivery, on: dt.date) -> DomainError | None:
    """What the service will refuse whatever else is typed: a day before the delivery, or one that is closed."""
    if on < delivery.on:
        return InvoicedBeforeDelivery(number=delivery.number, delivered=delivery.on)
    entity = delivery.order.legal_entity
    if entity.closed_through is not None and on <= entity.closed_through:
        return PeriodClosed(entity=entity.code, closed_through=entity.closed_through, on=on)
    return None


def terms_on(delivery: Delivery, account: CreditAccount | None, on: dt.date) -> Terms:
    said = terms_of(delivery.order)
    return terms_for(account=account, on=on, term_days=said.get("term_days"), settlement=said.get("settlement", ""))


def sums_by_currency(deliveries: Sequence[Delivery]) -> list[tuple[str, Decimal]]:
    """What they come to, in each currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for delivery in deliveries:
        sums[delivery.order.currency] += delivery.amount
    return sorted(sums.items())
