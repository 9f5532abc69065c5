"""What those who decide on a contract are shown: figures beside those of the account, rates, redlines."""

import pytest
from django.template.loader import render_to_string

from contracts.contract_text import text_of
from contracts.figures import figures_of
from contracts.services.approving import submit_contract
from contracts.services.drafting import change_clause
from crm.core.models import LegalEntity
from tests.contracts.making import TODAY, again, draft
from tests.factories import Company, make_rate

pytestmark = pytest.mark.django_db


def test_who_decides_is_told_of_no_account_terms_where_no_limit_was_ever_set(company: Company) -> None:
    figures = figures_of(text_of(draft(company)))

    def told(limit: str | None) -> str:
        said = {"figures": {**figures, "limit": limit}, "request_": None}
        return render_to_string("contracts/contracts/figures.html", said)

    assert told("1000.00").count("account: ") == 3
    assert "account: " not in told(None)
    assert "never set: it pays in cash" in told(None)


def test_who_decides_on_another_currency_reads_the_rate_and_its_day(company: Company) -> None:
    assert figures_of(text_of(draft(company)))["rate"] is None
    make_rate("USD", "7.1384", TODAY)
    figures = figures_of(text_of(draft(company, currency="USD"), on=TODAY))
    told = render_to_string("contracts/contracts/figures.html", {"figures": figures, "request_": None})
    assert f"1 USD = 7.1384 CNY, {TODAY.isoformat()}" in told


def test_what_changed_in_a_profile_since_it_was_submitted_is_no_deviation(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(text__contains="seller.bank")
    words = clause.text.replace("款项应", "款项均应")
    change_clause(
        actor=company.alice, contract_id=contract.pk, version=contract.version, clause_id=clause.pk, text=words
    )
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY, reason="the bank asks for it")
    LegalEntity.objects.update(bank_details="工商银行 9999")
    text = text_of(again(contract))
    [shown] = [each for each in text.clauses if each.clause.deviates]
    assert "4563 5100" in shown.written.text
    assert [(piece.how, piece.text) for piece in shown.redline if piece.how] == [("ins", "均")]
