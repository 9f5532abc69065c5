"""What is told about seal and signature: to whoever asked for the seal, and to the owner of the contract."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Contract, SealRequest
from contracts.notices import told
from crm.core.registry import NoticeKind
from crm.notices.services import notify

SEALED, SEAL_REFUSED, SIGNED = "contract_sealed", "contract_seal_refused", "contract_signed"
SEE = "contracts.view_contract"


SEALING_NOTICES = (
    NoticeKind(
        SEALED,
        gettext_lazy("Contract sealed"),
        told(lambda: _("Contract %(number)s with %(customer)s is sealed: both parties can sign it")),
        icon="shield-check",
        permission=SEE,
    ),
    NoticeKind(
        SEAL_REFUSED,
        gettext_lazy("Seal refused"),
        told(lambda: _("%(who)s refused the seal for contract %(number)s with %(customer)s: %(reason)s")),
        icon="ban",
        permission=SEE,
    ),
    NoticeKind(
        SIGNED,
        gettext_lazy("Contract signed"),
        told(lambda: _("Contract %(number)s with %(customer)s is signed")),
        icon="circle-check",
        permission=SEE,
    ),
)


def tell_of_seal(contract: Contract, seal: SealRequest, kind: str, *, actor: Any) -> None:
    """Tell the owner and whoever asked for the seal what became of the contract, but not who did it."""
    people = {person.pk: person for person in (contract.owner, seal.asked_by) if person.pk != actor.pk}
    notify(
        users=people.values(),
        kind=kind,
        params={
            "number": contract.number,
            "customer": contract.customer.name,
            "who": actor.name,
            "reason": seal.reason,
        },
        url=contract.get_absolute_url(),
    )
