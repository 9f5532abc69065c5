"""How contracts end: completed, terminated with a reason, expired after their last day; and who is told before."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pghistory

from contracts.contract_text import keep_words, party_names, text_of
from contracts.errors import VersionWaits
from contracts.models import Contract, ContractState
from contracts.rules import contracts as rules
from contracts.services.approving import event_data
from contracts.services.drafting import MAY_DRAFT, lock_contract, must_be
from contracts.services.versions import lock_versions, refuse_under_way, stay_in_force
from crm.core.dates import business_today
from crm.core.errors import ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.notices.services import notify
from customers.services import record_event

MAY_TERMINATE = "contracts.terminate_contract"
CHUNK = 500


def end(contract: Contract, state: ContractState, *, on: dt.date, reason: str, actor_id: int | None) -> None:
    contract.state, contract.ended_on, contract.end_reason = state, on, reason
    contract.save(update_fields=["state", "ended_on", "end_reason", "party_a", "party_b"])
    record_event(
        customer_id=contract.customer_id,
        kind="contract_ended",
        on=on,
        data={**event_data(contract), "state": state.value, "reason": reason},
        actor_id=actor_id,
    )


def terminate_contract(*, actor: Any, contract_id: int, reason: str, on: dt.date | None = None) -> Contract:
    """End a contract that is approved or in force, with a reason.

    A version that does not hold yet is ended alone: the one in force stays. That one is not ended while another is
    under way. Raises NotAllowed, StateForbids, ReasonMissing, VersionUnderWay, VersionWaits.
    """
    return end_with_reason(
        actor,
        contract_id,
        MAY_TERMINATE,
        (ContractState.APPROVED, ContractState.SIGNED, ContractState.IN_PERFORMANCE),
        reason,
        on or business_today(),
    )


def give_up_contract(*, actor: Any, contract_id: int, reason: str, on: dt.date | None = None) -> Contract:
    """Give a draft up, with a reason; it keeps its number and the words it has now.

    Raises NotAllowed, StateForbids, ReasonMissing.
    """
    return end_with_reason(actor, contract_id, MAY_DRAFT, (ContractState.DRAFT,), reason, on or business_today())


def end_with_reason(
    actor: Any, contract_id: int, permission: str, states: tuple[ContractState, ...], reason: str, on: dt.date
) -> Contract:
    if not reason.strip():
        raise ReasonMissing
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        lock_versions(contract_id, on=on)
        contract = lock_contract(actor, contract_id, permission)
        must_be(contract, *states)
        if contract.is_current:
            refuse_under_way(contract)
        elif contract.signed_on is not None:
            stay_in_force(contract)
        if contract.is_draft:
            keep_words(text_of(contract))
            contract.party_a, contract.party_b = party_names(contract)
        end(contract, ContractState.TERMINATED, on=on, reason=reason.strip(), actor_id=actor.pk)
    return contract


def complete_contract(*, actor: Any, contract_id: int, on: dt.date | None = None) -> Contract:
    """Note that both parties have done what they owed.

    Raises NotAllowed, StateForbids, VersionUnderWay, VersionWaits (it does not hold yet).
    """
    today = on or business_today()
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        lock_versions(contract_id, on=today)
        contract = lock_contract(actor, contract_id, MAY_TERMINATE)
        must_be(contract, ContractState.SIGNED, ContractState.IN_PERFORMANCE)
        if not contract.is_current:
            raise VersionWaits(number=contract.number, day=contract.starts_on)
        refuse_under_way(contract)
        end(contract, ContractState.COMPLETED, on=today, reason="", actor_id=actor.pk)
    return contract


def expire_contracts(*, on: dt.date, transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy) -> int:
    """Contracts in force whose last day is before `on` expire, unless a signed version follows.

    May be called any time; in steps of 500.
    """
    expired = 0
    while True:
        with transaction():
            due = list(
                Contract.objects.select_for_update(no_key=True, skip_locked=True)
                .ending(None, on - dt.timedelta(days=1))
                .order_by("pk")[:CHUNK]
            )
            for contract in due:
                last_day = contract.ends_on
                assert last_day is not None
                end(
                    contract,
                    ContractState.EXPIRED,
                    on=last_day + dt.timedelta(days=1),
                    reason="",
                    actor_id=None,
                )
        expired += len(due)
        if len(due) < CHUNK:
            return expired


def remind_of_ends(*, on: dt.date, transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy) -> int:
    """Tell owners of contracts in force that end in 90, 60 or 30 days; each step once."""
    last = on + dt.timedelta(days=max(rules.REMINDERS))
    reminded = 0
    ending = Contract.objects.ending(on, last).order_by("pk")
    for pk in list(ending.values_list("pk", flat=True)):
        with transaction():
            contract = (
                Contract.objects.select_for_update(no_key=True, of=("self",))
                .select_related("owner", "customer")
                .get(pk=pk)
            )
            if contract.state not in rules.IN_FORCE or contract.ends_on is None or contract.replaced_on is not None:
                continue
            step = rules.reminder_due(contract.ends_on, on, contract.reminded_days)
            if step is None:
                continue
            contract.reminded_days = step
            contract.save(update_fields=["reminded_days"])
            notify(
                users=[contract.owner],
                kind="contract_ending",
                params={
                    "number": contract.number,
                    "customer": contract.customer.name,
                    "ends_on": contract.ends_on.isoformat(),
                    "days": (contract.ends_on - on).days,
                },
                url=contract.get_absolute_url(),
            )
            reminded += 1
    return reminded
