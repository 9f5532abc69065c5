"""Contracts under contention: numbers without gaps while many draft, two editors who save at the same moment."""

from typing import Any

import pytest
from django.db import transaction

from contracts.errors import ContractChanged
from contracts.models import Contract
from contracts.services import drafting
from contracts.services.drafting import draft_contract
from contracts.services.standard import seed_contract_chain, seed_templates
from contracts.verification.contracts import verify_contracts
from crm.accounts.roles import sync_roles
from tests.concurrency.races import Rendezvous, at_once
from tests.contracts.making import LINES, TODAY, again, change, complete_terms, draft, prepare, version_of
from tests.factories import Company, make_company, make_customer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def company() -> Company:
    """A database that was emptied by an earlier test has neither roles nor templates."""
    sync_roles()
    seed_templates()
    seed_contract_chain()
    return make_company()


class Undone(Exception):
    """Something else fails after the contract got its number."""


@pytest.mark.thorough
def test_thirty_two_parallel_drafts_with_rollbacks_leave_no_gap(company: Company) -> None:
    version = version_of()
    prepare(company)
    terms = {"lines": LINES, **complete_terms(version)}
    customers = [make_customer(owner=company.alice) for _place in range(32)]

    def make(place: int) -> Contract:
        with transaction.atomic():
            made = draft_contract(
                actor=company.alice,
                customer_id=customers[place].pk,
                version_id=version.pk,
                legal_entity_id=company.entity.pk,
                currency="CNY",
                on=TODAY,
                **terms,
            )
            if place % 4 == 0:
                raise Undone
        return made

    answers = at_once(*[lambda place=place: make(place) for place in range(32)])  # type: ignore[misc]
    assert sum(isinstance(answer, Undone) for answer in answers) == 8
    numbers = sorted(Contract.objects.values_list("number", flat=True))
    assert numbers == [f"C2026-{number:05d}" for number in range(1, 25)]
    assert list(verify_contracts()) == []


def two_saves(contract: Contract, actor: Any) -> list[Any]:
    return at_once(
        lambda: change(contract, actor, contract.version, title="First"),
        lambda: change(contract, actor, contract.version, title="Second"),
    )


def test_without_the_lock_the_second_editor_overwrites_the_first(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = draft(company)

    def unlocked(actor: Any, contract_id: int, permission: str) -> Contract:
        return again(contract)

    meeting = Rendezvous(unlocked)
    monkeypatch.setattr(drafting, "lock_contract", meeting)
    answers = two_saves(contract, company.alice)
    assert meeting.met
    assert all(isinstance(answer, Contract) for answer in answers)  # both believe that their title was saved
    assert again(contract).version == 2


def test_with_the_lock_the_second_editor_is_told(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = draft(company)
    meeting = Rendezvous(drafting.lock_contract)
    monkeypatch.setattr(drafting, "lock_contract", meeting)
    answers = two_saves(contract, company.alice)
    assert sum(isinstance(answer, ContractChanged) for answer in answers) == 1
    saved = next(answer for answer in answers if isinstance(answer, Contract))
    assert (again(contract).title, again(contract).version) == (saved.title, 2)
