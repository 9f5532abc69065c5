"""Orders on hold that are looked at again: a receipt arrived, a limit rose, a lift was approved (credit calls this)."""

import datetime as dt
from collections.abc import Sequence

from contracts.models import Order, OrderState
from contracts.order_errors import ContractMissing, ContractNotInForce
from contracts.services.orders import SOURCE, payment_of, require_contract, tell, under_version
from contracts.services.signing import begin_performance
from credit.services import CheckResult, cancel
from crm.core.dates import business_today
from crm.core.errors import Busy
from crm.core.money import ZERO
from crm.core.registry import ReservationSource, Waiting


def waiting_orders(customer_id: int) -> Sequence[Waiting]:
    """Orders on hold of a customer, the oldest first, at the rate of their last check by hand."""
    held = (
        Order.objects.filter(customer=customer_id, state=OrderState.HELD, base_total__gt=0)
        .select_related("contract")
        .order_by("held_on", "pk")
    )
    today = business_today()
    return [Waiting(order.pk, order.base_total or ZERO, **payment_of(under_version(order, today))) for order in held]


def on_released(source_id: int, result: CheckResult, on: dt.date) -> None:
    """The order is released by itself. Without a contract in force any more it is a draft again, and reserves nothing.

    Raises Busy where somebody changed it meanwhile; what was reserved is undone with it.
    """
    found = Order.objects.select_related("contract").get(pk=source_id)  # changed under the lock of the account only
    under_version(found, on)
    try:
        require_contract(found, on)
    except (ContractMissing, ContractNotInForce):
        covered = False
    else:
        covered = True
        if found.contract is not None:
            begin_performance(contract=found.contract)
    order = lock_held(source_id)
    order.last_check_id, order.contract = result.check_id, found.contract
    if not covered:
        cancel(source_kind=SOURCE, source_id=order.pk, on=on)
        order.state, order.held_on = OrderState.DRAFT, None
        kind = "order_returned"
    else:
        order.state, order.released_on = OrderState.RELEASED, on
        kind = "order_released"
    order.save(update_fields=["state", "held_on", "released_on", "last_check", "contract"])
    tell(order, kind, on, None)


def on_held(source_id: int, result: CheckResult, on: dt.date) -> None:
    """The order waits on, for other reasons. Raises Busy where somebody changed it meanwhile."""
    order = lock_held(source_id)
    order.last_check_id = result.check_id
    order.save(update_fields=["last_check"])


def lock_held(order_id: int) -> Order:
    """An order on hold, locked. Raises Busy where it is not on hold any more: the next look knows better."""
    order: Order | None = (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("contract")
        .filter(pk=order_id, state=OrderState.HELD)
        .first()
    )
    if order is None:
        raise Busy
    return order


ORDERS = ReservationSource(SOURCE, waiting_orders, on_released, on_held)
