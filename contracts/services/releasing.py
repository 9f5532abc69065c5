"""The credit check of orders: looked at in a draft, decided at the release, done again while an order waits.

A check locks the account first, then the order is read again, and what was checked must still be what it says.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection

from contracts.errors import (
    ConfirmationMissing,
    ContractMissing,
    ContractNotInForce,
    ContractOutdated,
    ContractRefused,
    ContractUnread,
    OrderChanged,
    OrderEmpty,
    OrderNotOpen,
    OrderUnknown,
    ReviewMissing,
    ReviewReturned,
)
from contracts.models import Channel, Order, OrderPaper, OrderReview, OrderState
from contracts.notices import KIND_OF, tell_of_order
from contracts.services.orders import SOURCE, record_order_event
from contracts.services.paper_reviews import accepted_contract, purchase_contracts
from contracts.services.signing import begin_performance
from contracts.services.versions import version_on
from credit.models import Payment
from credit.services import (
    CheckResult,
    check_and_reserve,
    end_requests,
    preview_check,
)
from crm.approvals.models import Ending
from crm.core.errors import DomainError, NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.money import to_base
from crm.core.prepared import execute
from crm.core.rates import rate_on
from customers.services import begin_trading
from customers.services.lifecycle import BEGIN_TRADING

# What a release reads of an order, its customer and its contract: both rows are wide.
READ = (
    "number", "state", "version", "owner_id", "payment", "instrument", "channel", "is_custom", "currency", "total",
    "held_on", "released_on", "cancelled_on", "customer__name", "customer__state",
    "contract__number", "contract__state", "contract__root_id", "contract__is_current", "contract__starts_on",
    "contract__ends_on", "contract__replaced_on", "contract__settlement", "contract__term_days",
    "contract__instruments", "contract__kind", "contract__amount", "contract__term",
)  # fmt: skip

NOTE = """
UPDATE contracts_order
SET rate = %s::numeric, base_total = %s::numeric, last_check_id = %s::bigint, contract_id = %s::bigint,
    purchase_contract_id = %s::bigint, state = %s::varchar, released_on = %s::date,
    held_on = coalesce(held_on, %s::date)
WHERE id = %s::bigint AND version = %s::integer AND state = %s::varchar
"""


def release_order(*, actor: Any, order_id: int, version: int, on: dt.date) -> Order:
    """Have an open order checked: it is released and its headroom reserved, or held with the reasons of the check.

    Called again for a released order nothing happens. Raises NotAllowed, OrderUnknown, OrderChanged, OrderNotOpen,
    OrderEmpty, ContractMissing, ContractNotInForce, RateMissing, ConfirmationMissing, ReviewMissing,
    ReviewReturned.
    """
    if not actor.has_perm("contracts.release_order"):
        raise NotAllowed
    seen = Order.objects.visible_to(actor).select_related("contract", "customer").only(*READ)
    try:
        found: Order = seen.get(pk=order_id)
    except Order.DoesNotExist:
        raise OrderUnknown from None
    if found.state == OrderState.RELEASED:
        return found
    if found.version != version:
        raise OrderChanged(number=found.number)
    return check_order(order=found, actor=actor, on=on)


@dataclass(frozen=True)
class CheckedTogether:
    """What became of orders that were checked in one go: how many were released and held, and why others were not."""

    released: int
    held: int
    refused: list[DomainError]


def check_orders(*, actor: Any, orders: Iterable[Order], on: dt.date) -> CheckedTogether:
    """Have open orders checked as they were read, each in a transaction of its own: one refused keeps back no other.

    Raises NotAllowed.
    """
    if not actor.has_perm("contracts.release_order"):
        raise NotAllowed
    states: list[str] = []
    refused: list[DomainError] = []
    for order in orders:
        try:
            states.append(release_order(actor=actor, order_id=order.pk, version=order.version, on=on).state)
        except DomainError as error:
            refused.append(error)
    return CheckedTogether(states.count(OrderState.RELEASED), states.count(OrderState.HELD), refused)


def check_order(*, order: Order, actor: Any, on: dt.date) -> Order:
    """The check of an order as it was read; the actor None is the system itself (a receipt arrived)."""
    if not order.is_open:
        raise OrderNotOpen(number=order.number)
    if not order.total:  # the sum of its lines
        raise OrderEmpty
    under_version(order, on)
    require_contract(order, on)
    rate = rate_on(currency=order.currency, on=on)
    base_total = to_base(order.total, rate)
    actor_id = actor.pk if actor else None
    with atomic_or_busy():
        result = check_and_reserve(
            customer_id=order.customer_id,
            source_kind=SOURCE,
            source_id=order.pk,
            amount=base_total,
            on=on,
            actor_id=actor_id,
            **payment_of(order),
        )
        contract = order.contract
        if result.is_released and contract is not None:
            begin_performance(contract=contract)
        before = note_check(order, result, rate=rate, base_total=base_total, on=on)
        # The row is ours now: no paper is taken out of it any more, and nobody reviews it.
        require_accepted(order)
        require_confirmation(order)
        require_review(order)
        if result.is_released:
            note_trading(order, on=on, actor=actor)
            if before == OrderState.HELD:
                end_requests(source_kind=SOURCE, source_id=order.pk, why=Ending.RELEASED, on=on, actor=actor)
        if order.state != before:
            record_order_event(order, f"order_{order.state}", on, actor)
            tell_of_order(order, KIND_OF[OrderState(order.state)], actor=actor)
    return order


def note_trading(order: Order, *, on: dt.date, actor: Any) -> None:
    """The customer of a released order trades."""
    if order.customer.state in BEGIN_TRADING:
        begin_trading(
            customer_id=order.customer_id, number=order.number, today=on, by=actor.pk if actor is not None else None
        )


def note_check(order: Order, result: CheckResult, *, rate: Decimal, base_total: Decimal, on: dt.date) -> str:
    """Keep what became of an order in a check, here and in the database; gives the state it had before.

    One statement finds that it still is what was checked, and changes it. Raises OrderChanged.
    """
    before = order.state
    order.rate, order.base_total, order.last_check_id = rate, base_total, result.check_id
    if result.is_released:
        order.state, order.released_on = OrderState.RELEASED, on
    else:
        order.state, order.held_on = OrderState.HELD, order.held_on or on
    said = [
        rate, base_total, result.check_id, order.contract_id, order.purchase_contract_id, order.state,
        order.released_on, order.held_on,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        for seen in (before, OrderState.HELD):
            execute(cursor, NOTE, [*said, order.pk, order.version, seen])
            if cursor.rowcount:
                return seen
            # Another check of this draft came first and held it: the later one says how it stands.
            if before != OrderState.DRAFT:
                break
    raise OrderChanged(number=order.number)


def under_version(order: Order, on: dt.date) -> Order:
    """The order, under the version of its contract that holds on the day, else under the customer's own that was
    accepted; it is kept with the check.
    """
    of_the_day(order, on)
    on_credit_alone = order.contract is None and order.payment == Payment.CREDIT
    order.purchase_contract = accepted_contract(order) if on_credit_alone else None
    return order


def of_the_day(order: Order, on: dt.date) -> Order:
    """The order, under the version of its contract that holds on the day."""
    if order.contract is not None:
        order.contract = version_on(order.contract, on)
    return order


def payment_of(order: Order) -> dict[str, Any]:
    """How the order is to be paid, for the check: as its contract says, where it has one."""
    contract = order.contract if order.payment == Payment.CREDIT else None
    forms = {"payment": order.payment, "instruments": order.payment_forms}
    if contract is None:
        return forms
    return {**forms, "settlement": contract.settlement, "term_days": contract.term_days}


def preview_order(*, order: Order, on: dt.date) -> CheckResult | None:
    """What a check of an open order would say now, without a trace; None where there is nothing to check yet.

    Without a contract in force it is checked by the terms of the account: what is held is known before the contract is
    (require_contract says whether it may be released). Raises RateMissing.
    """
    if not order.is_open or not order.total:
        return None
    under_version(order, on)
    amount = to_base(order.total, rate_on(currency=order.currency, on=on))
    return preview_check(
        customer_id=order.customer_id,
        source_kind=SOURCE,
        source_id=order.pk,
        amount=amount,
        on=on,
        **payment_of(order),
    )


def require_contract(order: Order, on: dt.date) -> None:
    """An order on credit needs a contract in force on the day, or the customer's own that was accepted.

    Raises ContractMissing (ContractOutdated, ContractUnread, ContractRefused), ContractNotInForce.
    """
    if order.payment == Payment.PREPAID:
        return
    contract = order.contract
    if contract is None:
        if order.purchase_contract is None:
            raise lacking_contract(order)
        return
    if not contract.is_in_force_on(on):
        raise ContractNotInForce(contract=contract.number, on=on)


def lacking_contract(order: Order) -> ContractMissing:
    """What an order without any contract that counts waits for: legal, another contract of the customer, or any."""
    last = purchase_contracts(order).last()
    if last is None:
        before = order.papers.filter(kind=OrderPaper.Kind.PURCHASE).exists()
        return ContractOutdated(number=order.number) if before else ContractMissing()
    if last.verdict is None:
        return ContractUnread(number=order.number)
    return ContractRefused(number=order.number, reason=last.verdict_note)


def require_accepted(order: Order) -> None:
    """What legal said of the customer's own contract is what it said when the release began. Raises OrderChanged."""
    if order.purchase_contract is not None and accepted_contract(order) != order.purchase_contract:
        raise OrderChanged(number=order.number)


def require_confirmation(order: Order) -> None:
    """An order by telephone, as it stands, has the customer's written confirmation; others are not asked for it.

    Raises ConfirmationMissing.
    """
    if order.channel == Channel.PHONE and not is_confirmed(order):
        raise ConfirmationMissing(number=order.number)


def is_confirmed(order: Order) -> bool:
    """Whether the customer's written confirmation of this edition is among the papers of an order."""
    return bool(order.papers.filter(kind=OrderPaper.Kind.CONFIRMATION, edition=order.version).exists())


def require_review(order: Order) -> None:
    """An order for what is made to order was found to be feasible as it stands; others are not asked.

    Raises ReviewMissing, ReviewReturned.
    """
    if not order.is_custom:
        return
    review = order.reviews.filter(edition=order.version).order_by("-pk").first()
    if review is None:
        raise ReviewMissing(number=order.number)
    if review.verdict != OrderReview.Verdict.APPROVED:
        raise ReviewReturned(number=order.number, reason=review.note)


def refusals_of(order: Order, on: dt.date) -> list[DomainError]:
    """What would refuse to have an open order released on the day, whatever its credit check says."""
    under_version(order, on)
    found: list[DomainError] = []
    for require in (partial(require_contract, on=on), require_confirmation, require_review):
        try:
            require(order)
        except DomainError as error:
            found.append(error)
    return found
