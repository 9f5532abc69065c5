"""Approved contracts on their way to signature: the seal is to be asked for, asked for, or on them."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract, ContractState, SealRequest


class SealStage(TextChoices):
    """What an approved contract waits for."""

    TO_ASK = "to_ask", _("The seal is to be asked for")
    ASKED = SealRequest.State.ASKED.value, _("The seal is asked for")
    SEALED = SealRequest.State.SEALED.value, _("Sealed, to be signed")


def to_be_signed(user: Any) -> QuerySet[Any]:
    """Approved contracts, and approved versions of contracts in force, the user sees; `seal` is their SealStage."""
    open_request = SealRequest.objects.filter(contract=OuterRef("pk")).exclude(state=SealRequest.State.REFUSED)
    stage = Coalesce(Subquery(open_request.order_by().values("state")[:1]), Value(SealStage.TO_ASK.value))
    return Contract.objects.visible_to(user).filter(state=ContractState.APPROVED).annotate(seal=stage)
