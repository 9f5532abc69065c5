"""A reconciliation agreement confirms what the ledger says; a difference, or a late day to pay, is decided on."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from contracts.contract_text import text_of
from contracts.errors import BalanceUnknown, ContractChanged
from contracts.models import Contract
from contracts.selectors.balances import balance_of
from contracts.services.approving import submit_contract
from contracts.services.reconciling import take_balance
from tests.contracts.making import TODAY, again, change, complete_terms, draft, version_of
from tests.contracts.test_pages import signed_in
from tests.factories import Company, make_invoice, make_receipt


@pytest.fixture
def owing(company: Company) -> Company:
    """The customer owed 800 at the end of February, and owes 1,300 today."""
    make_invoice(company.customer, "1000.00", on="2026-01-10", entity=company.entity)
    make_receipt(company.customer, "200.00", on="2026-02-20", entity=company.entity)
    make_invoice(company.customer, "500.00", on="2026-03-10", entity=company.entity)
    return company


def agreement(company: Company, **own: str) -> Contract:
    terms: dict[str, Any] = complete_terms(version_of("reconciliation"))
    values = {**terms["values"], "pay_by": "2026-04-20", **own}
    return again(draft(company, "reconciliation", lines=(), amount=None, values=values))


def test_an_agreement_begins_with_the_balance_of_the_ledger_at_the_end_of_last_month(owing: Company) -> None:
    contract = again(draft(owing, "reconciliation", lines=(), values={}))
    assert contract.values == {"reconciled_on": "2026-02-28"}
    assert contract.amount == Decimal("800.00")
    assert balance_of(again(draft(owing, "framework", lines=()))) is None, "other contracts confirm no balance"


def test_a_balance_that_is_not_that_of_the_ledger_is_a_deviation_and_told_to_who_decides(owing: Company) -> None:
    contract = agreement(owing, reconciled_on="2026-03-31")
    assert (contract.amount, text_of(contract, on=TODAY).is_deviation) == (Decimal("1300.00"), False)
    contract = again(change(contract, owing.alice, contract.version, amount=Decimal("1000.00")))
    assert text_of(contract, on=TODAY).is_deviation
    submit_contract(actor=owing.alice, contract_id=contract.pk, reason="200 is disputed", on=TODAY)
    approval = contract.submissions.get().approval
    assert approval.deviation
    assert approval.decisions.get().figures["balance"] == {"on": "2026-03-31", "booked": "1300.00", "differs": True}
    page = signed_in(owing.mona).get(approval.get_absolute_url()).content.decode()
    assert "1,300.00 CNY" in page
    assert "The balance confirmed is not that of the ledger." in page


def test_the_balance_of_the_ledger_is_taken_with_one_click_in_the_edition_that_was_read(owing: Company) -> None:
    contract = agreement(owing, reconciled_on="2026-03-31")
    contract = again(change(contract, owing.alice, contract.version, amount=Decimal("1000.00")))
    client, page = signed_in(owing.alice), contract.get_absolute_url()
    assert "the ledger says 1,300.00" in client.get(page).content.decode()
    with pytest.raises(ContractChanged):
        take_balance(actor=owing.mona, contract_id=contract.pk, version=contract.version - 1)
    client.post(reverse("contracts:take_balance", args=[contract.pk]), {"edition": contract.version})
    assert again(contract).amount == Decimal("1300.00")
    assert "The balance is that of the ledger as at 2026-03-31." in client.get(page).content.decode()
    with pytest.raises(BalanceUnknown):
        take_balance(actor=owing.alice, contract_id=draft(owing).pk, version=None)


def test_a_late_day_to_pay_the_balance_is_a_wait_beyond_the_account(owing: Company) -> None:
    assert text_of(agreement(owing, pay_by="2026-04-30"), on=TODAY).exceeding == []
    late = text_of(agreement(owing, pay_by="2026-05-01"), on=TODAY)
    assert (late.longest_days, late.exceeding) == (31, ["wait"])
    page = signed_in(owing.alice).get(late.contract.get_absolute_url()).content.decode()
    assert "it lets the customer wait 31 days." in page
