"""Pages of contracts and templates: what they show, what they refuse, how many queries they cost."""

import datetime as dt
import re
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from contracts.errors import AmountTooLarge
from contracts.models import Contract, ContractState
from contracts.services.approving import submit_contract
from contracts.services.drafting import change_clause
from contracts.services.ending import give_up_contract
from credit.models import CreditAccount
from crm.core.dates import business_today
from customers.models import Customer
from tests.contracts.making import SCAN, TODAY, again, change, draft, legal, prepare, sealed, signed, version_of
from tests.factories import Company, make_rate


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


def test_a_new_contract_sent_twice_is_drafted_once_and_takes_one_number(company: Company) -> None:
    prepare(company)
    client = signed_in(company.alice)
    start = reverse("contracts:new_contract", args=[company.customer.pk])
    key = client.get(start).context["form"]["idempotency_key"].value()
    given = {"version": version_of().pk, "legal_entity": company.entity.pk, "currency": "CNY", "idempotency_key": key}
    made = [client.post(start, given).headers["Location"] for _time in range(2)]
    other = client.post(start, {**given, "version": version_of("framework").pk})
    assert other.status_code == 422, "the key stands for what was asked for first"
    contract = Contract.objects.get()
    assert made == [contract.get_absolute_url()] * 2
    client.post(start, {**given, "idempotency_key": "another"})
    assert [contract.number[-1] for contract in Contract.objects.order_by("pk")] == ["1", "2"]


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
        "starts_on": "2026-04-01", "ends_on": "2099-03-31", "customer_authority": "法定代表人", "our_signatory": "李敏",
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


def test_the_second_editor_is_told_who_when_and_what_and_may_keep_his_own(company: Company) -> None:
    contract, lena = draft(company), legal()
    client, edit = signed_in(company.alice), reverse("contracts:edit_contract", args=[contract.pk])
    assert signed_in(lena).post(edit, form_of(contract, title="First", term_days=20)).status_code == 302
    typed = form_of(contract, title="Second", **{"line-1-quantity": "11"})
    refused = client.post(edit, typed)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Somebody else changed this contract" in page
    assert re.search(rf"{lena} saved it at \d{{4}}-\d\d-\d\d \d\d:\d\d", page)
    rows = re.findall(r"<tr><td>(.*?)</td><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>", page, re.DOTALL)
    assert rows[:3] == [
        ("Title", "First", "Second"),
        ("Term in days", "20", "30"),
        ("Lines", "润滑脂 Grease · 10 桶 × 230.00", "润滑脂 Grease · 11 桶 × 230.00"),
    ]
    assert 'value="Second"' in page
    assert "Keep mine" in page
    assert again(contract).title == "First"
    kept = re.search(r'name="edition" value="(\d+)"', page)
    assert kept is not None
    assert client.post(edit, {**typed, "edition": kept[1]}).status_code == 302
    assert (again(contract).title, again(contract).term_days) == ("Second", 30)


def test_what_one_sends_twice_oneself_is_no_conflict(company: Company) -> None:
    contract = draft(company)
    client, edit = signed_in(company.alice), reverse("contracts:edit_contract", args=[contract.pk])
    typed = form_of(contract, title="Twice", **{"plan-0-share": "100", "plan-0-due": "signing", "plan-0-days": "3"})
    assert client.post(edit, typed).status_code == 302
    saved = again(contract).version
    assert client.post(edit, typed).status_code == 302
    assert again(contract).plan.count() == 1
    assert again(contract).version == saved
    back = client.post(edit, {**typed, "title": "Third"})  # by the back button, with an old edition
    assert back.status_code == 422
    assert "You changed this contract yourself" in back.content.decode()
    assert "Somebody else" not in back.content.decode()
    assert again(contract).title == "Twice"


def test_the_second_editor_of_a_clause_keeps_his_own(company: Company) -> None:
    contract, lena = draft(company), legal()
    clause = contract.clauses.get(key="other")
    address = reverse("contracts:edit_clause", args=[contract.pk, clause.pk])
    assert signed_in(lena).post(address, {"edition": contract.version, "text": "Lena's words."}).status_code == 302
    client, typed = signed_in(company.alice), {"edition": contract.version, "text": "Alice's words."}
    page = client.post(address, typed).content.decode()
    assert "Lena&#x27;s words." in page
    assert f"{lena} saved it at" in page
    kept = re.search(r'name="edition" value="(\d+)"', page)
    assert kept is not None
    assert client.post(address, {**typed, "edition": kept[1]}).status_code == 302
    clause.refresh_from_db()
    assert clause.text == "Alice's words."
    assert client.post(address, typed).status_code == 302  # it says so already


@pytest.mark.repeats
@pytest.mark.parametrize("more", [{"edition": 1}, {}, {"edition": "²"}])
def test_what_a_colleague_changed_meanwhile_is_not_submitted_unread(company: Company, more: dict[str, Any]) -> None:
    contract = draft(company)
    change(contract, legal(), 1, title="改过的")
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


HUGE = "9999999999999999.99"


def test_all_that_is_wrong_with_a_draft_is_said_at_once(company: Company) -> None:
    contract = draft(company)
    typed = {
        "starts_on": "2026-04-01", "ends_on": "2026-03-31", "value_delivery_days": "-1", "value_late_rate": "1" * 13,
        "line-0-quantity": "0", "line-1-quantity": "99999999999", "line-1-price": HUGE,
    }  # fmt: skip
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    refused = signed_in(company.alice).post(edit, form_of(contract, **typed))
    page = refused.content.decode()
    for said in (
        "The last day must not be before the first day.",
        "It cannot be below 0.",
        "This figure is too large.",
        "A quantity must be above zero.",
        "This comes to more than",
    ):
        assert page.count(said) == 1, said
    assert "A line needs it." not in page
    assert (refused.status_code, again(contract).version) == (422, contract.version)


def test_the_form_of_a_draft_has_its_fields_in_groups(company: Company) -> None:
    contract = draft(company)
    page = signed_in(company.alice).get(reverse("contracts:edit_contract", args=[contract.pk])).content.decode()
    heads = ["The contract", "Terms of payment", "Who signs", "What the clauses leave open"]
    assert re.findall(r"<legend>([^<]+)</legend>", page.replace("\n", "")) == heads
    own = [each["name"] for each in contract.template_version.variables]
    assert all(page.count(f'name="value_{name}"') == 1 for name in own)


@pytest.mark.parametrize(
    "typed",
    [
        {"line-0-quantity": "99999999999", "line-0-price": HUGE},
        {"line-0-quantity": "1", "line-0-price": HUGE, "line-1-quantity": "1", "line-1-price": HUGE},
    ],
)
def test_lines_beyond_what_can_be_kept_are_said_and_stay_typed(company: Company, typed: dict[str, str]) -> None:
    contract = draft(company)
    edit = reverse("contracts:edit_contract", args=[contract.pk])
    refused = signed_in(company.alice).post(edit, form_of(contract, title="Typed", **typed))
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "This comes to more than 9,999,999,999,999,999.99." in page
    assert 'value="Typed"' in page
    assert HUGE in page
    assert (again(contract).amount, again(contract).version) == (contract.amount, contract.version)


def test_an_amount_beyond_it_in_base_currency_is_not_submitted(company: Company) -> None:
    make_rate("USD", "7.10", on="2026-01-01")
    contract = draft(company, "framework", lines=(), amount=Decimal(HUGE), currency="USD")
    with pytest.raises(AmountTooLarge):
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    assert again(contract).state == ContractState.DRAFT
    assert "This comes to more than" in signed_in(company.alice).get(contract.get_absolute_url()).content.decode()


@pytest.mark.repeats
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


def test_who_fills_in_what_the_customer_lacks_comes_back_to_the_contract(company: Company) -> None:
    contract = draft(company, starts_on=None, ends_on=None)
    Customer.objects.filter(pk=company.customer.pk).update(address="")
    client = signed_in(company.alice)
    page = client.get(contract.get_absolute_url()).content.decode()
    assert "<dd>–</dd>" in page  # no duration yet
    address = reverse("customers:edit", args=[company.customer.pk])
    assert f'href="{address}?back={contract.get_absolute_url()}"' in page
    profile = client.get(f"{address}?back={contract.get_absolute_url()}").context["form"].initial
    typed = {name: value for name, value in profile.items() if value not in (None, "")}
    typed |= {"uscc": "", "address": "星湖街328号", "version": Customer.objects.get(pk=company.customer.pk).version}
    own = company.customer.get_absolute_url()
    for back, goes_to in ((contract.get_absolute_url(), contract.get_absolute_url()), ("https://elsewhere.cn/", own)):
        saved = client.post(f"{address}?back={back}", typed)
        assert saved.url == goes_to  # type: ignore[attr-defined]
        typed["version"] += 1


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
    tomorrow = business_today() + dt.timedelta(days=1)
    page = signed_in(lena).post(sign, {"signed_on": tomorrow, "file": SimpleUploadedFile("a.pdf", SCAN)})
    assert "cannot be signed on a day that has not come" in page.content.decode()
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


@pytest.mark.thorough
def test_a_new_contract_begins_with_what_is_likely(company: Company) -> None:
    client, new = signed_in(company.alice), reverse("contracts:new_contract", args=[company.customer.pk])

    def proposed() -> list[Any]:
        form = client.get(new).context["form"]
        return [form["version"].initial, form["legal_entity"].initial]

    assert proposed() == [version_of(), company.entity], "the first template in Chinese, and the only company of ours"
    type(company.customer).objects.update(country="DE")
    assert proposed()[0] == version_of(language="en")
    draft(company, "framework")
    assert proposed()[0] == version_of("framework"), "as the last contract with the customer"
    page = client.get(new).content.decode()
    assert page.index('<optgroup label="Chinese">') < page.index('<optgroup label="English">')


def test_a_draft_says_what_is_missing_first_and_leads_to_where_it_is_filled_in(company: Company) -> None:
    contract = draft(company, values={})
    client, edit = signed_in(company.alice), reverse("customers:edit", args=[company.customer.pk])

    def shown() -> str:
        page = client.get(contract.get_absolute_url()).content.decode()
        return page[page.index('class="checklist"') :]

    assert shown().index("is-missing") < shown().index("Parties")
    assert reverse("contracts:edit_contract", args=[contract.pk]) in shown()
    assert edit not in shown()
    type(company.customer).objects.update(address="")
    assert edit in shown()


def test_a_contract_is_found_by_who_signs_and_by_its_amounts(company: Company) -> None:
    contract = draft(company)
    for words in ("李敏", "王强", "13,000.40", "10,700.40"):
        assert list(Contract.objects.search(words)) == [contract], words
    assert not Contract.objects.search("李敏 13,000.41").exists()


def test_contracts_saved_before_are_found_once_their_search_texts_are_written_again(
    company: Company, django_assert_num_queries: Any
) -> None:
    first, second = draft(company), draft(company)
    said = again(first).search_text
    Contract.objects.update(search_text="")
    with django_assert_num_queries(10):  # for one chunk and the empty one behind it, however many contracts it has
        call_command("rewrite_search", after=first.pk, stdout=StringIO())
    assert list(Contract.objects.search("李敏 13,000.40")) == [second]
    told = StringIO()
    call_command("rewrite_search", stdout=told)
    assert told.getvalue() == f"--after {second.pk}: 1 written\n"  # the other was as it is
    assert sorted(again(first).search_text.splitlines()) == sorted(said.splitlines())


def test_the_list_sorts_by_the_way_of_a_contract_adds_amounts_up_and_is_filtered(company: Company) -> None:
    drafted, going = draft(company), draft(company, amount=Decimal("500.00"), lines=(), code="framework")
    submit_contract(actor=company.alice, contract_id=going.pk, on=TODAY)
    give_up_contract(actor=company.alice, contract_id=draft(company).pk, reason="No deal", on=TODAY)
    client = signed_in(company.alice)

    def states(**asked: Any) -> list[str]:
        page = client.get(reverse("contracts:contracts"), asked).content.decode()
        return re.findall(r"Draft|In approval|Terminated", page[page.index("<tbody") : page.index("</tbody")])

    assert states(sort="state") == ["Draft", "In approval", "Terminated"]
    assert states(sort="-state") == ["Terminated", "In approval", "Draft"]
    assert states(template=going.template_version.template_id) == ["In approval"]
    assert states(amount_from="1,000") == ["Terminated", "Draft"]
    assert states(owner=company.alice.pk, amount_to="500", legal_entity=company.entity.pk) == ["In approval"]
    totals = client.get(reverse("contracts:contracts"), {"part": "totals"}).content.decode()
    # neither the volume of a framework contract nor a draft that was given up
    assert re.findall(r"[\d,]+\.\d\d", totals) == [f"{drafted.amount:,.2f}"]


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


@pytest.mark.thorough
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
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
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


def test_the_page_says_why_others_decide_until_it_is_signed(company: Company) -> None:
    contract, client = draft(company, term_days=45), signed_in(company.alice)
    beyond = "The terms go beyond the credit account: they need approval as a deviation."
    assert client.get(contract.get_absolute_url()).content.decode().count(beyond) == 1
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    CreditAccount.objects.filter(customer=company.customer).update(term_days=60)  # what was submitted still says so
    page = client.get(contract.get_absolute_url()).content.decode()
    assert page.count(beyond) == 1
    assert "Up to 500,000 with a deviation" in page
    Contract.objects.filter(pk=contract.pk).update(state=ContractState.APPROVED)
    page = client.get(contract.get_absolute_url()).content.decode()
    assert (beyond in page, "they were approved as a deviation" in page) == (False, True)
    Contract.objects.filter(pk=contract.pk).update(state=ContractState.SIGNED, signed_on=TODAY)
    assert beyond not in client.get(contract.get_absolute_url()).content.decode()
