"""Credit requests for tests: complete ones of every kind, and their way through the approvers."""

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile

from credit.models import CreditRequest
from credit.services import add_attachment, draft_request, submit_request
from crm.approvals.models import Request, RequestStep, StepState, Verb
from crm.approvals.services import decide
from tests.factories import Company, make_account, money

TODAY = dt.date(2026, 3, 31)
PDF = b"%PDF-1.7 a paper"


def asked(kind: str, **changes: Any) -> dict[str, Any]:
    """What a complete request of a kind says, for an account with a limit of 100,000 and 30 days."""
    said = {
        "new": {
            "wanted_limit": money(200_000),
            "wanted_term_days": 45,
            "wanted_settlement": "monthly",
            "purchase_estimate": money(90_000),
            "bank_reference": "Bank of China, Shanghai",
            "trade_reference": "Two suppliers, both content",
        },
        "increase": {"wanted_limit": money(300_000), "purchase_estimate": money(120_000)},
        "decrease": {"wanted_limit": money(50_000)},
        "term": {"wanted_term_days": 60},
        "settlement": {"wanted_settlement": "quarterly"},
        "instrument": {"wanted_instruments": ["cheque", "transfer"]},
        "temporary": {"wanted_limit": money(150_000), "until": TODAY + dt.timedelta(days=10)},
        "unfreeze": {"plan": "Paid by Friday"},
    }[kind]
    return {"reason": "They buy more", **said, **changes}


def prepare(company: Company, kind: str) -> None:
    """The account and the profile of a company in China as such a request needs them."""
    if kind == "new":
        make_account(company.customer)
        type(company.customer).objects.filter(pk=company.customer.pk).update(
            uscc="91310000607299999A",
            legal_form="limited",
            legal_representative="Wang",
            founded_on=dt.date(2015, 1, 1),
        )
    else:
        make_account(company.customer, "100000", status="frozen" if kind == "unfreeze" else "normal")


def draft(company: Company, kind: str = "increase", actor: Any = None, **changes: Any) -> CreditRequest:
    actor = actor or company.alice
    made = draft_request(actor=actor, customer_id=company.customer.pk, kind=kind, **asked(kind, **changes))
    if kind == "new":
        for paper in ("application", "statements"):
            add_attachment(
                actor=actor, request_id=made.pk, kind=paper, file=ContentFile(PDF, name="p.pdf"), name="p.pdf"
            )
    return made


def submitted(
    company: Company, kind: str = "increase", actor: Any = None, on: dt.date = TODAY, **changes: Any
) -> CreditRequest:
    """A request on its way, asked for by alice unless somebody else is named."""
    prepare(company, kind)
    made = draft(company, kind, actor, **changes)
    return submit_request(actor=actor or company.alice, request_id=made.pk, on=on)


def step_of(request: CreditRequest) -> RequestStep:
    return RequestStep.objects.get(request=request.approval, state=StepState.OPEN)


def say(request: CreditRequest, actor: Any, verb: Verb = Verb.APPROVE, on: dt.date = TODAY, **more: Any) -> Request:
    """One decision about the step that is open."""
    assert request.approval is not None
    return decide(request_id=request.approval.pk, step_id=step_of(request).pk, actor=actor, verb=verb, on=on, **more)


def approve_all(request: CreditRequest, *actors: Any, on: dt.date = TODAY) -> CreditRequest:
    for actor in actors:
        say(request, actor, on=on)
    return CreditRequest.objects.select_related("approval", "account").get(pk=request.pk)
