"""Use cases of credit: the only place that writes credit accounts and their entries."""

from credit.services.entries import (
    Movement,
    charge,
    lock_account,
    lock_accounts,
    record,
    record_many,
    reverse,
    settle,
)
from credit.services.reservations import cancel, consume, reserve
from credit.services.supply import resume_supply, stop_supply
from credit.services.terms import set_terms

__all__ = [
    "Movement",
    "cancel",
    "charge",
    "consume",
    "lock_account",
    "lock_accounts",
    "record",
    "record_many",
    "reserve",
    "resume_supply",
    "reverse",
    "set_terms",
    "settle",
    "stop_supply",
]
