"""The archive lends the paper original of a signed contract and takes it back."""

import datetime as dt
from typing import Any

from contracts.errors import DueBeforeLent, NoOriginal, OriginalOut
from contracts.models import Contract, OriginalLoan
from contracts.services.approving import event_data
from contracts.services.drafting import lock_contract
from crm.accounts.models import User
from crm.core.dates import business_today
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from customers.services import record_event

MAY_LEND = "contracts.lend_original"


def lend_original(
    *, actor: Any, contract_id: int, borrower_id: int, due_on: dt.date, purpose: str, on: dt.date | None = None
) -> OriginalLoan:
    """Write down that somebody of the house took the original, why, and when it is due back.

    Raises NotAllowed, NoOriginal (it was never signed), OriginalOut, DueBeforeLent, ReasonMissing (no purpose).
    """
    today = on or business_today()
    if not purpose.strip():
        raise ReasonMissing
    if due_on < today:
        raise DueBeforeLent
    with atomic_or_busy():
        contract = lock_contract(actor, contract_id, MAY_LEND)
        if contract.signed_on is None:
            raise NoOriginal
        borrower = User.objects.filter(pk=borrower_id, is_active=True).first()
        if borrower is None:
            raise NotAllowed
        out = contract.loans.filter(returned_on=None).select_related("borrower").first()
        if out is not None:
            raise OriginalOut(who=str(out.borrower))
        loan: OriginalLoan = OriginalLoan.objects.create(
            contract=contract, borrower=borrower, purpose=purpose.strip(), lent_on=today, due_on=due_on, lent_by=actor
        )
        record_loan_event(contract, "original_lent", today, actor, borrower)
    return loan


def take_back_original(*, actor: Any, contract_id: int, on: dt.date | None = None) -> OriginalLoan:
    """Write down that the original is back. Raises NotAllowed, NoOriginal (it is not out)."""
    today = on or business_today()
    with atomic_or_busy():
        contract = lock_contract(actor, contract_id, MAY_LEND)
        loan = contract.loans.filter(returned_on=None).select_related("borrower").first()
        if loan is None:
            raise NoOriginal
        loan.returned_on, loan.taken_back_by = today, actor
        loan.save(update_fields=["returned_on", "taken_back_by"])
        record_loan_event(contract, "original_returned", today, actor, loan.borrower)
    return loan


def record_loan_event(contract: Contract, kind: str, on: dt.date, actor: Any, borrower: User) -> None:
    """Keep on the timeline of the customer who has the paper original, or brought it back."""
    record_event(
        customer_id=contract.customer_id,
        kind=kind,
        on=on,
        data={**event_data(contract), "who": str(borrower)},
        actor_id=actor.pk,
    )
