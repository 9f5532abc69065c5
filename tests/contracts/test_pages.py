"""Pages of contracts and templates: what they show, what they refuse, how many queries they cost."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contracts.models import Contract, ContractState, TemplateVersion
from contracts.services.approving import submit_contract
from contracts.services.drafting import change_clause
from contracts.services.templates import new_version
from credit.models import CreditAccount
from tests.contracts.making import SCAN, TODAY, again, change, draft, legal, prepare, sealed, signed, version_of
from tests.factories import Company


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form_of(contract: Contract, **changes: Any) -> dict[str, Any]:
    """What the form of a draft sends when nothing is changed."""
    data: dict[str, Any] = {
        name: "" if getattr(contract, name) is None else getattr(contract, name)
        for name in (
            "title", "amount", "term_days", "settlement", "instruments", "starts_on", "ends_on",
            "customer_signatory", "customer_authority", "our_signatory", "our_authority",
        )
    }  # fmt: skip
    data |= {"edition": contract.version, "line-TOTAL_FORMS": 3, "line-INITIAL_FORMS": 2}
    data |= {"plan-TOTAL_FORMS": 2, "plan-INITIAL_FORMS": 0}
    data |= {f"value_{name}": value for name, value in contract.values.items()}
    for place, line in enumerate(contract.lines.all()):
        for name in ("description", "specification", "unit", "quantity", "price"):
            data[f"line-{place}-{name}"] = getattr(line, name)
    return {**data, **changes}


def test_a_contract_is_drafted_filled_in_and_submitted_through_its_pages(company: Company) -> None:
    prepare(company)
    client = signed_in(company.alice)
    start = reverse("contracts:new_contract", args=[company.customer.pk])
    assert client.get(start).status_code == 200
    given = {"version": version_of().pk, "legal_entity": company.entity.pk, "currency": "CNY"}
    made = client.post(start, given)
    contract = Contract.objects.get()
    assert made.url == contract.get_absolute_url()  # type: ignore[attr-defined]
    page = client.get(made.url).content.decode()  # type: ignore[attr-defined]
    assert "What is missing" in page
    assert "Place of delivery" in page
    assert "［交货地点］" in page  # the draft is in Chinese, its reader is not
    assert "delivery_place" not in page
    filled = {
        "starts_on": "2026-04-01", "ends_on": "2027-03-31", "customer_authority": "法定代表人", "our_signatory": "李敏",
        "our_authority": "授权书", "value_delivery_place": "上海", "value_delivery_days": "7",
        "value_inspection_days": "3", "value_late_rate": "5", "line-INITIAL_FORMS": 0, "line-0-description": "轴承",
        "line-0-unit": "套", "line-0-quantity": "10", "line-0-price": "12.50",
    }  # fmt: skip
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    assert client.get(edit).status_code == 200
    assert client.post(edit, form_of(contract, **filled)).status_code == 302
    contract = again(contract)
    assert str(contract.amount) == "125.00"
    page = client.get(contract.get_absolute_url()).content.decode()
    assert f'name="edition" value="{contract.version}"' in page
    client.post(reverse("contracts:submit_contract", args=[contract.pk]), {"edition": contract.version})
    assert again(contract).state == ContractState.IN_APPROVAL
    inbox = signed_in(company.mona).get(reverse("approvals:inbox")).content.decode()
    assert contract.number in inbox
    assert "Every clause is that of the template." in inbox


def test_the_second_editor_is_told_and_nothing_is_lost(company: Company) -> None:
    contract = draft(company)
    client, edit = signed_in(company.alice), reverse("contracts:edit_contract", args=[contract.pk])
    assert client.post(edit, form_of(contract, title="First")).status_code == 302
    refused = client.post(edit, form_of(contract, title="Second"))
    assert refused.status_code == 422
    assert "Somebody else changed this contract" in refused.content.decode()
    assert 'value="Second"' in refused.content.decode()
    assert again(contract).title == "First"


@pytest.mark.parametrize("more", [{"edition": 1}, {}, {"edition": "²"}])
def test_what_a_colleague_changed_meanwhile_is_not_submitted_unread(company: Company, more: dict[str, Any]) -> None:
    contract = draft(company)
    change(contract, company.alice, 1, title="改过的")
    answer = signed_in(company.alice).post(reverse("contracts:submit_contract", args=[contract.pk]), more, follow=True)
    assert "Somebody else changed this contract" in answer.content.decode()
    assert again(contract).state == ContractState.DRAFT
    assert not contract.submissions.exists()


def test_lines_that_are_not_whole_are_said(company: Company) -> None:
    contract = draft(company)
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    refused = signed_in(company.alice).post(edit, form_of(contract, **{"line-2-description": "无单位"}))
    assert refused.status_code == 422
    assert "A line needs it." in refused.content.decode()
    assert again(contract).lines.count() == 2


@pytest.mark.parametrize(
    "typed",
    [
        {"line-2-unit": "套", "line-2-quantity": "3", "line-2-price": "1"},
        {"line-2-specification": "6204"},
        {"line-2-price": "9.00"},
        {"plan-0-due": "signing", "plan-0-days": "3"},
        {"plan-0-due": "day", "plan-0-due_on": "2026-12-31"},
        {"plan-0-due": "signing", "plan-0-note": "定金"},
        {"plan-0-due": "signing", "plan-0-share": "0"},
    ],
)
def test_a_row_that_is_begun_is_never_dropped_in_silence(company: Company, typed: dict[str, str]) -> None:
    contract = draft(company)
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    refused = signed_in(company.alice).post(edit, form_of(contract, title="Typed", **typed))
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "A line needs it." in page or "A part of the plan needs a share or an amount." in page
    for value in typed.values():
        assert f'value="{value}"' in page
    assert again(contract).title != "Typed"


def test_empty_rows_are_left_out(company: Company) -> None:
    contract = draft(company)
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    emptied = {f"line-1-{name}": "" for name in ("description", "specification", "unit", "quantity", "price")}
    typed = form_of(contract, **emptied, **{"plan-0-due": "signing", "plan-1-due": "invoice"})
    assert signed_in(company.alice).post(edit, typed).status_code == 302
    assert (contract.lines.count(), contract.plan.count()) == (1, 0)


def test_figures_are_typed_and_shown_with_thousands_separators(company: Company) -> None:
    contract = draft(company)
    client, edit = signed_in(company.alice), reverse("contracts:edit_contract", args=[contract.pk])
    typed = {
        "line-0-quantity": "1,000.5", "line-0-price": "１２,000.00", "line-1-quantity": "1 000", "line-1-price": "2.5",
        "plan-0-amount": "12,008,500.00", "plan-0-due": "signing", "plan-0-days": "0", "amount": "1,234.50",
    }  # fmt: skip
    assert client.post(edit, form_of(contract, **typed)).status_code == 302
    assert [str(line.amount) for line in contract.lines.all()] == ["12006000.00", "2500.00"]
    page = client.get(edit).content.decode()
    for shown in ("1,000.5", "12,000.00", "12,008,500.00"):
        assert f'value="{shown}"' in page
    refused = client.post(edit, form_of(again(contract), **{"line-0-price": "1,23"}))
    assert (refused.status_code, 'value="1,23"' in refused.content.decode()) == (422, True)


def test_a_changed_clause_shows_as_a_redline(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="other")
    client = signed_in(company.alice)
    address = reverse("contracts:edit_clause", args=[contract.pk, clause.pk])
    assert clause.text[:20] in client.get(address).content.decode()
    words = clause.text.replace("书面", "<b>电子</b>")
    assert client.post(address, {"edition": contract.version, "text": words}).status_code == 302
    page = client.get(contract.get_absolute_url()).content.decode()
    assert '<del class="redline-out">书面</del>' in page
    assert "&lt;b&gt;电子&lt;/b&gt;" in page
    assert "<b>电子</b>" not in page


def test_a_fixed_clause_has_no_form(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="parties")
    client = Client(raise_request_exception=False)
    client.force_login(company.alice)
    address = reverse("contracts:edit_clause", args=[contract.pk, clause.pk])
    assert client.get(address).status_code >= 400
    client.post(address, {"edition": contract.version, "text": "x"})
    assert not again(contract).deviates


def test_a_contract_is_signed_through_its_page_and_the_scan_comes_back(company: Company) -> None:
    contract, lena = sealed(company), legal()
    sign = reverse("contracts:sign", args=[contract.pk])
    file = SimpleUploadedFile("合同.pdf", SCAN)
    assert signed_in(lena).post(sign, {"signed_on": TODAY, "file": file}).status_code == 302
    assert again(contract).state == ContractState.SIGNED
    scan = signed_in(company.alice).get(reverse("contracts:scan", args=[contract.pk]))
    assert b"".join(scan.streaming_content) == SCAN  # type: ignore[attr-defined]
    assert scan["X-Content-Type-Options"] == "nosniff"
    assert signed_in(company.charlie).get(reverse("contracts:scan", args=[contract.pk])).status_code == 404


@pytest.mark.parametrize("name", ["contract_pdf", "contract_docx"])
def test_documents_go_to_those_who_see_the_contract(company: Company, name: str) -> None:
    contract = draft(company)
    address = reverse(f"contracts:{name}", args=[contract.pk])
    assert contract.number in signed_in(company.alice).get(address)["Content-Disposition"]
    assert signed_in(company.charlie).get(address).status_code == 404


def test_the_list_costs_no_more_for_more_contracts(company: Company, django_assert_max_num_queries: Any) -> None:
    client = signed_in(company.alice)
    for _each in range(3):
        draft(company)
    client.get(reverse("contracts:contracts"))
    with django_assert_max_num_queries(16) as few:
        page = client.get(reverse("contracts:contracts")).content.decode()
    assert "C2026-00003" in page
    for _each in range(5):
        draft(company)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("contracts:contracts"))
    with django_assert_max_num_queries(len(few.captured_queries) + 1):  # the versions that have the word
        client.get(reverse("contracts:contracts"), {"q": "轴承"})


def test_the_page_of_a_contract_costs_a_fixed_number_of_queries(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="other")
    change_clause(actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text="另有约定。")
    client = signed_in(company.alice)
    client.get(contract.get_absolute_url())
    with django_assert_max_num_queries(40):
        client.get(contract.get_absolute_url())
    legal()
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    with django_assert_max_num_queries(40):
        page = client.get(contract.get_absolute_url()).content.decode()
    assert "The way" in page


def test_the_panel_the_search_and_the_day_know_contracts(company: Company) -> None:
    contract = signed(company)
    client = signed_in(company.alice)
    panel = client.get(reverse("customers:panel", args=[company.customer.pk, "contracts"])).content.decode()
    assert contract.number in panel
    assert contract.number in client.get(reverse("search"), {"q": contract.number}).content.decode()
    timeline = client.get(reverse("customers:timeline", args=[company.customer.pk])).content.decode()
    assert f"Contract {contract.number} signed" in timeline


def version_form(version: TemplateVersion, **changes: Any) -> dict[str, Any]:
    clauses = list(version.clauses.all())
    data: dict[str, Any] = {
        "edition": version.edition,
        "title": version.title,
        "variables": "place | text | 地点 | Place",
        "clause-TOTAL_FORMS": len(clauses),
        "clause-INITIAL_FORMS": len(clauses),
    }
    for place, clause in enumerate(clauses):
        for name in ("position", "key", "title", "text", "condition", "elements"):
            data[f"clause-{place}-{name}"] = getattr(clause, name)
    return {**data, **changes}


def test_a_version_is_written_beside_a_preview_that_names_what_is_unknown(company: Company) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    client = signed_in(lena)
    assert client.get(reverse("contracts:edit_version", args=[version.pk])).status_code == 200
    preview = reverse("contracts:preview_version", args=[version.pk])
    text = "At {{ place }} for {{ contract.amount }} <script>: {{ nonsense }} {% x %}"
    page = client.post(preview, version_form(version, **{"clause-0-text": text})).content.decode()
    assert "At 〈Place〉 for 123,456.78 &lt;script&gt;: [nonsense]" in page
    for unknown in ("nonsense", "delivery_place", "{%"):
        assert unknown in page
    assert (
        client.post(
            reverse("contracts:edit_version", args=[version.pk]), version_form(version, **{"clause-1-is_out": "on"})
        ).url
        == version.get_absolute_url()
    )  # type: ignore[attr-defined]
    assert version.clauses.count() == version_of(language="en").clauses.count() - 1
    assert "no clause provides" in client.get(version.get_absolute_url()).content.decode()
    bad = version_form(TemplateVersion.objects.get(pk=version.pk), **{"clause-0-condition": "import os"})
    assert client.post(reverse("contracts:edit_version", args=[version.pk]), bad).status_code == 422


def test_the_page_says_why_others_decide_until_it_is_signed(company: Company) -> None:
    contract, client = draft(company, term_days=45), signed_in(company.alice)
    beyond = "The terms go beyond the credit account: they need approval as a deviation."
    assert client.get(contract.get_absolute_url()).content.decode().count(beyond) == 1
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    CreditAccount.objects.filter(customer=company.customer).update(term_days=60)  # what was submitted still says so
    page = client.get(contract.get_absolute_url()).content.decode()
    assert page.count(beyond) == 1
    assert "Up to 500,000 with a deviation" in page
    Contract.objects.filter(pk=contract.pk).update(state=ContractState.APPROVED)
    assert beyond in client.get(contract.get_absolute_url()).content.decode()
    Contract.objects.filter(pk=contract.pk).update(state=ContractState.SIGNED, signed_on=TODAY)
    assert beyond not in client.get(contract.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["key", "title", "condition"])
def test_a_clause_that_is_begun_is_not_dropped_in_silence(company: Company, name: str) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    count, at = version.clauses.count(), version.clauses.count()
    typed = version_form(version, **{"clause-TOTAL_FORMS": count + 1, f"clause-{at}-{name}": "begun"})
    address, client = reverse("contracts:edit_version", args=[version.pk]), signed_in(lena)
    refused = client.post(address, typed)
    assert refused.status_code == 422
    assert "A clause needs it." in refused.content.decode()
    assert 'value="begun"' in refused.content.decode()
    assert client.post(address, {**typed, f"clause-{at}-is_out": "on"}).status_code == 302
    assert version.clauses.count() == count


def test_templates_are_listed_with_their_versions(company: Company) -> None:
    client = signed_in(company.alice)
    page = client.get(reverse("contracts:templates")).content.decode()
    assert "Credit terms with guarantee" in page
    version = version_of("dealer")
    assert client.get(version.template.get_absolute_url()).status_code == 200
    assert "经销授权" in client.get(version.get_absolute_url()).content.decode()
