"""What is held for released orders, headroom or money received: once, consumed by invoices, the rest cancelled.

It is held by the credit check that releases the order (credit.services.checks).
"""

import datetime as dt
from decimal import Decimal

from credit.errors import NothingReserved, ReservationExceeded
from credit.models import Balance, CreditAccount, Reservation, Verb
from credit.services.entries import Movement, lock_account, record
from crm.core.errors import AmountNotPositive
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, base_currency


def consume(
    *, source_kind: str, source_id: int, amount: Decimal, on: dt.date, actor_id: int | None = None
) -> Reservation:
    """Use part of a reservation, because that part was invoiced; raises ReservationExceeded."""
    if amount <= 0:
        raise AmountNotPositive(amount=amount)
    with atomic_or_busy():
        account, reservation = _lock(source_kind, source_id)
        if amount > reservation.remaining:
            raise ReservationExceeded(remaining=reservation.remaining, requested=amount)
        reservation.consumed += amount
        reservation.save(update_fields=["consumed"])
        record(account=account, movements=[_movement(reservation, Verb.CONSUME, -amount, on)], actor_id=actor_id)
    return reservation


def give_back(
    *, source_kind: str, source_id: int, amount: Decimal, on: dt.date, actor_id: int | None = None
) -> Reservation:
    """Hold again what an invoice consumed, because that invoice was reversed. Raises ReservationExceeded."""
    if amount <= 0:
        raise AmountNotPositive(amount=amount)
    with atomic_or_busy():
        account, reservation = _lock(source_kind, source_id)
        if amount > reservation.consumed:
            raise ReservationExceeded(remaining=reservation.consumed, requested=amount)
        reservation.consumed -= amount
        reservation.save(update_fields=["consumed"])
        record(account=account, movements=[_movement(reservation, Verb.REVERSE, amount, on)], actor_id=actor_id)
    return reservation


def cancel(
    *, source_kind: str, source_id: int, on: dt.date, actor_id: int | None = None, keep: Decimal = ZERO
) -> Reservation:
    """Give back what remains of a reservation but for `keep`; nothing happens when no more than that remains."""
    with atomic_or_busy():
        account, reservation = _lock(source_kind, source_id)
        rest = reservation.remaining - keep
        if rest > 0:
            reservation.cancelled += rest
            reservation.save(update_fields=["cancelled"])
            record(account=account, movements=[_movement(reservation, Verb.CANCEL, -rest, on)], actor_id=actor_id)
    return reservation


def _lock(source_kind: str, source_id: int) -> tuple[CreditAccount, Reservation]:
    """The account first, then its reservation read again under that lock."""
    known = Reservation.objects.filter(source_kind=source_kind, source_id=source_id)
    customer_id = known.values_list("account__customer_id", flat=True).first()
    if customer_id is None:
        raise NothingReserved(source_kind=source_kind, source_id=source_id)
    account = lock_account(customer_id=customer_id)
    return account, known.select_for_update(no_key=True).latest("pk")


def _movement(reservation: Reservation, verb: Verb, amount: Decimal, on: dt.date) -> Movement:
    return Movement(
        balance=Balance(reservation.balance),
        verb=verb,
        base_amount=amount,
        currency=base_currency(),
        amount=amount,
        on=on,
        due_on=None,
        source_kind=reservation.source_kind,
        source_id=reservation.source_id,
    )
