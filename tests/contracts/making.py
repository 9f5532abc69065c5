"""Contracts for tests: complete drafts of every kind, and their way to signing."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile

from contracts.models import Contract, TemplateVersion
from contracts.services.approving import submit_contract
from contracts.services.drafting import LineTerms, change_contract, draft_contract
from contracts.services.signing import ask_for_seal, decide_seal, sign_contract
from crm.accounts import roles
from crm.approvals.models import RequestStep, StepState, Verb
from crm.approvals.services import decide
from crm.core.models import LegalEntity
from customers.models import Customer
from tests.factories import Company, make_account, make_user

TODAY = dt.date(2026, 3, 31)
SCAN = b"%PDF-1.7 signed and sealed"
LINES = (
    LineTerms("精密轴承", "套", Decimal("120.5"), Decimal("88.80"), "6204-2RS"),
    LineTerms("润滑脂 Grease", "桶", Decimal(10), Decimal("230.00")),
)
OWN: dict[str, dict[str, str]] = {
    "text": {"zh": "上海市浦东新区张江路88号", "en": "88 Zhangjiang Road, Shanghai"},
    "number": {"zh": "7", "en": "7"},
    "money": {"zh": "300000.00", "en": "300000.00"},
    "date": {"zh": "2026-06-30", "en": "2026-06-30"},
}


def legal(username: str = "lena") -> Any:
    return make_user(username, roles.LEGAL)


def version_of(code: str = "sales", language: str = "zh") -> TemplateVersion:
    return TemplateVersion.objects.select_related("template").get(
        template__code=code, language=language, state="published"
    )


def prepare(company: Company, limit: str = "900000", term_days: int = 30) -> None:
    """The customer, the account and the legal entity as a contract needs them."""
    make_account(company.customer, limit, term_days=term_days, settlement="monthly")
    Customer.objects.filter(pk=company.customer.pk).update(
        uscc="91310000607299999A", address="苏州市星湖街328号", legal_representative="王强"
    )
    LegalEntity.objects.filter(pk=company.entity.pk).update(
        uscc="91310115MA1K4BXX0H", address="上海市张江路1号", bank_details="中国银行上海分行\n4563 5100"
    )
    for person in (company.alice, company.bob):
        person.refresh_from_db()


def complete_terms(version: TemplateVersion) -> dict[str, Any]:
    """Terms that leave nothing open in a draft of this version."""
    return {
        "starts_on": TODAY,
        "ends_on": TODAY + dt.timedelta(days=364),
        "customer_signatory": "王强",
        "customer_authority": "法定代表人",
        "our_signatory": "李敏",
        "our_authority": "授权委托书",
        "values": {each["name"]: OWN[each["kind"]][version.language] for each in version.variables},
    }


def draft(
    company: Company,
    code: str = "sales",
    language: str = "zh",
    actor: Any = None,
    currency: str = "CNY",
    **terms: Any,
) -> Contract:
    """A complete draft of alice's."""
    version = version_of(code, language)
    prepare(company)
    terms = {"lines": LINES, **complete_terms(version), **terms}
    return draft_contract(
        actor=actor or company.alice,
        customer_id=company.customer.pk,
        version_id=version.pk,
        legal_entity_id=company.entity.pk,
        currency=currency,
        on=TODAY,
        **terms,
    )


def again(contract: Contract) -> Contract:
    return Contract.objects.select_related("customer", "legal_entity", "template_version").get(pk=contract.pk)


def say(contract: Contract, actor: Any, verb: Verb = Verb.APPROVE, **more: Any) -> None:
    """One decision about the step that is open."""
    approval = contract.submissions.all()[0].approval
    step = RequestStep.objects.get(request=approval, state=StepState.OPEN)
    decide(request_id=approval.pk, step_id=step.pk, actor=actor, verb=verb, **{"on": TODAY, **more})


def approved(company: Company, **terms: Any) -> Contract:
    """A contract that the manager and the accountant approved."""
    contract = draft(company, **terms)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    for person in (company.mona, company.anna):
        say(contract, person)
    return again(contract)


def sealed(company: Company, **terms: Any) -> Contract:
    contract = approved(company, **terms)
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=legal(), contract_id=contract.pk, sealed=True, on=TODAY)
    return again(contract)


def signed(company: Company, **terms: Any) -> Contract:
    contract = sealed(company, **terms)
    sign_contract(
        actor=legal(),
        contract_id=contract.pk,
        file=ContentFile(SCAN, name="scan.pdf"),
        name="scan.pdf",
        signed_on=TODAY,
        on=TODAY,
    )
    return again(contract)


def change(contract: Contract, actor: Any, version: int | None = None, **terms: Any) -> Contract:
    return change_contract(actor=actor, contract_id=contract.pk, version=version, **terms)
