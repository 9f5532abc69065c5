"""Credit for customers that have no Chinese registration code: companies abroad, and persons."""

import datetime as dt
from typing import Any

import pytest

from contracts.contract_text import text_of
from contracts.models import ContractState
from contracts.services.approving import submit_contract
from contracts.services.drafting import draft_contract
from credit.services import submit_request
from crm.core.models import LegalEntity
from customers.models import Customer
from customers.services import change_state
from tests.contracts.making import LINES, again, complete_terms, version_of
from tests.credit_requests.making import TODAY, approve_all, draft
from tests.factories import Company, account_of
from tests.rating.making import accept, pays, proposed

ABROAD: dict[str, Any] = {
    "country": "DE",
    "foreign_number": "HRB 4711",
    "legal_form": "limited",
    "legal_representative": "Max Müller",
    "founded_on": dt.date(2001, 1, 1),
}
PERSON: dict[str, Any] = {"kind": "person", "identity_number": "11010519491231002X"}


@pytest.mark.django_db
@pytest.mark.parametrize("profile", [ABROAD, PERSON])
def test_a_customer_without_a_code_is_identified_rated_given_credit_and_contracted(
    company: Company, profile: dict[str, Any]
) -> None:
    customers = Customer.objects.filter(pk=company.customer.pk)
    customers.update(uscc="", state="prospect", address="Hauptstrasse 1, Stuttgart")
    change_state(actor=company.mona, customer_id=company.customer.pk, to_state="identified", cause="Seen", today=TODAY)
    pays(company.customer)
    customers.update(**{"founded_on": None, **profile})
    assert accept(company, proposed(company)).grade

    request = draft(company, "new")
    submit_request(actor=company.alice, request_id=request.pk, on=TODAY)
    approve_all(request.__class__.objects.get(pk=request.pk), company.mona, company.anna, company.fiona)
    assert account_of(company.customer).limit == 200_000

    LegalEntity.objects.filter(pk=company.entity.pk).update(
        uscc="91310115MA1K4BXX0H", address="Shanghai", bank_details="4563 5100"
    )
    version = version_of(language="en")
    contract = draft_contract(
        actor=company.alice, customer_id=company.customer.pk, version_id=version.pk,
        legal_entity_id=company.entity.pk, currency="CNY", on=TODAY, lines=LINES, **complete_terms(version),
    )  # fmt: skip
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert again(contract).state == ContractState.IN_APPROVAL
    number = profile.get("foreign_number") or profile["identity_number"]
    assert number in text_of(again(contract)).clauses[0].written.text
