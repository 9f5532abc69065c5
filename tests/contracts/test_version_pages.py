"""Pages of versions: one row in the list, buttons where allowed, what each version changed, how many queries."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from contracts.models import Contract
from contracts.services.approving import submit_contract
from contracts.services.ending import give_up_contract
from tests.contracts.making import TODAY, again, change, draft, signed
from tests.contracts.test_pages import signed_in
from tests.contracts.test_versions import agreed, amend, renew
from tests.factories import Company


@pytest.fixture
def company(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    for module in ("views.contracts", "views.versions", "services.versions"):
        monkeypatch.setattr(f"contracts.{module}.business_today", lambda: TODAY)
    return company


def test_an_amendment_is_begun_from_the_page_of_the_contract(company: Company) -> None:
    first = signed(company)
    client = signed_in(company.alice)
    address = reverse("contracts:amend_contract", args=[first.pk])
    assert address in client.get(first.get_absolute_url()).content.decode()
    assert f'value="{TODAY.isoformat()}"' in client.get(address).content.decode()
    answer = client.post(address, {"starts_on": TODAY.isoformat()})
    second = Contract.objects.get(revision=2)
    assert answer.url == second.get_absolute_url()  # type: ignore[attr-defined]
    page = client.get(first.get_absolute_url()).content.decode()
    assert address not in page
    assert f"Version {second.number} is under way" in page
    refused = client.post(address, {"starts_on": TODAY.isoformat()})
    assert refused.status_code == 422
    assert f"Version {second.number} is under way" in refused.content.decode()


def test_a_renewal_is_proposed_for_as_long_as_the_term_before(company: Company) -> None:
    first = signed(company)
    client = signed_in(company.alice)
    address = reverse("contracts:renew_contract", args=[first.pk])
    page = client.get(address).content.decode()
    assert first.ends_on is not None
    given = {
        "starts_on": (first.ends_on + dt.timedelta(days=1)).isoformat(),
        "ends_on": (first.ends_on + dt.timedelta(days=365)).isoformat(),
    }
    for day in given.values():
        assert f'value="{day}"' in page
    assert client.post(address, given).status_code == 302
    second = Contract.objects.get(revision=2)
    assert (second.change, second.term, second.ends_on.isoformat()) == ("renewal", 2, given["ends_on"])  # type: ignore[union-attr]


def test_those_who_may_not_draft_get_no_buttons(company: Company) -> None:
    first = signed(company)
    page = signed_in(company.fiona).get(first.get_absolute_url()).content.decode()
    assert reverse("contracts:amend_contract", args=[first.pk]) not in page
    assert reverse("contracts:renew_contract", args=[first.pk]) not in page


def test_the_history_names_what_each_version_changed_and_leads_to_its_papers(company: Company) -> None:
    first = signed(company)
    second = change(amend(first, company.alice), company.alice, term_days=20)
    second = agreed(second, company)
    page = signed_in(company.alice).get(second.get_absolute_url()).content.decode()
    assert 'Term in days: <span class="quiet">30</span> → 20' in page
    for version in (first, second):
        for name in ("contract_pdf", "contract_docx", "scan"):
            assert reverse(f"contracts:{name}", args=[version.pk]) in page
    old = signed_in(company.alice).get(first.get_absolute_url()).content.decode()
    assert f"Version {second.number} took the place of this one" in old
    assert 'id="performance"' in page
    assert 'id="performance"' not in old
    saved = signed_in(company.alice).get(reverse("contracts:contract_docx", args=[second.pk]))
    assert f'filename="{second.file_name}.docx"' in saved["Content-Disposition"]
    assert "/" not in second.file_name


def test_the_list_has_one_row_for_a_contract_and_marks_a_version_under_way(company: Company) -> None:
    first = signed(company)
    client, address = signed_in(company.alice), reverse("contracts:contracts")
    assert first.number not in client.get(address, {"in_work": "true"}).content.decode()
    second = amend(first, company.alice)
    page = client.get(address).content.decode()
    assert page.count(f'data-href="{first.get_absolute_url()}"') == 1
    assert second.get_absolute_url() not in page
    assert second.number in page  # the mark
    assert first.number in client.get(address, {"in_work": "true"}).content.decode()
    agreed(second, company)
    page = client.get(address).content.decode()
    assert second.get_absolute_url() in page
    assert first.get_absolute_url() not in page


@pytest.mark.thorough
def test_a_version_that_was_given_up_says_so(company: Company) -> None:
    first = signed(company)
    second = amend(first, company.alice)
    client = signed_in(company.alice)
    panel = reverse("customers:panel", args=[company.customer.pk, "contracts"])
    assert f"under way: {second.number}" in client.get(panel).content.decode()
    give_up_contract(actor=company.alice, contract_id=second.pk, reason="Not agreed", on=TODAY)
    page = client.get(second.get_absolute_url()).content.decode()
    assert f"This version was given up and never took the place of {first.number}." in page
    assert f"Current version: {first.number}" in page
    page = client.get(first.get_absolute_url()).content.decode()
    assert reverse("contracts:amend_contract", args=[first.pk]) in page
    assert "under way" not in client.get(panel).content.decode()


@pytest.mark.thorough
def test_a_renewed_contract_does_not_stand_among_those_that_end(company: Company) -> None:
    first = signed(company)
    assert first.ends_on is not None
    client, address = signed_in(company.alice), reverse("contracts:contracts")
    ending = {"ends_before": first.ends_on.isoformat(), "in_force": "true"}
    assert first.number in client.get(address, ending).content.decode()
    agreed(renew(first, company.alice), company)
    assert first.number not in client.get(address, ending).content.decode()


def test_approvers_see_what_is_in_force_beside_what_is_asked(company: Company) -> None:
    first = signed(company)
    second = change(amend(first, company.alice), company.alice, term_days=20)
    submit_contract(actor=company.alice, contract_id=second.pk)
    inbox = signed_in(company.mona).get(reverse("approvals:inbox")).content.decode()
    assert f"Amendment of {first.number}" in inbox
    assert "in force: " in inbox


@pytest.mark.thorough
def test_pages_cost_no_more_for_more_versions(company: Company, django_assert_max_num_queries: Any) -> None:
    newest = signed(company)
    client = signed_in(company.alice)
    newest = agreed(amend(newest, company.alice), company)
    client.get(newest.get_absolute_url())
    with django_assert_max_num_queries(60) as few:
        client.get(newest.get_absolute_url())
    for _turn in range(2):
        newest = again(agreed(amend(newest, company.alice), company))
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(newest.get_absolute_url()).content.decode()
    assert page.count("contract.docx") >= 4
    draft(company)
    address = reverse("contracts:contracts")
    client.get(address)
    with django_assert_max_num_queries(16):
        client.get(address)
