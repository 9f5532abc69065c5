"""The open case a use case works on, held until its transaction ends.

Cases come before accounts and documents (docs/adr/0002 has the whole order); posting never touches one.
"""

from typing import Any

from receivables.errors.collection import CaseIsClosed
from receivables.models import Case, Invoice
from receivables.services.access import require

COLLECT = "receivables.collect"
LOCKED = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("policy")


def lock_case(*, actor: Any, case_id: int, permission: str = COLLECT) -> Case:
    """The case until the transaction ends, if the actor may work on it and it is open."""
    case: Case = LOCKED.get(pk=case_id)
    require(actor, permission, [case.customer_id])
    if case.state != Case.State.OPEN:
        raise CaseIsClosed
    return case


def open_case_of(invoice: Invoice) -> Case | None:
    """The open case that chases the invoice's customer and legal entity, if there is one."""
    wanted = LOCKED.filter(customer_id=invoice.customer_id, legal_entity_id=invoice.legal_entity_id)
    return wanted.filter(state=Case.State.OPEN).first()


def open_cases(customer_id: int) -> list[Case]:
    """Every open case of a customer."""
    return list(LOCKED.filter(customer_id=customer_id, state=Case.State.OPEN).order_by("pk"))
