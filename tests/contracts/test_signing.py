"""Contracts from the seal to their end: what is refused, what is locked, what ends and who is told."""

import datetime as dt
import hashlib
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.test import Client

from contracts.errors import (
    ContractIncomplete,
    CustomerNotIdentified,
    NotSealed,
    OwnSealRequest,
    ScanRefused,
    SealDecided,
    SealNotAsked,
    SignedAfterEnd,
    SignedBeforeApproved,
    StateForbids,
)
from contracts.models import Contract, ContractState
from contracts.services.approving import submit_contract
from contracts.services.ending import (
    complete_contract,
    expire_contracts,
    give_up_contract,
    remind_of_ends,
    terminate_contract,
)
from contracts.services.signing import ask_for_seal, begin_performance, decide_seal, sign_contract
from contracts.verification.contracts import FILES_IN_DAYS, verify_contracts
from crm.core.errors import NotAllowed, ReasonMissing
from crm.notices.models import Notice
from customers.models import TimelineEvent
from tests.contracts.making import (
    SCAN,
    TODAY,
    again,
    approved,
    draft,
    legal,
    say,
    sealed,
    signed,
)
from tests.factories import Company


def test_the_seal_needs_approval_and_four_eyes(company: Company) -> None:
    contract, lena = draft(company), legal()
    with pytest.raises(StateForbids):
        ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    for person in (company.mona, company.anna):
        say(contract, person)
    with pytest.raises(SealNotAsked):
        decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    ask_for_seal(actor=lena, contract_id=contract.pk, on=TODAY)
    with pytest.raises(OwnSealRequest):
        decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    with pytest.raises(NotAllowed):
        decide_seal(actor=company.alice, contract_id=contract.pk, sealed=True, on=TODAY)
    with pytest.raises(ReasonMissing):
        decide_seal(actor=company.greg, contract_id=contract.pk, sealed=False, on=TODAY)
    decide_seal(actor=company.greg, contract_id=contract.pk, sealed=False, reason="Wrong copy", on=TODAY)
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)  # sent twice
    with pytest.raises(SealDecided):
        decide_seal(actor=company.greg, contract_id=contract.pk, sealed=False, reason="Wrong copy", on=TODAY)
    assert [asked.state for asked in contract.seal_requests.all()] == ["sealed", "refused"]


def test_signing_needs_the_seal_and_a_true_scan(company: Company) -> None:
    contract, lena = approved(company), legal()
    file = ContentFile(SCAN, name="scan.pdf")
    sign: dict[str, Any] = {"actor": lena, "contract_id": contract.pk, "signed_on": TODAY, "on": TODAY}
    with pytest.raises(NotSealed):
        sign_contract(file=file, name="scan.pdf", **sign)
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    for name, content in (("scan.exe", SCAN), ("scan.pdf", b"MZ"), ("scan.png", SCAN)):
        with pytest.raises(ScanRefused):
            sign_contract(file=ContentFile(content, name=name), name=name, **sign)
    assert again(contract).state == ContractState.APPROVED
    with pytest.raises(NotAllowed):
        sign_contract(file=file, name="scan.pdf", **{**sign, "actor": company.alice})


def test_a_term_that_is_over_is_neither_submitted_nor_sealed_nor_signed(company: Company) -> None:
    contract = draft(company)
    last, lena = contract.ends_on or TODAY, legal()
    after = last + dt.timedelta(days=1)
    with pytest.raises(ContractIncomplete) as refused:
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=after)
    assert refused.value.params["codes"] == ["to_come"]
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=last)
    for person in (company.mona, company.anna):
        say(contract, person, on=last)
    with pytest.raises(SignedAfterEnd):
        ask_for_seal(actor=company.alice, contract_id=contract.pk, on=after)
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=last)
    with pytest.raises(SignedAfterEnd):
        decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=after)
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=last)
    sign: dict[str, Any] = {"actor": lena, "contract_id": contract.pk, "name": "scan.pdf", "on": after}
    with pytest.raises(SignedAfterEnd):
        sign_contract(file=ContentFile(SCAN, name="scan.pdf"), signed_on=after, **sign)
    assert again(contract).state == ContractState.APPROVED
    sign_contract(file=ContentFile(SCAN, name="scan.pdf"), signed_on=last, **sign)  # it was signed in time


def test_no_contract_is_signed_before_it_was_approved(company: Company) -> None:
    contract = sealed(company)
    with pytest.raises(SignedBeforeApproved) as refused:
        sign_contract(
            actor=legal("lara"),
            contract_id=contract.pk,
            file=ContentFile(SCAN),
            name="scan.pdf",
            signed_on=TODAY - dt.timedelta(days=1),
            on=TODAY + dt.timedelta(days=9),
        )
    assert refused.value.params["day"] == TODAY
    assert (again(contract).state, again(contract).signed_on) == (ContractState.APPROVED, None)


def test_nothing_is_sealed_or_signed_with_who_is_not_identified(company: Company) -> None:
    customers = type(company.customer).objects.filter(pk=company.customer.pk)
    contract = approved(company)
    customers.update(state="prospect")
    with pytest.raises(CustomerNotIdentified):
        ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert not contract.seal_requests.exists()
    customers.update(state="active")
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=legal(), contract_id=contract.pk, sealed=True, on=TODAY)
    customers.update(state="lead")
    with pytest.raises(CustomerNotIdentified):
        sign_contract(
            actor=legal(),
            contract_id=contract.pk,
            file=ContentFile(SCAN, name="scan.pdf"),
            name="scan.pdf",
            signed_on=TODAY,
            on=TODAY,
        )
    assert again(contract).state == ContractState.APPROVED


def test_a_signed_contract_is_locked_with_its_scan(company: Company) -> None:
    contract = signed(company)
    assert (contract.state, contract.signed_on) == (ContractState.SIGNED, TODAY)
    assert contract.scan.checksum == hashlib.sha256(SCAN).hexdigest()
    assert contract.is_in_force_on(TODAY)
    assert not contract.is_in_force_on(TODAY + dt.timedelta(days=365))
    for changes in ({"amount": 1}, {"term_days": 99}, {"values": {}}, {"state": "draft"}, {"signed_on": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Contract.objects.filter(pk=contract.pk).update(**changes)
    for rows in (contract.clauses, contract.lines):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        type(contract.scan).objects.update(checksum="0")
    with pytest.raises(DatabaseError), transaction.atomic():
        contract.delete()
    assert list(verify_contracts()) == []


def test_a_contract_is_performed_then_completed(company: Company) -> None:
    contract = signed(company)
    begin_performance(contract=contract)
    begin_performance(contract=contract)
    assert again(contract).state == ContractState.IN_PERFORMANCE
    with pytest.raises(NotAllowed):
        complete_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    complete_contract(actor=company.greg, contract_id=contract.pk, on=TODAY)
    assert again(contract).state == ContractState.COMPLETED


def test_a_contract_is_terminated_with_a_reason(company: Company) -> None:
    contract = signed(company)
    with pytest.raises(ReasonMissing):
        terminate_contract(actor=company.greg, contract_id=contract.pk, reason=" ", on=TODAY)
    with pytest.raises(NotAllowed):
        terminate_contract(actor=company.alice, contract_id=contract.pk, reason="x", on=TODAY)
    terminate_contract(actor=company.greg, contract_id=contract.pk, reason="Insolvent", on=TODAY)
    found = again(contract)
    assert (found.state, found.end_reason, found.ended_on) == (ContractState.TERMINATED, "Insolvent", TODAY)
    with pytest.raises(StateForbids):
        terminate_contract(actor=company.greg, contract_id=contract.pk, reason="again", on=TODAY)


def test_a_draft_is_given_up_and_keeps_its_number(company: Company) -> None:
    contract = draft(company)
    with pytest.raises(StateForbids):
        terminate_contract(actor=company.greg, contract_id=contract.pk, reason="x", on=TODAY)
    give_up_contract(actor=company.alice, contract_id=contract.pk, reason="No deal", on=TODAY)
    assert draft(company).number == "C2026-00002"
    assert list(verify_contracts()) == []


def test_contracts_expire_and_their_owners_are_told_before(company: Company) -> None:
    contract = signed(company)
    last = contract.ends_on
    assert last is not None
    days = [91, 90, 89, 60, 31, 30, 29, 0]
    told = [remind_of_ends(on=last - dt.timedelta(days=left)) for left in days]
    assert told == [0, 1, 0, 1, 0, 1, 0, 0]
    notice = Notice.objects.filter(user=company.alice, kind="contract_ending").first()
    assert notice is not None
    assert expire_contracts(on=last) == 0
    assert expire_contracts(on=last + dt.timedelta(days=1)) == 1
    found = again(contract)
    assert (found.state, found.ended_on) == (ContractState.EXPIRED, last + dt.timedelta(days=1))
    assert expire_contracts(on=last + dt.timedelta(days=2)) == 0


@pytest.mark.usefixtures("sealed_one")
def test_seal_and_signing_stand_on_the_timeline(company: Company) -> None:
    kinds = set(TimelineEvent.objects.filter(customer=company.customer).values_list("kind", flat=True))
    assert {"contract_drafted", "contract_submitted", "contract_decided", "contract_sealed"} <= kinds


@pytest.fixture
def sealed_one(company: Company) -> Contract:
    return sealed(company)


def test_verify_reads_the_scans_of_the_day(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = signed(company)
    scan = contract.scan
    day = dt.date.fromordinal(FILES_IN_DAYS * 24_000 + scan.pk % FILES_IN_DAYS)
    it_is(monkeypatch, day)
    assert list(verify_contracts()) == []
    client = Client()
    client.force_login(company.alice)
    assert scan.checksum in client.get(contract.get_absolute_url()).content.decode()
    storage, name = scan.file.storage, str(scan.file.name)

    def put(content: bytes) -> None:
        storage.delete(name)
        assert storage.save(name, ContentFile(content)) == name

    put(SCAN.replace(b"signed", b"forged"))
    assert [(each.code, each.key) for each in verify_contracts()] == [("contract_scan_checksum", contract.number)]
    put(SCAN + b"more")
    assert [each.code for each in verify_contracts()] == ["contract_scan_size", "contract_scan_checksum"]
    storage.delete(name)
    it_is(monkeypatch, day + dt.timedelta(days=1))
    assert list(verify_contracts()) == []
    it_is(monkeypatch, day + dt.timedelta(days=FILES_IN_DAYS))
    assert [(each.code, each.found) for each in verify_contracts()] == [("contract_scan_size", 0)]


def it_is(monkeypatch: pytest.MonkeyPatch, today: dt.date) -> None:
    monkeypatch.setattr("contracts.verification.contracts.business_today", lambda: today)
