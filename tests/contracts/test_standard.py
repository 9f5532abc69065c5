"""The templates of the house fit every customer: companies here and abroad, and persons; on credit and for cash."""

from typing import Any

import pytest

from contracts.contract_text import text_of, values_of
from contracts.documents import printed
from contracts.models import Contract
from contracts.rules.contracts import missing
from customers.models import Customer
from tests.contracts.making import again, draft
from tests.factories import Company

CODES = ("sales", "framework", "service", "dealer", "credit-terms", "reconciliation")
FORMS: dict[str, dict[str, Any]] = {
    "company": {},
    "abroad": {"uscc": "", "country": "DE", "foreign_number": "HRB 4711"},
    "person": {"uscc": "", "legal_representative": "", "kind": "person", "identity_number": "G12345678"},
}


def redrafted(company: Company, form: str, code: str, language: str) -> Contract:
    contract = draft(company, code, language)
    Customer.objects.filter(pk=company.customer.pk).update(**FORMS[form])
    return again(contract)


@pytest.mark.repeats
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", ["person", "abroad", "company"])
def test_a_contract_with_each_kind_of_customer_can_be_complete(company: Company, form: str, language: str) -> None:
    for code in CODES:
        text = text_of(redrafted(company, form, code, language))
        assert missing(text.drafted()) == [], code
        named = [each.clause.key for each in text.clauses if each.clause.key.startswith("parties")]
        assert named == [{"company": "parties"}.get(form, f"parties-{form}")]
        words = text.clauses[0].written.text
        documents = {"company": "91310000607299999A", "abroad": "HRB 4711", "person": "G12345678"}
        assert [each for each in documents if documents[each] in words] == [form]


def test_a_company_whose_registration_code_is_not_known_yet_lacks_it(company: Company) -> None:
    contract = draft(company)
    Customer.objects.filter(pk=company.customer.pk).update(uscc="")
    assert text_of(again(contract)).unresolved == ["customer.uscc"]


@pytest.mark.parametrize(
    ("form", "registered", "party", "taxes"),
    [
        ("abroad", "Müller & Söhne GmbH", "Müller & Söhne GmbH", "no Chinese value-added tax"),
        ("person", "Hans Müller", "Hans Müller", "no Chinese value-added tax"),
        ("company", "苏州远东有限公司", "Far East Ltd", "includes value-added tax"),
    ],
)
def test_english_names_the_party_as_it_is_registered_unless_in_chinese(
    company: Company, form: str, registered: str, party: str, taxes: str
) -> None:
    contract = redrafted(company, form, "sales", "en")
    country = "CN" if form == "company" else "DE"
    Customer.objects.filter(pk=company.customer.pk).update(
        name=registered, english_name="Far East Ltd", country=country
    )
    words = {each.clause.title: each.written.text for each in text_of(again(contract)).clauses}
    assert f"Party B (the Buyer): {party}," in words["Parties"]
    assert taxes in words["Price"]


def test_a_version_from_before_the_profile_had_the_number_takes_it_from_there(company: Company) -> None:
    contract = draft(company)
    Customer.objects.filter(pk=company.customer.pk).update(**FORMS["abroad"])
    assert values_of(again(contract), [], None)["buyer_document"] == "HRB 4711"
    Contract.objects.filter(pk=contract.pk).update(values={"buyer_document": "HRB 12"})
    assert values_of(again(contract), [], None)["buyer_document"] == "HRB 12"


def test_a_person_signs_himself(company: Company) -> None:
    Customer.objects.filter(pk=company.customer.pk).update(**FORMS["person"])
    contract = redrafted(company, "person", "sales", "en")
    assert printed(text_of(contract)).parties[1][1] == ["Signature:", "Fingerprint:", "Date:"]
    assert printed(text_of(contract)).parties[0][1] == ["Authorised representative:", "Seal:", "Date:"]


@pytest.mark.parametrize(
    ("language", "days", "words"), [("zh", 0, "付款起算日当日付清"), ("en", 30, "in full on its Starting Day")]
)
def test_a_contract_in_cash_is_paid_on_the_day(company: Company, language: str, days: int, words: str) -> None:
    contract = again(draft(company, language=language, term_days=days, settlement="cash"))
    text = text_of(contract)
    assert missing(text.drafted()) == []
    said = [each.written.text for each in text.clauses if "payment_date" in each.clause.elements]
    assert len(said) == 1
    assert words in said[0]
    assert [each for each in text.unused if each.clause.title in ("Settlement", "结算方式")] == []
