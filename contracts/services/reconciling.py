"""A reconciliation agreement confirms what the ledger says."""

from typing import Any

from contracts.errors import BalanceUnknown
from contracts.models import Contract
from contracts.selectors.balances import balance_of
from contracts.services.drafting import change_contract, lock_draft
from crm.core.locks import atomic_or_busy


def take_balance(*, actor: Any, contract_id: int, version: int | None) -> Contract:
    """Confirm in a draft the balance of the ledger as at its day, in the edition that was read (`version`).

    Where it has lines, they say the amount.

    Raises NotAllowed, ContractNotDraft, ContractChanged, BalanceUnknown, AmountNotPositive (we owe the customer).
    """
    with atomic_or_busy():
        contract = lock_draft(actor, contract_id, version)
        balance = balance_of(contract)
        if balance is None:
            raise BalanceUnknown
        return change_contract(actor=actor, contract_id=contract.pk, version=contract.version, amount=balance.booked)
