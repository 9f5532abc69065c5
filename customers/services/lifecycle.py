"""Steps of a customer's life cycle."""

import datetime as dt
from typing import Any

import pghistory

from crm.core.locks import atomic_or_busy
from customers.errors import OwnCustomer, TransitionNotAllowed
from customers.models import Customer, CustomerState, StateChange
from customers.rules import allowed_transitions, identifies, touches_blacklist
from customers.services.access import actor_id, check, given_reason, locked_customer
from customers.services.events import record_event

BEGIN_TRADING = (CustomerState.IDENTIFIED, CustomerState.DORMANT)  # states that end with a released order


def change_state(*, actor: Any, customer_id: int, to_state: str, cause: str, today: dt.date) -> StateChange:
    """Bring a customer into another state, with its cause. The blacklist is a right of its own, both ways.

    Whoever looks after a customer does not identify it: another who may change it does. Raises OwnCustomer.
    """
    cause = given_reason(cause)
    with atomic_or_busy(), pghistory.context(user=actor_id(actor), reason=cause):
        customer = locked_customer(actor=actor, customer_id=customer_id)
        blacklist = touches_blacklist(customer.state, to_state)
        check(actor, "customers.blacklist_customer" if blacklist else "customers.change_customer")
        if to_state not in allowed_transitions(customer.state):
            raise TransitionNotAllowed(
                from_state=CustomerState(customer.state).label,
                to_state=CustomerState(to_state).label if to_state in CustomerState.values else to_state,
            )
        if identifies(customer.state, to_state) and customer.owner_id == actor_id(actor):
            raise OwnCustomer
        return record_step(customer, to_state=to_state, cause=cause, today=today, by=actor_id(actor))


def begin_trading(*, customer_id: int, number: str, today: dt.date, by: int | None) -> None:
    """An order (its number is the cause) of a customer was released: who was identified or dormant is active.

    Called under the lock of the account; a customer whom somebody changes at this moment is left to the next order.
    """
    found = Customer.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=customer_id)
    customer = found.filter(state__in=BEGIN_TRADING).first()
    if customer is not None:
        with pghistory.context(user=by, reason=number):
            record_step(customer, to_state=CustomerState.ACTIVE, cause=number, today=today, by=by)


def record_step(customer: Customer, *, to_state: str, cause: str, today: dt.date, by: int | None) -> StateChange:
    """Write one step of a locked customer: its state, the step and the event."""
    step = StateChange.objects.create(
        customer=customer, from_state=customer.state, to_state=to_state, on=today, cause=cause, created_by_id=by
    )
    record_event(
        customer_id=customer.pk,
        kind="state_changed",
        on=today,
        data={"from": customer.state, "to": to_state, "cause": cause},
        actor_id=by,
    )
    customer.state = to_state
    customer.save(update_fields=["state"])
    return step
