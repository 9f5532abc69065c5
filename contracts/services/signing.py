"""An approved contract is sealed on request, then signed: the scan with its checksum locks it for good."""

import datetime as dt
import hashlib
from pathlib import PurePath
from typing import Any

from django.core.files.base import File

from contracts.contract_errors import (
    NotSealed,
    OwnSealRequest,
    ScanRefused,
    SealAsked,
    SignedInFuture,
)
from contracts.models import Contract, ContractState, SealRequest, SignedScan
from contracts.services.approving import told
from contracts.services.drafting import MAY_DRAFT, lock_contract, must_be
from contracts.services.versions import follow, lock_versions
from crm.core.dates import business_today
from crm.core.errors import ReasonMissing
from crm.core.locks import atomic_or_busy
from customers.services import record_event

MAY_SEAL = "contracts.seal_contract"
MAY_SIGN = "contracts.sign_contract"
MEGABYTES = 20
# By the end of the name: how the content begins, and the type it is served as.
SCANS: dict[str, tuple[bytes, str]] = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
}


def ask_for_seal(*, actor: Any, contract_id: int, copies: int = 2, on: dt.date | None = None) -> SealRequest:
    """Ask for the company seal on an approved contract. Raises NotAllowed, StateForbids, SealAsked."""
    today = on or business_today()
    with atomic_or_busy():
        contract = lock_contract(actor, contract_id, MAY_DRAFT)
        must_be(contract, ContractState.APPROVED)
        if contract.seal_requests.exclude(state=SealRequest.State.REFUSED).exists():
            raise SealAsked
        return SealRequest.objects.create(contract=contract, copies=copies, asked_by=actor, asked_on=today)


def decide_seal(
    *, actor: Any, contract_id: int, sealed: bool, reason: str = "", on: dt.date | None = None
) -> SealRequest:
    """Put the seal on the contract, or refuse with a reason; never on one's own request.

    Raises NotAllowed, StateForbids, NotSealed (nobody asked), OwnSealRequest, ReasonMissing.
    """
    today = on or business_today()
    with atomic_or_busy():
        contract = lock_contract(actor, contract_id, MAY_SEAL)
        must_be(contract, ContractState.APPROVED)
        asked = contract.seal_requests.filter(state=SealRequest.State.ASKED).first()
        if asked is None:
            raise NotSealed
        if asked.asked_by_id == actor.pk:
            raise OwnSealRequest
        if not sealed and not reason.strip():
            raise ReasonMissing
        asked.state = SealRequest.State.SEALED if sealed else SealRequest.State.REFUSED
        asked.decided_by, asked.decided_on, asked.reason = actor, today, reason.strip()
        asked.save()
        record_event(
            customer_id=contract.customer_id,
            kind="contract_sealed",
            on=today,
            data={**told(contract), "sealed": sealed, "copies": asked.copies},
            actor_id=actor.pk,
        )
    return asked


def sign_contract(
    *, actor: Any, contract_id: int, file: File, name: str, signed_on: dt.date, on: dt.date | None = None
) -> Contract:
    """Record that both parties signed, with the scan: from here on nothing it says can change.

    A further version takes the place of the one it replaces on its first day, at once where that has come.

    Raises NotAllowed, StateForbids, NotSealed, SignedInFuture, ScanRefused.
    """
    today = on or business_today()
    name = PurePath(name.replace("\\", "/")).name[-200:]
    found = SCANS.get(PurePath(name).suffix.lower())
    file.seek(0)
    begins = file.read(16)
    if found is None or not begins.startswith(found[0]) or file.size > MEGABYTES * 1024 * 1024:
        raise ScanRefused(name=name, megabytes=MEGABYTES)
    if signed_on > today:
        raise SignedInFuture
    checksum = checksum_of(file)
    with atomic_or_busy():
        lock_versions(contract_id, on=today)
        contract = lock_contract(actor, contract_id, MAY_SIGN)
        must_be(contract, ContractState.APPROVED)
        if not contract.seal_requests.filter(state=SealRequest.State.SEALED).exists():
            raise NotSealed
        scan = SignedScan(
            contract=contract,
            name=name,
            size=file.size,
            content_type=found[1],
            checksum=checksum,
            uploaded_by=actor,
        )
        scan.file.save(name, file, save=False)
        scan.save()
        contract.state, contract.signed_on = ContractState.SIGNED, signed_on
        contract.save(update_fields=["state", "signed_on"])
        record_event(
            customer_id=contract.customer_id,
            kind="contract_signed",
            on=signed_on,
            data=told(contract),
            actor_id=actor.pk,
        )
        follow(contract, on=today)
    return contract


def checksum_of(file: File) -> str:
    """SHA-256 of a file, which is read from its beginning and left there."""
    file.seek(0)
    checksum = hashlib.sha256()
    for chunk in file.chunks():
        checksum.update(chunk)
    file.seek(0)
    return checksum.hexdigest()


def begin_performance(*, contract: Contract) -> None:
    """The first order under a signed contract was released: it is performed. Called any number of times."""
    versions = Contract.objects.filter(root=contract.root_id, is_current=True, state=ContractState.SIGNED)
    if not versions.update(state=ContractState.IN_PERFORMANCE):
        # A version that was signed at this moment is seen by a second look only.
        versions.update(state=ContractState.IN_PERFORMANCE)
