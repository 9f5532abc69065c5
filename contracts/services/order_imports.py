"""What the import of orders asks: would an order be drafted as it stands in a file, and is it there already?"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Prefetch

from contracts.models import Order, OrderLine, Product
from contracts.services.orders import LineInput, check_contract, check_day, check_wanted, lines_at
from contracts.services.pricing import Terms, terms_of
from crm.core.errors import DomainError
from crm.core.locks import atomic_or_busy

CHUNK = 1_000


class OrderInput(NamedTuple):
    """An order as a file asks for it: what the form asks for."""

    customer_id: int
    legal_entity_id: int
    currency: str
    on: dt.date
    contract_id: int | None
    payment: str
    instrument: str
    channel: str
    wanted_on: dt.date | None
    reference: str
    note: str


class DraftCheck:
    """Tells whether orders would be drafted today; what many of them share is read once: products, and their terms."""

    def __init__(self, *, actor: Any, products: Mapping[int, Product], today: dt.date) -> None:
        self.actor, self.products, self.today = actor, products, today
        self.known_terms: dict[tuple[Any, ...], Terms | DomainError] = {}

    def check(self, order: OrderInput, lines: Sequence[LineInput]) -> None:
        """Raises what draft_order would raise for an order typed today; writes nothing."""
        check_day(order.on, self.today)
        check_wanted(order.wanted_on, order.on)
        lines_at(self.terms(order), self.products, lines)

    def terms(self, order: OrderInput) -> Terms:
        """By what it is priced, or why it cannot be: the same for a customer's orders under one contract on one day."""
        key = order.customer_id, order.legal_entity_id, order.currency, order.contract_id, order.on
        if key not in self.known_terms:
            try:
                self.known_terms[key] = self.read_terms(order)
            except DomainError as error:
                self.known_terms[key] = error
        found = self.known_terms[key]
        if isinstance(found, DomainError):
            raise found
        return found

    def read_terms(self, order: OrderInput) -> Terms:
        contract = check_contract(
            order.contract_id,
            customer_id=order.customer_id,
            legal_entity_id=order.legal_entity_id,
            currency=order.currency,
            on=order.on,
        )
        return terms_of(
            actor=self.actor,
            customer_id=order.customer_id,
            currency=order.currency,
            contract=contract,
            on=order.on,
            today=self.today,
        )


def known_orders(*, actor: Any, customer_ids: Collection[int], references: Sequence[str]) -> dict[Any, list[Order]]:
    """Orders that bear these references, with lines, products and contract: by customer and reference, newest first.

    What became of an order does not matter: one that was cancelled is not drafted again from the same file. Several
    have one reference where somebody copied an order.
    """
    lines = Prefetch("lines", OrderLine.objects.select_related("product").order_by("position"))
    found: dict[Any, list[Order]] = {}
    for start in range(0, len(references), CHUNK):
        chunk = references[start : start + CHUNK]
        orders = Order.objects.visible_to(actor).filter(customer__in=customer_ids, reference__in=chunk)
        orders = orders.select_related("contract__root", "legal_entity").prefetch_related(lines)
        for order in orders.order_by("-pk"):
            found.setdefault((order.customer_id, order.reference), []).append(order)
    return found


def one_import_at_a_time() -> None:
    """Until the transaction ends no other import of orders is applied, so that none is drafted twice.

    Raises Busy where another one takes too long.
    """
    with atomic_or_busy(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('contracts.import_orders', 0))")
