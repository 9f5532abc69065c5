"""An approved contract is sealed on request, then signed: the scan with its checksum locks it for good."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.core.files.base import File

from contracts.errors import (
    CustomerNotIdentified,
    NotSealed,
    OwnSealRequest,
    ScanRefused,
    SealAsked,
    SealDecided,
    SealNotAsked,
    SignedAfterEnd,
    SignedBeforeApproved,
    SignedInFuture,
)
from contracts.models import Contract, ContractState, SealRequest, SignedScan
from contracts.rules import contracts as rules
from contracts.sealing import SEAL_REFUSED, SEALED, SIGNED, tell_of_seal
from contracts.services.approving import event_data
from contracts.services.drafting import MAY_DRAFT, lock_contract, must_be
from contracts.services.versions import follow, lock_versions
from credit.rules.checks import REFUSED_STATES, UNIDENTIFIED_STATES
from crm.core.dates import business_today
from crm.core.errors import ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.uploads import SCANS, accepted
from customers.services import record_event

MAY_SEAL = "contracts.seal_contract"
MAY_SIGN = "contracts.sign_contract"
MEGABYTES = 20


def ask_for_seal(*, actor: Any, contract_id: int, copies: int = 2, on: dt.date | None = None) -> SealRequest:
    """Ask for the company seal on an approved contract.

    Raises NotAllowed, StateForbids, CustomerNotIdentified, SignedAfterEnd, SealAsked.
    """
    today = on or business_today()
    with atomic_or_busy():
        contract = lock_contract(actor, contract_id, MAY_DRAFT)
        must_take_seal(contract, today)
        return SealRequest.objects.create(contract=contract, copies=copies, asked_by=actor, asked_on=today)


def must_take_seal(contract: Contract, on: dt.date) -> None:
    """The seal can be asked for. Raises StateForbids, CustomerNotIdentified, SignedAfterEnd, SealAsked."""
    must_be(contract, ContractState.APPROVED)
    must_be_identified(contract)
    must_not_be_over(contract, on)
    if contract.seal_requests.exclude(state=SealRequest.State.REFUSED).exists():
        raise SealAsked


def must_not_be_over(contract: Contract, on: dt.date) -> None:
    if rules.is_over(contract.ends_on, on):
        raise SignedAfterEnd(day=contract.ends_on)


def must_be_identified(contract: Contract) -> None:
    if contract.customer.state in UNIDENTIFIED_STATES | REFUSED_STATES:
        raise CustomerNotIdentified(customer=contract.customer.name)


def decide_seal(
    *, actor: Any, contract_id: int, sealed: bool, reason: str = "", on: dt.date | None = None
) -> SealRequest:
    """Put the seal on the contract, or refuse with a reason; never on one's own request. Sent twice it is sealed once.

    Raises NotAllowed, StateForbids, SignedAfterEnd, SealNotAsked, SealDecided, OwnSealRequest, ReasonMissing.
    """
    today = on or business_today()
    with atomic_or_busy():
        contract = lock_contract(actor, contract_id, MAY_SEAL)
        must_be(contract, ContractState.APPROVED)
        seal = contract.seal_requests.exclude(state=SealRequest.State.REFUSED).first()
        if seal is None:
            raise SealNotAsked
        if seal.state == SealRequest.State.SEALED:
            if sealed and seal.decided_by_id == actor.pk:
                return seal
            raise SealDecided
        if seal.asked_by_id == actor.pk:
            raise OwnSealRequest
        if not sealed and not reason.strip():
            raise ReasonMissing
        if sealed:
            must_not_be_over(contract, today)
        seal.state = SealRequest.State.SEALED if sealed else SealRequest.State.REFUSED
        seal.decided_by, seal.decided_on, seal.reason = actor, today, reason.strip()
        seal.save()
        record_event(
            customer_id=contract.customer_id,
            kind="contract_sealed",
            on=today,
            data={**event_data(contract), "sealed": sealed, "copies": seal.copies},
            actor_id=actor.pk,
        )
        tell_of_seal(contract, seal, SEALED if sealed else SEAL_REFUSED, actor=actor)
    return seal


def sign_contract(
    *, actor: Any, contract_id: int, file: File, name: str, signed_on: dt.date, on: dt.date | None = None
) -> Contract:
    """Record that both parties signed, with the scan: from here on nothing it says can change.

    A further version takes the place of the one it replaces on its first day, at once where that has come.

    Raises NotAllowed, StateForbids, CustomerNotIdentified, NotSealed, SignedInFuture, SignedAfterEnd,
    ScanRefused.
    """
    today = on or business_today()
    if signed_on > today:
        raise SignedInFuture
    paper = accepted(file, name, kinds=SCANS, megabytes=MEGABYTES, refused=ScanRefused)
    with atomic_or_busy():
        lock_versions(contract_id, on=today)
        contract = lock_contract(actor, contract_id, MAY_SIGN)
        must_be(contract, ContractState.APPROVED)
        must_be_identified(contract)
        seal = contract.seal_requests.filter(state=SealRequest.State.SEALED).first()
        if seal is None:
            raise NotSealed
        must_not_be_over(contract, signed_on)
        submission = contract.submissions.select_related("approval").first()
        approved_on = submission.approval.decided_on if submission else None
        if approved_on is not None and signed_on < approved_on:
            raise SignedBeforeApproved(day=approved_on)
        scan = SignedScan(contract=contract, **asdict(paper), uploaded_by=actor)
        scan.file.save(paper.name, file, save=False)
        scan.save()
        contract.state, contract.signed_on = ContractState.SIGNED, signed_on
        contract.save(update_fields=["state", "signed_on"])
        record_event(
            customer_id=contract.customer_id,
            kind="contract_signed",
            on=signed_on,
            data=event_data(contract),
            actor_id=actor.pk,
        )
        tell_of_seal(contract, seal, SIGNED, actor=actor)
        follow(contract, on=today)
    return contract


def begin_performance(*, contract: Contract) -> None:
    """The first order under a signed contract was released: it is performed. Called any number of times."""
    if contract.state != ContractState.SIGNED:
        return
    versions = Contract.objects.filter(root=contract.root_id, is_current=True, state=ContractState.SIGNED)
    if not versions.update(state=ContractState.IN_PERFORMANCE):
        # A version that was signed at this moment is seen by a second look only.
        versions.update(state=ContractState.IN_PERFORMANCE)
