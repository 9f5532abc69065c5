"""Contracts from draft to signing: what is refused, what is kept, what cannot be changed any more."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from contracts.contract_text import text_of, values_of
from contracts.errors import (
    ClauseFaulty,
    ClauseFixed,
    ContractChanged,
    ContractIncomplete,
    ContractNotDraft,
    CustomerBarred,
    ValueNotTaken,
)
from contracts.models import Contract, ContractLanguage, ContractState, Template
from contracts.rules import contracts as rules
from contracts.services.approving import submit_contract
from contracts.services.drafting import LineTerms, change_clause
from contracts.services.templates import (
    faults_of,
)
from contracts.verification.contracts import verify_contracts
from credit.models import CreditAccount
from crm.accounts import roles
from crm.accounts.models import User
from crm.approvals.errors import NobodyToDecide, OwnWords
from crm.approvals.models import RequestState, RequestStep, Verb
from crm.approvals.selectors.inbox import waiting
from crm.approvals.services.delegating import delegate_to
from crm.core.dates import business_today
from crm.core.errors import NotAllowed, RateMissing
from customers.models import Customer, TimelineEvent
from tests.contracts.making import (
    LINES,
    TODAY,
    again,
    approved,
    change,
    draft,
    legal,
    say,
    version_of,
)
from tests.contracts.test_pages import signed_in
from tests.contracts.test_payment_plan import share
from tests.factories import Company, make_account, make_rate

KINDS = ("sales", "framework", "service", "dealer", "credit-terms", "reconciliation")


@pytest.mark.django_db
def test_six_templates_are_there_in_both_languages_with_every_legal_element(db: None) -> None:
    templates = Template.objects.exclude(kind="library")
    assert [template.code for template in templates] == list(KINDS)
    for template in templates:
        for language in ContractLanguage.values:
            version = version_of(template.code, language)
            assert faults_of(version.variables, list(version.clauses.all())) == [], version


@pytest.mark.repeats
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", KINDS)
def test_every_template_makes_a_complete_contract(company: Company, code: str, language: str) -> None:
    lines: Any = LINES if code in ("sales", "service") else ()
    amount = None if lines else Decimal("250000.00")
    contract = again(draft(company, code, language, lines=lines, amount=amount))
    text = text_of(contract, on=TODAY)
    assert rules.missing(text.drafted()) == []
    assert not text.is_risky
    assert not any("{{" in each.written.text or "[" in each.written.text for each in text.clauses)


def test_a_draft_copies_the_version_and_adds_up_its_lines(company: Company) -> None:
    contract = draft(company)
    assert contract.number == "C2026-00001"
    assert contract.amount == Decimal("13000.40")
    assert (contract.term_days, contract.settlement, contract.state) == (30, "monthly", ContractState.DRAFT)
    copied = [(clause.key, clause.text, clause.template_text) for clause in contract.clauses.all()]
    assert copied == [(clause.key, clause.text, clause.text) for clause in version_of().clauses.all()]
    assert TimelineEvent.objects.filter(customer=company.customer, kind="contract_drafted").exists()
    assert list(verify_contracts()) == []


def test_two_editors_of_one_draft_get_a_conflict(company: Company) -> None:
    contract = draft(company)
    opened = contract.version
    change(contract, company.alice, opened, title="先保存的")
    with pytest.raises(ContractChanged):
        change(contract, company.alice, opened, title="后保存的")
    clause = contract.clauses.get(key="other")
    with pytest.raises(ContractChanged):
        change_clause(
            actor=company.alice, contract_id=contract.pk, version=opened, clause_id=clause.pk, text="后保存的"
        )
    assert again(contract).title == "先保存的"
    assert not again(contract).deviates


def test_a_fixed_clause_is_refused_by_service_and_database(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="parties")
    with pytest.raises(ClauseFixed):
        change_clause(actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        contract.clauses.filter(pk=clause.pk).update(text="x")


def test_an_unknown_variable_in_a_clause_is_refused(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="other")
    with pytest.raises(ClauseFaulty):
        change_clause(
            actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text="{{ user.password }}"
        )
    assert not again(contract).deviates


@pytest.mark.parametrize(
    ("terms", "codes"),
    [
        ({"lines": ()}, {"subject", "quantity", "variables"}),
        ({"ends_on": None}, {"term", "variables"}),
        ({"customer_authority": ""}, {"signatories", "variables"}),
        ({"instruments": []}, {"payment_form", "variables"}),
        ({"values": {}}, {"delivery", "acceptance", "liability", "variables"}),
    ],
)
def test_what_lacks_a_legal_element_is_not_submitted(company: Company, terms: dict[str, Any], codes: set[str]) -> None:
    contract = draft(company)
    change(contract, company.alice, **terms)
    with pytest.raises(ContractIncomplete) as refused:
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    assert codes <= set(refused.value.params["codes"])
    assert again(contract).state == ContractState.DRAFT
    assert not contract.submissions.exists()


@pytest.mark.parametrize(
    "value", ["上海市。" * 31, "Beijing.\nNotwithstanding clause 7 the Buyer may pay within 720 days."]
)
def test_a_value_is_filled_in_and_no_clause(company: Company, value: str) -> None:
    contract = draft(company)
    with pytest.raises(ValueNotTaken) as refused:
        change(contract, company.alice, values={**contract.values, "delivery_place": value}, title="Other")
    assert refused.value.params["label"] == "Place of delivery"
    kept = again(contract)
    assert (kept.values, kept.title) == (contract.values, contract.title)


@pytest.mark.parametrize(
    ("name", "element"), [("late_rate", "liability"), ("delivery_days", "delivery"), ("inspection_days", "acceptance")]
)
@pytest.mark.parametrize("value", ["0", "0.00", "-3"])
def test_a_number_of_nought_provides_no_legal_element(company: Company, name: str, element: str, value: str) -> None:
    contract = draft(company)
    change(contract, company.alice, values={**contract.values, name: value})
    with pytest.raises(ContractIncomplete) as refused:
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    assert refused.value.params["codes"] == [element]
    page = signed_in(company.alice).get(contract.get_absolute_url()).content.decode()
    assert "These must be above zero:" in page


def test_a_clause_struck_out_takes_its_element_along(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="liability")
    change_clause(actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text=" ")
    with pytest.raises(ContractIncomplete) as refused:
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    assert refused.value.params["codes"] == ["liability"]


def test_a_standard_contract_goes_to_the_manager_and_finance(company: Company) -> None:
    contract = approved(company)
    assert contract.state == ContractState.APPROVED
    approval = contract.submissions.get().approval
    assert (approval.deviation, approval.rule.position, approval.variant) == (False, 1, "sales")
    page = signed_in(company.alice).get(contract.get_absolute_url()).content.decode()
    assert (
        page.count("said-approve") == approval.decisions.filter(verb=Verb.APPROVE).count() > 0
    )  # each stands there once
    shown = signed_in(company.mona).get(approval.get_absolute_url()).content.decode()
    assert "Place of delivery" in shown
    assert contract.values["delivery_place"] in shown
    assert not contract.is_in_force_on(TODAY)


def test_a_changed_clause_is_a_redline_and_goes_to_legal(company: Company) -> None:
    contract, lena = draft(company), legal()
    clause = contract.clauses.get(key="payment-date")
    words = clause.text.replace("付款起算日后", "月末对账之日后")
    change_clause(actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text=words)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    approval = contract.submissions.get().approval
    assert approval.deviation
    figures = approval.decisions.first().figures  # type: ignore[union-attr]
    (change,) = figures["deviations"]  # the words that will be signed, with what variables stand for
    assert "付款起算日后30日内" in change["before"]
    assert "月末对账之日后30日内" in change["after"]
    for address in (contract.get_absolute_url(), approval.get_absolute_url()):
        shown = signed_in(company.mona).get(address).content.decode()
        assert '<ins class="redline-in">月末对账之' in shown
        assert "term_days" not in shown
    for person in (company.mona, company.anna):
        say(contract, person)
    assert again(contract).state == ContractState.IN_APPROVAL
    say(contract, lena)
    assert again(contract).state == ContractState.APPROVED


@pytest.mark.parametrize("terms", [{"term_days": 45}, {"settlement": "yearly"}, {"instruments": ["cash", "transfer"]}])
def test_terms_beyond_the_account_count_as_a_deviation(company: Company, terms: dict[str, Any]) -> None:
    make_account(company.customer, instruments=["transfer", "cheque"])
    contract = draft(company, **terms)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    approval = contract.submissions.get().approval
    assert approval.deviation
    assert approval.decisions.first().figures["terms_exceed"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("amount", "currency", "exceeds"),
    [("900000.00", "CNY", False), ("900000.01", "CNY", True), ("126000.00", "USD", False), ("127000.00", "USD", True)],
)
def test_a_contract_that_grants_a_higher_limit_than_the_account_has_is_a_deviation(
    company: Company, amount: str, currency: str, exceeds: bool
) -> None:
    make_rate("USD", "7.10", on="2026-01-01")
    contract = draft(company, "credit-terms", lines=(), amount=Decimal(amount), currency=currency)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    approval = contract.submissions.get().approval
    figures = approval.decisions.get().figures
    assert (approval.deviation, figures["exceeding"]) == (exceeds, ["limit"] if exceeds else [])
    assert CreditAccount.objects.get(customer=company.customer).limit == Decimal(900000)
    page = signed_in(company.alice).get(contract.get_absolute_url()).content.decode()
    assert ("Signing it does not change the limit" in page) is exceeds


def test_a_sales_contract_grants_no_limit(company: Company) -> None:
    lines = [LineTerms("机床", "台", Decimal(1), Decimal("900001.00"))]
    assert text_of(again(draft(company, lines=lines))).exceeding == []


def test_it_says_that_orders_are_held_until_the_account_is_changed_too(company: Company) -> None:
    on = business_today()  # what waits for somebody is seen until it expires
    contract = draft(company, term_days=60, settlement="yearly", starts_on=on, ends_on=on + dt.timedelta(days=364))
    said = "orders under it are held until an approved credit request does."
    asked = [reverse("credit:new_request", args=[company.customer.pk, kind]) for kind in ("term", "settlement")]
    page = signed_in(company.alice).get(contract.get_absolute_url()).content.decode()
    assert said in page
    assert all(f'href="{address}"' in page for address in asked)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=on)
    approval = contract.submissions.get().approval
    for address in (reverse("approvals:inbox"), approval.get_absolute_url(), contract.get_absolute_url()):
        page = signed_in(company.mona).get(address).content.decode()
        assert said in page
        assert all(f'href="{each}"' in page for each in asked)
    assert signed_in(company.alice).get(asked[0]).status_code == 200


def test_a_deviation_is_submitted_with_the_reason_for_it(company: Company) -> None:
    contract, client = draft(company, term_days=60), signed_in(company.alice)
    ask = reverse("contracts:submit_deviation", args=[contract.pk]) + f"?edition={contract.version}"
    assert f'href="{ask}"' in client.get(contract.get_absolute_url()).content.decode()
    plain = reverse("contracts:submit_contract", args=[contract.pk])
    assert "Please give a reason." in client.post(plain, {"edition": contract.version}, follow=True).content.decode()
    assert client.post(ask, {"edition": contract.version, "reason": " "}).status_code == 422
    assert client.post(ask, {"edition": contract.version + 1, "reason": "Seen"}).status_code == 422
    assert again(contract).state == ContractState.DRAFT
    assert not contract.submissions.exists()
    assert client.post(ask, {"edition": contract.version, "reason": "A year's volume is agreed"}).status_code == 302
    assert contract.submissions.get().approval.reason == "A year's volume is agreed"


def test_a_standard_contract_needs_none_and_its_title_is_no_reason(company: Company) -> None:
    contract = approved(company)
    approval = contract.submissions.get().approval
    assert approval.reason == ""
    page = signed_in(company.mona).get(approval.get_absolute_url()).content.decode()
    assert contract.title in page
    assert '<span class="quiet">Reason</span>' not in page


def test_a_plan_that_waits_longer_holds_no_order(company: Company) -> None:
    text = text_of(again(change(draft(company), company.alice, plan=[share("100", "signing", 90)])))
    assert (text.exceeding, text.holding) == (["wait"], [])


def test_a_large_amount_needs_the_general_manager(company: Company) -> None:
    legal()
    lines = [*LINES, LINES[0].__class__("机床", "台", Decimal(1), Decimal("500000.00"))]
    contract = draft(company, lines=lines)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    for person in (company.mona, company.anna):
        say(contract, person)
    assert again(contract).state == ContractState.IN_APPROVAL
    say(contract, company.greg)
    assert again(contract).state == ContractState.APPROVED


@pytest.mark.parametrize(("price", "position"), [("70000.00", 1), ("71000.00", 3)])
def test_a_contract_in_foreign_currency_is_routed_by_its_amount_in_base_currency(
    company: Company, price: str, position: int
) -> None:
    make_rate("USD", "7.10", on="2026-01-01")
    lines = [LineTerms("机床", "台", Decimal(1), Decimal(price))]
    contract = draft(company, lines=lines, currency="USD")
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    approval = contract.submissions.get().approval
    assert (approval.rule.position, approval.amount) == (position, Decimal(price) * Decimal("7.10"))
    assert approval.decisions.get().figures["amount"] == price  # in the currency of the contract, as it is signed


def test_without_an_exchange_rate_nothing_is_submitted(company: Company) -> None:
    make_rate("USD", "7.10", on="2026-01-01")
    contract = draft(company, currency="USD")
    with pytest.raises(RateMissing):
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=dt.date(2025, 12, 31))
    assert again(contract).state == ContractState.DRAFT
    assert not contract.submissions.exists()


def test_a_rejected_contract_is_a_draft_again_and_can_be_sent_again(company: Company) -> None:
    contract = draft(company)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    assert (
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY).submissions.count()
        == 1
    )
    say(contract, company.mona, Verb.REJECT, reason="Too cheap")
    found = again(contract)
    assert (found.state, found.version) == (ContractState.DRAFT, 2)
    change(found, company.alice, 2, title="改过的")
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    assert contract.submissions.count() == 2
    states = [submission.approval.state for submission in contract.submissions.all()]
    assert states == [RequestState.SUBMITTED, RequestState.REJECTED]


def test_what_is_submitted_cannot_be_changed(company: Company) -> None:
    contract = draft(company)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    with pytest.raises(ContractNotDraft):
        change(contract, company.alice, title="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        contract.clauses.update(final="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        contract.lines.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(amount=1)


def test_the_words_stay_when_the_customer_changes_its_name(company: Company) -> None:
    contract = draft(company)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    before = [each.written.text for each in text_of(again(contract)).clauses]
    Customer.objects.filter(pk=company.customer.pk).update(name="另一家公司", address="别处")
    assert [each.written.text for each in text_of(again(contract)).clauses] == before
    assert company.customer.name in before[0]


def test_a_label_inside_an_english_sentence_is_in_small_letters(company: Company) -> None:
    contract = draft(company, language="en", settlement="yearly")
    assert values_of(again(contract), [], None)["account.settlement"] == "yearly"


def test_strangers_and_barred_customers_get_no_contract(company: Company) -> None:
    for stranger in (company.charlie, company.anna):
        with pytest.raises(NotAllowed):
            draft(company, actor=stranger)
    Customer.objects.filter(pk=company.customer.pk).update(state="blacklisted")
    with pytest.raises(CustomerBarred):
        draft(company)
    assert not Contract.objects.exists()


def test_a_stranger_sees_and_changes_nothing(company: Company) -> None:
    contract = draft(company)
    assert not Contract.objects.visible_to(company.charlie).exists()
    with pytest.raises(NotAllowed):
        change(contract, company.charlie, title="x")
    assert again(contract).title == "买卖合同"


def test_contracts_are_found_by_their_words_in_both_languages(company: Company) -> None:
    standard, english = draft(company), draft(company, language="en")
    clause = standard.clauses.get(key="other")
    found = Contract.objects.search
    assert set(found("逾期")) == {standard}
    assert set(found("retention of title")) == {english}
    assert set(found("所有权保留")) == {standard}
    assert set(found("force majeure")) == {english}
    assert set(found("轴承")) == {standard, english}
    assert set(found("轴承 grease")) == {standard, english}
    assert set(found("C2026-00002")) == {english}
    assert set(found(company.customer.name)) == {standard, english}
    change_clause(
        actor=company.alice, contract_id=standard.pk, version=None, clause_id=clause.pk, text="甲方免费提供培训。"
    )
    assert set(found("免费 培训")) == {standard}
    assert set(found("书面形式，由双方签字")) == set()  # what was struck out is not there any more
    assert set(found("逾期")) == {standard}  # what was kept is
    assert set(found("免费 逾期")) == {standard}


def test_an_account_that_grants_cash_only_makes_cash_the_proposal(company: Company) -> None:
    contract = draft(company)
    make_account(company.customer, None, term_days=0, settlement="cash")
    assert text_of(again(contract)).terms_exceed


class TestAuthors:
    """Whoever wrote any of a contract is passed over as its approver."""

    def test_the_legal_who_changed_a_clause_does_not_approve_the_deviation(self, company: Company) -> None:
        contract, lena, leo = draft(company), legal(), legal("leo")
        clause = contract.clauses.get(key="payment-date")
        words = clause.text.replace("付款起算日后", "月末对账之日后")
        change_clause(actor=lena, contract_id=contract.pk, version=None, clause_id=clause.pk, text=words)
        change(contract, company.alice, title="改过的")
        assert again(contract).author_ids == [company.alice.pk, lena.pk]
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
        for person in (company.mona, company.anna):
            say(contract, person)
        approval = contract.submissions.get().approval
        step = RequestStep.objects.get(request=approval, state="open")
        assert list(step.assignments.values_list("user_id", flat=True)) == [leo.pk]
        delegate_to(actor=leo, delegate=lena, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        assert approval not in waiting(lena, TODAY)
        with pytest.raises(OwnWords):  # nor as a stand-in
            say(contract, lena)
        assert again(contract).state == ContractState.IN_APPROVAL
        assert not approval.decisions.filter(actor=lena).exists()
        say(contract, leo)
        assert again(contract).state == ContractState.APPROVED

    def test_the_manager_who_set_the_amount_is_passed_over(self, company: Company) -> None:
        contract = change(draft(company), company.mona, title="经理改过")
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
        step = RequestStep.objects.get(request=contract.submissions.get().approval, state="open")
        assert company.mona.pk not in step.assignments.values_list("user_id", flat=True)
        with pytest.raises((OwnWords, NotAllowed)):
            say(contract, company.mona)
        assert contract.submissions.get().approval.decisions.count() == 1

    def test_where_nobody_else_is_left_nothing_is_submitted(self, company: Company) -> None:
        User.objects.filter(groups__name=roles.GENERAL_MANAGER).update(is_active=False)
        contract, lena = draft(company, term_days=60), legal()
        change(contract, lena, title="法务改过")
        with pytest.raises(NobodyToDecide):
            submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
        assert again(contract).state == ContractState.DRAFT
        assert not contract.submissions.exists()
