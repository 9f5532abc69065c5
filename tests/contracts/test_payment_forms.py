"""How a customer may pay, as its contract agrees: begun with the account's, printed, locked, amended, edited."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from contracts.contract_text import text_of
from contracts.documents import contract_docx, contract_pdf, printed
from contracts.models import Contract, ContractClause
from contracts.selectors.versions import history_of
from contracts.services.approving import submit_contract
from credit.models import CreditAccount
from tests.contracts.making import TODAY, again, change, draft, signed
from tests.contracts.test_documents import bare, read_docx, read_pdf
from tests.contracts.test_pages import form_of
from tests.contracts.test_versions import amend
from tests.factories import Company, account_of, make_account

SAID = {"zh": ("银行转账", "支票", "乙方以"), "en": ("bank transfer", "cheque", "The Buyer pays by")}


@pytest.fixture
def company(company: Company) -> Company:
    """The account accepts transfers and cheques."""
    make_account(company.customer, instruments=["transfer", "cheque"])
    return company


def test_a_draft_begins_with_those_of_the_account_or_with_all(company: Company) -> None:
    assert draft(company).instruments == ["transfer", "cheque"]
    CreditAccount.objects.all().delete()
    contract = draft(company, instruments=["cheque", "cash"])
    assert contract.instruments == ["cash", "cheque"]  # in the order of the list
    assert not text_of(again(draft(company))).terms_exceed


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_documents_say_them_where_they_say_how_is_paid(company: Company, language: str) -> None:
    text = text_of(again(draft(company, language=language)))
    clause = next(each for each in text.clauses if "payment_form" in each.clause.elements)
    assert text.form_clause == 0  # the clause names them itself
    paragraphs, _rows = read_docx(contract_docx(text))
    (said,) = [line for line in paragraphs if line.startswith(SAID[language][2]) and line in clause.written.text]
    assert all(word in said for word in SAID[language][:2])
    assert "cash" not in said
    assert bare(said) in read_pdf(contract_pdf(text))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_where_no_clause_names_them_they_stand_behind_it(company: Company, language: str) -> None:
    contract = draft(company, language=language)
    reword(contract)
    text = text_of(again(contract))
    note = printed(text).forms
    assert all(word in note for word in SAID[language][:2])
    paragraphs, _rows = read_docx(contract_docx(text))
    assert paragraphs[paragraphs.index("As agreed.") + 1] == note
    assert bare("As agreed." + note) in read_pdf(contract_pdf(text))
    page = client_of(company.alice).get(contract.get_absolute_url()).content.decode()
    assert note in page


def test_a_contract_that_names_none_prints_none(company: Company) -> None:
    contract = draft(company, instruments=[])
    reword(contract)
    text = text_of(again(contract))
    assert (text.form_clause, text.form_note, text.unresolved) == (0, "", [])
    assert "pays by" not in " ".join(read_docx(contract_docx(text))[0])


def test_what_was_submitted_keeps_them(company: Company) -> None:
    contract = draft(company)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    figures = contract.submissions.get().approval.decisions.earliest("pk").figures
    assert figures["instruments"] == figures["account_instruments"] == ["transfer", "cheque"]
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(instruments=["cash"])
    assert again(contract).instruments == ["transfer", "cheque"]


def test_nothing_unknown_stands_there(company: Company) -> None:
    contract = draft(company)
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(instruments=["gold"])
    with pytest.raises(ValueError, match="gold"):
        change(contract, company.alice, instruments=["gold"])
    assert again(contract).instruments == ["transfer", "cheque"]


def test_an_amendment_begins_with_them_and_shows_what_it_changes(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.approvals.views.business_today", lambda: TODAY)
    second = amend(signed(company), company.alice)
    assert second.instruments == ["transfer", "cheque"]
    second = change(second, company.alice, instruments=["transfer"])
    newest, _oldest = history_of(again(second), company.alice).rows
    assert [(row.label, row.before, row.after) for row in newest.changes] == [
        ("Payment forms", "Bank transfer, Cheque", "Bank transfer")
    ]
    submit_contract(actor=company.alice, contract_id=second.pk, reason="As agreed", on=TODAY)
    inbox = client_of(company.mona).get(reverse("approvals:inbox")).content.decode()
    assert "<del>Bank transfer, Cheque</del> → <ins>Bank transfer</ins>" in inbox


def test_they_are_ticked_in_the_form_and_stand_on_the_page(company: Company) -> None:
    contract = again(draft(company))
    client = client_of(company.alice)
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    shown = client.get(edit).content.decode()
    assert shown.count('name="instruments"') == 5
    assert shown.count("checked") == 2
    assert "The account accepts bank transfer or cheque." in shown
    assert client.post(edit, form_of(contract, instruments=["cash", "transfer"])).status_code == 302
    assert again(contract).instruments == ["transfer", "cash"]
    page = client.get(contract.get_absolute_url()).content.decode()
    assert "Bank transfer, Cash" in page
    assert "The terms go beyond the credit account" in page
    assert client.post(edit, form_of(again(contract), instruments=["gold"])).status_code == 422
    assert again(contract).instruments == ["transfer", "cash"]
    assert account_of(company.customer).instruments == ["transfer", "cheque"]


def reword(contract: Contract) -> None:
    """The clause on payment as a template of one's own may have it."""
    clauses = ContractClause.objects.filter(contract=contract, elements__contains=["payment_form"])
    assert clauses.update(text="As agreed.") == 1


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_form_says_whether_one_has_to_be_ticked(company: Company) -> None:
    contract = draft(company)
    client, edit = client_of(company.alice), reverse("contracts:edit_contract", args=[contract.pk])
    must, may = "Tick at least one: a clause of the contract names them.", "None ticked: the contract names none"
    page = client.get(edit).content.decode()
    assert must in page
    assert may not in page
    reword(contract)
    page = client.get(edit).content.decode()
    assert may in page
    assert must not in page
