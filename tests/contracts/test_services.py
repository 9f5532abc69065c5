"""Contracts from draft to signing: what is refused, what is kept, what cannot be changed any more."""

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction

from contracts import contract_rules as rules
from contracts.contract_errors import (
    AuthorPublishes,
    ClauseFaulty,
    ClauseFixed,
    ContractChanged,
    ContractIncomplete,
    ContractNotDraft,
    CustomerBarred,
    CustomerNotIdentified,
    NotSealed,
    OwnSealRequest,
    ScanRefused,
    SignedBeforeApproved,
    StateForbids,
    TemplateFaulty,
    VersionChanged,
    VersionInWork,
    VersionNotPublished,
)
from contracts.contract_verification import verify_contracts
from contracts.contract_words import text_of
from contracts.models import Clause, Contract, ContractLanguage, ContractState, Template, TemplateVersion
from contracts.services.approving import submit_contract
from contracts.services.drafting import LineTerms, change_clause, draft_contract
from contracts.services.ending import (
    complete_contract,
    expire_contracts,
    give_up_contract,
    remind_of_ends,
    terminate_contract,
)
from contracts.services.signing import ask_for_seal, begin_performance, decide_seal, sign_contract
from contracts.services.templates import (
    faults_of,
    new_version,
    publish_version,
    return_to_draft,
    save_version,
    send_to_review,
)
from crm.approvals.models import RequestState, Verb
from crm.core.errors import NotAllowed, RateMissing, ReasonMissing
from crm.notices.models import Notice
from customers.models import Customer, TimelineEvent
from tests.contracts.making import (
    LINES,
    SCAN,
    TODAY,
    again,
    approved,
    change,
    draft,
    legal,
    say,
    sealed,
    signed,
    version_of,
)
from tests.factories import Company, make_account, make_rate

KINDS = ("sales", "framework", "service", "dealer", "credit-terms", "reconciliation")


@pytest.mark.django_db
def test_six_templates_are_there_in_both_languages_with_every_legal_element(db: None) -> None:
    assert [template.code for template in Template.objects.all()] == list(KINDS)
    for template in Template.objects.all():
        for language in ContractLanguage.values:
            version = version_of(template.code, language)
            assert faults_of(version.variables, list(version.clauses.all())) == [], version


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", KINDS)
def test_every_template_makes_a_complete_contract(company: Company, code: str, language: str) -> None:
    lines: Any = LINES if code in ("sales", "service") else ()
    amount = None if lines else Decimal("250000.00")
    contract = again(draft(company, code, language, lines=lines, amount=amount))
    text = text_of(contract)
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


def test_a_new_version_leaves_drafted_contracts_as_they_are(company: Company) -> None:
    contract, lena = draft(company), legal()
    before = [(clause.text, clause.template_text) for clause in contract.clauses.all()]
    old = version_of()
    new = new_version(actor=lena, template_id=old.template_id, language="zh")
    words = [{**clause.own_words(), "text": clause.text + "新增。"} for clause in new.clauses.all()]
    save_version(
        actor=lena, version_id=new.pk, edition=new.edition, title="买卖合同", variables=new.variables, clauses=words
    )
    send_to_review(actor=lena, version_id=new.pk)
    publish_version(actor=company.greg, version_id=new.pk, on=TODAY)
    assert version_of().number == 2
    assert TemplateVersion.objects.get(pk=old.pk).state == "retired"
    assert [(clause.text, clause.template_text) for clause in contract.clauses.all()] == before
    with pytest.raises(VersionNotPublished):
        draft_contract(
            actor=company.alice,
            customer_id=company.customer.pk,
            version_id=old.pk,
            legal_entity_id=company.entity.pk,
            currency="CNY",
            on=TODAY,
        )


def test_no_author_publishes_what_was_written(company: Company) -> None:
    lena, other = legal(), legal("leo")
    new = new_version(actor=lena, template_id=version_of().template_id, language="zh")
    with pytest.raises(VersionInWork):
        new_version(actor=other, template_id=version_of().template_id, language="zh")
    save_version(
        actor=other,
        version_id=new.pk,
        edition=1,
        title=new.title,
        variables=new.variables,
        clauses=[clause.own_words() for clause in new.clauses.all()],
    )
    with pytest.raises(VersionChanged):
        save_version(actor=lena, version_id=new.pk, edition=1, title="x", variables=[], clauses=[])
    send_to_review(actor=lena, version_id=new.pk)
    for author in (lena, other):
        with pytest.raises(AuthorPublishes):
            publish_version(actor=author, version_id=new.pk)
    with pytest.raises(NotAllowed):
        publish_version(actor=company.alice, version_id=new.pk)
    assert version_of().number == 1
    return_to_draft(actor=company.greg, version_id=new.pk)
    assert TemplateVersion.objects.get(pk=new.pk).state == "draft"


def test_a_version_with_faults_does_not_reach_legal(company: Company) -> None:
    lena = legal()
    new = new_version(actor=lena, template_id=version_of().template_id, language="zh")
    words = [clause.own_words() for clause in new.clauses.all() if "price" not in clause.elements]
    words[0] = {**words[0], "text": "{{ customer.secret }} {% x %}"}
    save_version(actor=lena, version_id=new.pk, edition=None, title="T", variables=new.variables, clauses=words)
    with pytest.raises(TemplateFaulty) as refused:
        send_to_review(actor=lena, version_id=new.pk)
    said = str(refused.value)
    assert "customer.secret" in said
    assert "{%" in said
    assert "Price" in said


def test_the_words_of_a_published_version_stay_in_the_database(company: Company) -> None:
    version = version_of()
    with pytest.raises(DatabaseError), transaction.atomic():
        Clause.objects.filter(version=version).update(text="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(title="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(state="draft")


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
        submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert codes <= set(refused.value.params["codes"])
    assert again(contract).state == ContractState.DRAFT
    assert not contract.submissions.exists()


def test_a_clause_struck_out_takes_its_element_along(company: Company) -> None:
    contract = draft(company)
    clause = contract.clauses.get(key="liability")
    change_clause(actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text=" ")
    with pytest.raises(ContractIncomplete) as refused:
        submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert refused.value.params["codes"] == ["liability"]


def test_a_standard_contract_goes_to_the_manager_and_finance(company: Company) -> None:
    contract = approved(company)
    assert contract.state == ContractState.APPROVED
    approval = contract.submissions.get().approval
    assert (approval.deviation, approval.rule.position, approval.variant) == (False, 1, "sales")
    assert not contract.is_in_force_on(TODAY)


def test_a_changed_clause_is_a_redline_and_goes_to_legal(company: Company) -> None:
    contract, lena = draft(company), legal()
    clause = contract.clauses.get(key="payment-date")
    words = clause.text.replace("开具发票之日", "月末对账之日")
    change_clause(actor=company.alice, contract_id=contract.pk, version=None, clause_id=clause.pk, text=words)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    approval = contract.submissions.get().approval
    assert approval.deviation
    figures = approval.decisions.first().figures  # type: ignore[union-attr]
    assert figures["deviations"] == [{"title": clause.title, "before": clause.template_text, "after": words}]
    for person in (company.mona, company.anna):
        say(contract, person)
    assert again(contract).state == ContractState.IN_APPROVAL
    say(contract, lena)
    assert again(contract).state == ContractState.APPROVED


@pytest.mark.parametrize("terms", [{"term_days": 45}, {"settlement": "yearly"}, {"instruments": ["cash", "transfer"]}])
def test_terms_beyond_the_account_count_as_a_deviation(company: Company, terms: dict[str, Any]) -> None:
    make_account(company.customer, instruments=["transfer", "cheque"])
    contract = draft(company, **terms)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    approval = contract.submissions.get().approval
    assert approval.deviation
    assert approval.decisions.first().figures["terms_exceed"]  # type: ignore[union-attr]


def test_a_large_amount_needs_the_general_manager(company: Company) -> None:
    legal()
    lines = [*LINES, LINES[0].__class__("机床", "台", Decimal(1), Decimal("500000.00"))]
    contract = draft(company, lines=lines)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
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
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    approval = contract.submissions.get().approval
    assert (approval.rule.position, approval.amount) == (position, Decimal(price) * Decimal("7.10"))
    assert approval.decisions.get().figures["amount"] == price  # in the currency of the contract, as it is signed


def test_without_an_exchange_rate_nothing_is_submitted(company: Company) -> None:
    make_rate("USD", "7.10", on="2026-01-01")
    contract = draft(company, currency="USD")
    with pytest.raises(RateMissing):
        submit_contract(actor=company.alice, contract_id=contract.pk, on=dt.date(2025, 12, 31))
    assert again(contract).state == ContractState.DRAFT
    assert not contract.submissions.exists()


def test_a_rejected_contract_is_a_draft_again_and_can_be_sent_again(company: Company) -> None:
    contract = draft(company)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY).submissions.count() == 1
    say(contract, company.mona, Verb.REJECT, reason="Too cheap")
    found = again(contract)
    assert (found.state, found.version) == (ContractState.DRAFT, 2)
    change(found, company.alice, 2, title="改过的")
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert contract.submissions.count() == 2
    states = [submission.approval.state for submission in contract.submissions.all()]
    assert states == [RequestState.SUBMITTED, RequestState.REJECTED]


def test_what_is_submitted_cannot_be_changed(company: Company) -> None:
    contract = draft(company)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
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
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    before = [each.written.text for each in text_of(again(contract)).clauses]
    Customer.objects.filter(pk=company.customer.pk).update(name="另一家公司", address="别处")
    assert [each.written.text for each in text_of(again(contract)).clauses] == before
    assert company.customer.name in before[0]


def test_a_label_inside_an_english_sentence_is_in_small_letters(company: Company) -> None:
    contract = draft(company, language="en", settlement="yearly")
    assert "the settlement is yearly." in "".join(each.written.text for each in text_of(again(contract)).clauses)


def test_the_seal_needs_approval_and_four_eyes(company: Company) -> None:
    contract, lena = draft(company), legal()
    with pytest.raises(StateForbids):
        ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    for person in (company.mona, company.anna):
        say(contract, person)
    with pytest.raises(NotSealed):
        decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    ask_for_seal(actor=lena, contract_id=contract.pk, on=TODAY)
    with pytest.raises(OwnSealRequest):
        decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    with pytest.raises(NotAllowed):
        decide_seal(actor=company.alice, contract_id=contract.pk, sealed=True, on=TODAY)
    with pytest.raises(ReasonMissing):
        decide_seal(actor=company.greg, contract_id=contract.pk, sealed=False, on=TODAY)
    decide_seal(actor=company.greg, contract_id=contract.pk, sealed=False, reason="Wrong copy", on=TODAY)
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    assert [asked.state for asked in contract.seal_requests.all()] == ["sealed", "refused"]


def test_signing_needs_the_seal_and_a_true_scan(company: Company) -> None:
    contract, lena = approved(company), legal()
    file = ContentFile(SCAN, name="scan.pdf")
    sign: dict[str, Any] = {"actor": lena, "contract_id": contract.pk, "signed_on": TODAY, "on": TODAY}
    with pytest.raises(NotSealed):
        sign_contract(file=file, name="scan.pdf", **sign)
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    for name, content in (("scan.exe", SCAN), ("scan.pdf", b"MZ"), ("scan.png", SCAN)):
        with pytest.raises(ScanRefused):
            sign_contract(file=ContentFile(content, name=name), name=name, **sign)
    assert again(contract).state == ContractState.APPROVED
    with pytest.raises(NotAllowed):
        sign_contract(file=file, name="scan.pdf", **{**sign, "actor": company.alice})


def test_no_contract_is_signed_before_it_was_approved(company: Company) -> None:
    contract = sealed(company)
    with pytest.raises(SignedBeforeApproved) as refused:
        sign_contract(
            actor=legal("lara"),
            contract_id=contract.pk,
            file=ContentFile(SCAN),
            name="scan.pdf",
            signed_on=TODAY - dt.timedelta(days=1),
            on=TODAY + dt.timedelta(days=9),
        )
    assert refused.value.params["day"] == TODAY
    assert (again(contract).state, again(contract).signed_on) == (ContractState.APPROVED, None)


def test_nothing_is_sealed_or_signed_with_who_is_not_identified(company: Company) -> None:
    customers = type(company.customer).objects.filter(pk=company.customer.pk)
    contract = approved(company)
    customers.update(state="prospect")
    with pytest.raises(CustomerNotIdentified):
        ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert not contract.seal_requests.exists()
    customers.update(state="active")
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=legal(), contract_id=contract.pk, sealed=True, on=TODAY)
    customers.update(state="lead")
    with pytest.raises(CustomerNotIdentified):
        sign_contract(
            actor=legal(),
            contract_id=contract.pk,
            file=ContentFile(SCAN, name="scan.pdf"),
            name="scan.pdf",
            signed_on=TODAY,
            on=TODAY,
        )
    assert again(contract).state == ContractState.APPROVED


def test_a_signed_contract_is_locked_with_its_scan(company: Company) -> None:
    contract = signed(company)
    assert (contract.state, contract.signed_on) == (ContractState.SIGNED, TODAY)
    assert contract.scan.checksum == hashlib.sha256(SCAN).hexdigest()
    assert contract.is_in_force_on(TODAY)
    assert not contract.is_in_force_on(TODAY + dt.timedelta(days=365))
    for changes in ({"amount": 1}, {"term_days": 99}, {"values": {}}, {"state": "draft"}, {"signed_on": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Contract.objects.filter(pk=contract.pk).update(**changes)
    for rows in (contract.clauses, contract.lines):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        type(contract.scan).objects.update(checksum="0")
    with pytest.raises(DatabaseError), transaction.atomic():
        contract.delete()
    assert list(verify_contracts()) == []


def test_a_contract_is_performed_then_completed(company: Company) -> None:
    contract = signed(company)
    begin_performance(contract=contract)
    begin_performance(contract=contract)
    assert again(contract).state == ContractState.IN_PERFORMANCE
    with pytest.raises(NotAllowed):
        complete_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    complete_contract(actor=company.greg, contract_id=contract.pk, on=TODAY)
    assert again(contract).state == ContractState.COMPLETED


def test_a_contract_is_terminated_with_a_reason(company: Company) -> None:
    contract = signed(company)
    with pytest.raises(ReasonMissing):
        terminate_contract(actor=company.greg, contract_id=contract.pk, reason=" ", on=TODAY)
    with pytest.raises(NotAllowed):
        terminate_contract(actor=company.alice, contract_id=contract.pk, reason="x", on=TODAY)
    terminate_contract(actor=company.greg, contract_id=contract.pk, reason="Insolvent", on=TODAY)
    found = again(contract)
    assert (found.state, found.end_reason, found.ended_on) == (ContractState.TERMINATED, "Insolvent", TODAY)
    with pytest.raises(StateForbids):
        terminate_contract(actor=company.greg, contract_id=contract.pk, reason="again", on=TODAY)


def test_a_draft_is_given_up_and_keeps_its_number(company: Company) -> None:
    contract = draft(company)
    with pytest.raises(StateForbids):
        terminate_contract(actor=company.greg, contract_id=contract.pk, reason="x", on=TODAY)
    give_up_contract(actor=company.alice, contract_id=contract.pk, reason="No deal", on=TODAY)
    assert draft(company).number == "C2026-00002"
    assert list(verify_contracts()) == []


def test_contracts_expire_and_their_owners_are_told_before(company: Company) -> None:
    contract = signed(company)
    last = contract.ends_on
    assert last is not None
    days = [91, 90, 89, 60, 31, 30, 29, 0]
    told = [remind_of_ends(on=last - dt.timedelta(days=left)) for left in days]
    assert told == [0, 1, 0, 1, 0, 1, 0, 0]
    notice = Notice.objects.filter(user=company.alice, kind="contract_ending").first()
    assert notice is not None
    assert expire_contracts(on=last) == 0
    assert expire_contracts(on=last + dt.timedelta(days=1)) == 1
    found = again(contract)
    assert (found.state, found.ended_on) == (ContractState.EXPIRED, last + dt.timedelta(days=1))
    assert expire_contracts(on=last + dt.timedelta(days=2)) == 0


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


@pytest.mark.usefixtures("sealed_one")
def test_seal_and_signing_stand_on_the_timeline(company: Company) -> None:
    kinds = set(TimelineEvent.objects.filter(customer=company.customer).values_list("kind", flat=True))
    assert {"contract_drafted", "contract_submitted", "contract_decided", "contract_sealed"} <= kinds


@pytest.fixture
def sealed_one(company: Company) -> Contract:
    return sealed(company)
