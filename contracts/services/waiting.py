"""Orders on hold that are looked at again: a receipt arrived, a limit rose, a lift was approved (credit calls this)."""

import datetime as dt
from collections.abc import Sequence

from contracts.errors import ContractMissing, ContractNotInForce
from contracts.models import Order, OrderState
from contracts.notices import RELEASED, RETURNED, let_go_by, tell_of_order
from contracts.services.orders import SOURCE, record_order_event
from contracts.services.releasing import note_trading, of_the_day, payment_of, require_contract, under_version
from contracts.services.signing import begin_performance
from credit.models import CreditCheck
from credit.services import CheckResult, cancel, end_requests
from crm.approvals.models import Ending
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
    return [Waiting(order.pk, order.base_total or ZERO, **payment_of(of_the_day(order, today))) for order in held]


def on_released(source_id: int, result: CheckResult, on: dt.date) -> None:
    """The order is released by itself. Without a contract in force any more it is a draft again, and reserves nothing.

    What else a release asks of an order (releasing.require_confirmation and require_review) it had when it was put on
    hold, and keeps.

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
    order, check = lock_held(source_id, result)
    why = let_go_by(order.last_check, check)
    order.last_check, order.contract = check, found.contract
    if not covered:
        cancel(source_kind=SOURCE, source_id=order.pk, on=on)
        order.state, order.held_on = OrderState.DRAFT, None
        kind = RETURNED
    else:
        order.state, order.released_on = OrderState.RELEASED, on
        kind = RELEASED
        note_trading(order, on=on, actor=None)
    order.save(update_fields=["state", "held_on", "released_on", "last_check", "contract"])
    end_requests(source_kind=SOURCE, source_id=order.pk, why=Ending.RELEASED, on=on)
    record_order_event(order, kind, on, None)
    tell_of_order(order, kind, actor=None, why=why)


def on_held(source_id: int, result: CheckResult, on: dt.date) -> None:
    """The order waits on, for other reasons. Raises Busy where somebody changed it meanwhile."""
    order, check = lock_held(source_id, result)
    order.last_check = check
    order.save(update_fields=["last_check"])


def lock_held(order_id: int, result: CheckResult) -> tuple[Order, CreditCheck]:
    """An order on hold, locked, and what it was checked with. Raises Busy where it is not on hold any more, or over
    another amount than was checked: it was changed and held again, or its rate is another. The next look knows better.
    """
    order: Order | None = (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("contract", "customer", "owner", "last_check")
        .filter(pk=order_id, state=OrderState.HELD)
        .first()
    )
    assert result.check_id is not None  # what was decided is kept
    check = CreditCheck.objects.get(pk=result.check_id)
    if order is None or order.base_total != check.amount:
        raise Busy
    return order, check


ORDERS = ReservationSource(SOURCE, waiting_orders, on_released, on_held)
