"""What a reconciliation agreement confirms, beside what the ledger says."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.clause_text import as_date
from contracts.models import Contract
from contracts.rules import contracts as rules
from crm.core.money import ZERO
from crm.core.registry import registry


@dataclass(frozen=True)
class Balance:
    """The balance an agreement confirms as at the end of a day, and that of the ledger, in its currency."""

    on: dt.date
    confirmed: Decimal
    booked: Decimal

    @property
    def differs(self) -> bool:
        return self.confirmed != self.booked


def balance_of(contract: Contract) -> Balance | None:
    """None where the contract confirms no balance, while its day is not filled in, and where nobody keeps a ledger."""
    day = as_date(contract.values.get(rules.RECONCILED_ON))
    if contract.kind != rules.RECONCILIATION or day is None or not registry.balances:
        return None
    return Balance(day, contract.amount, booked_balance(contract, day))


def booked_balance(contract: Contract, on: dt.date) -> Decimal:
    """What the customer owes the legal entity in the currency of the contract, as at the end of a day."""
    asked = (contract.customer_id, contract.legal_entity_id, contract.currency, on)
    return sum((balance(*asked) for balance in registry.balances.values()), ZERO)


def fill_balance(contract: Contract, given: Mapping[str, Any], *, on: dt.date) -> None:
    """A new reconciliation agreement begins with the balance at the end of the last month, unless one is given."""
    own = {each["name"] for each in contract.template_version.variables}
    if contract.kind != rules.RECONCILIATION or rules.RECONCILED_ON not in own or not registry.balances:
        return
    contract.values = {rules.RECONCILED_ON: rules.end_of_last_month(on).isoformat(), **contract.values}
    balance = balance_of(contract)
    if balance is not None and given.get("amount") is None:
        contract.amount = max(balance.booked, ZERO)
