"""Supply stops by a step and resumes when the cause is gone; what a person set by hand stays."""

from decimal import Decimal
from typing import Any

import pytest

from credit.models import AccountStatus, CreditAccount
from credit.services.terms import change_terms
from customers.models import TimelineEvent
from receivables.models import CollectionPolicy
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, nights, the_case
from tests.factories import Company, account_of, day, make_account, make_entity, make_invoice, make_receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def stopping(company: Company) -> Any:
    """A policy whose first step stops supply, and an invoice overdue from 1 February."""
    policy = CollectionPolicy.objects.get()
    policy.steps.exclude(code="stop").delete()
    policy.steps.update(days=1)
    return make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")


def by_hand(customer: Any, status: str) -> None:
    """As an approved request or a person who restricts the account does."""
    account = account_of(customer)
    change_terms(account=account, wanted={"status": status}, reason="decided", actor_id=None, on=day("2026-02-01"))


@pytest.mark.parametrize("status", [AccountStatus.NORMAL, AccountStatus.WATCH])
def test_it_stops_and_gives_back_the_status_from_before(company: Company, stopping: Any, status: str) -> None:
    make_account(company.customer, limit="5000", status=status)
    assert night("2026-02-01").supply_stopped == 1
    assert account_of(company.customer).status == AccountStatus.FROZEN
    make_receipt(company.customer, "1000.00", on="2026-02-02", lines=[(stopping, "1000.00")])
    assert night("2026-02-03").supply_resumed == 1
    assert account_of(company.customer).status == status
    told = TimelineEvent.objects.filter(kind__startswith="supply").order_by("pk")
    assert [(event.kind, event.data) for event in told] == [
        ("supply_stopped", {"days": 1, "amount": "1000.00", "currency": "CNY"}),
        ("supply_resumed", {"status": status}),
    ]
    assert list(verify_collection()) == []


@pytest.mark.parametrize("status", [AccountStatus.FROZEN, AccountStatus.CASH_ONLY])
def test_what_a_person_set_is_neither_overwritten_nor_lifted(company: Company, stopping: Any, status: str) -> None:
    make_account(company.customer, limit="5000", status=status)
    assert night("2026-02-01").supply_stopped == 0
    make_receipt(company.customer, "1000.00", on="2026-02-02", lines=[(stopping, "1000.00")])
    assert night("2026-02-03").supply_resumed == 0
    assert account_of(company.customer).status == status


@pytest.mark.parametrize("status", [AccountStatus.CASH_ONLY, AccountStatus.NORMAL])
def test_a_status_set_by_hand_meanwhile_stays(company: Company, stopping: Any, status: str) -> None:
    make_account(company.customer, limit="5000")
    night("2026-02-01")
    by_hand(company.customer, status)
    nights("2026-02-02", "2026-02-03")
    assert account_of(company.customer).status == status
    make_receipt(company.customer, "1000.00", on="2026-02-03", lines=[(stopping, "1000.00")])
    assert night("2026-02-04").supply_resumed == 0
    assert account_of(company.customer).status == status
    assert list(verify_collection()) == []


def test_frozen_by_hand_after_the_machine_it_is_the_persons(company: Company, stopping: Any) -> None:
    make_account(company.customer, limit="5000")
    night("2026-02-01")
    by_hand(company.customer, AccountStatus.NORMAL)
    by_hand(company.customer, AccountStatus.FROZEN)
    make_receipt(company.customer, "1000.00", on="2026-02-03", lines=[(stopping, "1000.00")])
    night("2026-02-04")
    assert account_of(company.customer).status == AccountStatus.FROZEN


def test_a_customer_without_account_terms_is_stopped_and_resumed_too(company: Company, stopping: Any) -> None:
    """The limit was never set: what stops supply is the overdue invoice, not the missing limit."""
    assert account_of(company.customer).limit is None
    assert night("2026-02-01").supply_stopped == 1
    assert CreditAccount.objects.get().stopped_from == AccountStatus.NORMAL


def test_another_legal_entity_that_still_waits_keeps_supply_stopped(company: Company, stopping: Any) -> None:
    other = make_invoice(company.customer, "800.00", on="2026-01-01", due_on="2026-01-31", entity=make_entity("SZ"))
    night("2026-02-01")
    make_receipt(company.customer, "1000.00", on="2026-02-02", lines=[(stopping, "1000.00")])
    assert night("2026-02-03").supply_resumed == 0
    make_receipt(company.customer, "800.00", on="2026-02-03", lines=[(other, "800.00")], entity=other.legal_entity)
    assert night("2026-02-04").supply_resumed == 1


def test_a_case_that_opens_again_stops_supply_again(company: Company, stopping: Any) -> None:
    make_invoice(company.customer, "900.00", on="2026-01-15", due_on="2026-02-10")
    night("2026-02-01")
    make_receipt(company.customer, "1000.00", on="2026-02-05", lines=[(stopping, "1000.00")])
    night("2026-02-07")
    assert account_of(company.customer).status == AccountStatus.NORMAL
    night("2026-02-11")
    assert the_case(company.customer).overdue == Decimal("900.00")
    assert account_of(company.customer).status == AccountStatus.FROZEN
    assert day("2026-02-11") == the_case(company.customer).stepped_on
