"""Pages of one contract: what it is, its forms, its files."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.contract_text import ContractText, text_of
from contracts.documents import boxes, contract_docx, contract_pdf
from contracts.errors import ClauseFixed, ContractChanged, ContractNotDraft
from contracts.forms.contracts import ClauseTextForm, ContractForm, NewContractForm
from contracts.models import (
    Contract,
    ContractClause,
    ContractState,
    Delivery,
    PaymentPart,
    SealRequest,
)
from contracts.rules import contracts as rules
from contracts.rules.payment_plans import DELIVERY, INVOICE, SIGNING, falls_due
from contracts.selectors.performance import orders_of_term, performance_of
from contracts.selectors.proposals import proposed_version
from contracts.selectors.versions import History, history_of
from contracts.services.approving import KIND, facts_of
from contracts.services.drafting import MAY_DRAFT, change_clause, change_contract, draft_contract
from contracts.services.ending import MAY_TERMINATE
from contracts.services.originals import MAY_LEND
from contracts.services.signing import MAY_SEAL, MAY_SIGN
from contracts.views.conflicts import Conflict, Difference, conflict_of, keeping, line_words, of_fields, of_rows
from contracts.words import ITEMS, due_words, standing_of
from credit.models import CreditAccount
from crm.approvals.models import Request
from crm.approvals.selectors.inbox import preview
from crm.approvals.services import pick_rule
from crm.approvals.views import page_context
from crm.audit.registry import audit_url
from crm.core.dates import business_today
from crm.core.display import figure
from crm.core.errors import DomainError
from crm.core.language import in_chinese
from crm.core.models import LegalEntity
from crm.core.money import base_currency
from crm.core.pages import FormView, RecordView, parts_of
from crm.core.permissions import requires, visible_or_404
from crm.core.registry import registry
from crm.core.uploads import handed_out
from customers.models import Customer

SEE = "contracts.view_contract"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class ContractPage(RecordView[Contract]):
    """One contract: where it stands, what is next, its words with what deviates, its lines, its way."""

    model = Contract
    permission = SEE
    template_name = "contracts/contracts/page.html"
    select_related = ("customer__team", "legal_entity", "template_version__template", "owner", "created_by", "replaces")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        contract, user = self.record, request.user
        text = text_of(contract)
        history = history_of(contract, user)
        seals = list(contract.seal_requests.select_related("asked_by", "decided_by"))
        sees_customer = Customer.objects.visible_to(user).filter(pk=contract.customer_id).exists()
        context: dict[str, Any] = {
            "text": text,
            "standing": standing_of(contract) if contract.state in rules.OVER else "",
            "customer": contract.customer,
            "sees_customer": sees_customer,
            "seals": seals,
            "scan": getattr(contract, "scan", None),
            "changes_url": audit_url(contract),
            "history": history,
            "follower": history.follows(contract),
            **actions_of(contract, seals, history, user),
        }
        if contract.signed_on:
            context |= originals_context(contract, user)
        if contract.signed_on and contract.is_current and user.has_perm("contracts.view_order"):
            context |= performance_context(request, contract, sees_customer=sees_customer)
        if text.plan:
            context["plan"] = plan_context(text, history, context.get("parts", ()), user)
        last = contract.submissions.select_related("approval").first()
        if last is not None:
            approval = Request.objects.select_related("applicant", "team", "chain", "rule").get(pk=last.approval_id)
            context = {**page_context(approval, user), **context, "approval": approval}
        if contract.is_draft:
            context |= {"balance": text.balance, **draft_context(text, user)}
        elif last is not None:
            told = {decision.pk for step in context["way"] for decision in step.decisions}  # on the way itself
            said = [decision for decision in context["decisions"] if decision.pk not in told]
            context |= {"rule": approval.rule, "decisions": said}
        if contract.state in rules.UNFINISHED:
            context["warnings"] = warnings_of(text, context.get("figures", {}))
            context["is_decided"] = self.record.state not in (ContractState.DRAFT, ContractState.IN_APPROVAL)
            context["boxes"] = boxes(text)
        return {**context, "record": contract}


def warnings_of(text: ContractText, submitted: dict[str, Any]) -> dict[str, Any]:
    """Why others than the first two decide: of a draft as it is, later as it was submitted, whatever came since."""
    if text.contract.is_draft:
        return {
            "terms_exceed": text.terms_exceed,
            "exceeding": text.exceeding,
            "longest_days": text.longest_days,
            "holding": text.holding,
            "limit": text.account.limit if text.account else None,
            "below_floor": text.below_floor,
            "risky_payment": text.is_risky,
            "annexed_terms": text.annexed_terms,
        }
    names = (
        "terms_exceed",
        "exceeding",
        "longest_days",
        "holding",
        "limit",
        "below_floor",
        "risky_payment",
        "annexed_terms",
    )
    return {name: submitted.get(name) for name in names}


def actions_of(contract: Contract, seals: list[SealRequest], history: History, user: Any) -> dict[str, bool]:
    """What the user can do next."""
    approved = contract.state == ContractState.APPROVED
    sealed = any(seal.state == SealRequest.State.SEALED for seal in seals)
    asked = next((seal for seal in seals if seal.state == SealRequest.State.ASKED), None)
    in_force = contract.state in rules.IN_FORCE
    # The version that holds is neither changed nor ended while another is under way; that one may be ended.
    holds = in_force and contract.is_current and history.in_work is None
    return {
        "may_amend": holds and user.has_perm(MAY_DRAFT),
        "may_edit": contract.is_draft and user.has_perm(MAY_DRAFT),
        "may_ask_seal": approved and not sealed and asked is None and user.has_perm(MAY_DRAFT),
        "may_seal": approved and asked is not None and asked.asked_by_id != user.pk and user.has_perm(MAY_SEAL),
        "may_sign": approved and sealed and user.has_perm(MAY_SIGN),
        "may_complete": holds and user.has_perm(MAY_TERMINATE),
        "may_terminate": (holds or approved or (in_force and not contract.is_current)) and user.has_perm(MAY_TERMINATE),
    }


def originals_context(contract: Contract, user: Any) -> dict[str, Any]:
    """Where the paper original is, and who had it."""
    today = business_today()
    loans = list(contract.loans.select_related("borrower", "lent_by", "taken_back_by"))
    return {
        "shows_original": True,
        "loans": [(loan, loan.badge(today)) for loan in loans],
        "original_out": any(loan.is_out for loan in loans),
        "may_lend": user.has_perm(MAY_LEND),
    }


def plan_context(text: ContractText, history: History, parts: Iterable[Any], user: Any) -> list[dict[str, Any]]:
    """The payment plan, with the day each part falls due as far as that is known and the reader may know it.

    An amendment goes on with the plan of its term: days after signing are counted from the first signing of that.
    """
    contract, today = text.contract, business_today()
    since: dict[str, dt.date | None] = {}
    if contract.signed_on:
        since[SIGNING] = history.term_signed_on(contract)
        delivered = Delivery.objects.visible_to(user).filter(reversal=None, **orders_of_term(contract, "order__"))
        since[DELIVERY] = delivered.aggregate(first=Min("on"))["first"]
        since[INVOICE] = next((found for _title, _template, part in parts if (found := part.get("first_on"))), None)
    language = "zh" if in_chinese() else "en"
    rows = []
    for part, amount in zip(text.plan, text.plan_amounts, strict=True):
        day = falls_due(part.terms, since)
        words = due_words(part, language)
        rows.append({"part": part, "amount": amount, "words": words, "day": day, "is_due": day and day <= today})
    return rows


def performance_context(request: HttpRequest, contract: Contract, *, sees_customer: bool) -> dict[str, Any]:
    """What became of a signed contract. Who sees it only because of an approval sees no order of its customer."""
    if not sees_customer:
        return {"hides_performance": True}
    user: Any = request.user
    in_force = contract.is_in_force_on(business_today())
    return {
        "performance": performance_of(contract, user),
        "may_order": in_force and user.has_perm("contracts.add_order"),
        "parts": parts_of(registry.contract_parts, request, contract),
    }


# What a contract prints of its customer as the customer's own form has it
OF_CUSTOMER = ("customer.name", "customer.uscc", "customer.document", "customer.address", "customer.representative")


def draft_context(text: ContractText, user: Any) -> dict[str, Any]:
    """What is there and what is missing, and whom the contract would reach."""
    contract = text.contract
    items = rules.checklist(text.drafted())
    rule, way, problem = None, [], ""
    try:
        rule = pick_rule(kind=KIND, facts=facts_of(text, on=business_today()))
        team = contract.customer.team or user.team
        way = preview(rule, applicant_id=user.pk, team=team, author_ids=contract.author_ids)
    except DomainError as error:
        problem = str(error)
    of_customer = any(name in OF_CUSTOMER for name in text.unresolved)
    return {
        "items": [(ITEMS[code], there) for code, there in sorted(items, key=lambda item: item[1])],
        "customer_lacks": of_customer and user.has_perm("customers.change_customer"),
        "is_complete": all(there for _code, there in items),
        "rule": rule,
        "way": way,
        "problem": problem,
    }


class NewContract(FormView):
    """A contract begins as a draft."""

    form_class, permission = NewContractForm, MAY_DRAFT
    submit = gettext_lazy("Draft the contract")
    customer: Customer

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)

    def page_title(self) -> str:
        return _("New contract: %(customer)s") % {"customer": self.customer.name}

    def form_kwargs(self) -> dict[str, Any]:
        """What is likely is chosen already; a form that is sent twice drafts one contract."""
        entities = list(LegalEntity.objects.filter(is_active=True)[:2])
        return {
            "initial": {
                "version": proposed_version(self.customer),
                "legal_entity": entities[0] if len(entities) == 1 else None,
                "currency": base_currency(),
                "idempotency_key": uuid4().hex,
            }
        }

    def perform(self, form: NewContractForm) -> str:
        data = form.cleaned_data
        made = draft_contract(
            actor=self.request.user,
            customer_id=self.customer.pk,
            version_id=data["version"].pk,
            legal_entity_id=data["legal_entity"].pk,
            currency=data["currency"].pk,
            idempotency_key=data["idempotency_key"],
        )
        return made.get_absolute_url()

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()


class OfContract(FormView):
    """A form about one contract."""

    contract: Contract

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.contract = visible_or_404(
            Contract.objects.select_related("customer", "template_version"), request.user, pk=kwargs["pk"]
        )

    def cancel_url(self) -> str:
        return self.contract.get_absolute_url()


class EditContract(OfContract):
    """Terms, values and lines of a draft."""

    form_class, permission, wide = ContractForm, MAY_DRAFT, True
    template_name = "contracts/contracts/edit.html"
    conflict: Conflict | None = None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        super().prepare(request, **kwargs)
        if not self.contract.is_draft:
            raise ContractNotDraft

    def page_title(self) -> str:
        return f"{self.contract.number} {self.contract.title}"

    def form_kwargs(self) -> dict[str, Any]:
        account = CreditAccount.objects.filter(customer=self.contract.customer_id).first()
        return {"contract": self.contract, "account": account}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return keeping(self.conflict)

    def perform(self, form: ContractForm) -> str:
        try:
            change_contract(
                actor=self.request.user,
                contract_id=self.contract.pk,
                version=form.cleaned_data["edition"],
                **form.terms(),
            )
        except ContractChanged:
            self.show_conflict(form)
            raise
        return self.contract.get_absolute_url()

    def show_conflict(self, form: ContractForm) -> None:
        self.contract.refresh_from_db()
        contract, terms, language = self.contract, form.terms(), "zh" if in_chinese() else "en"
        saved = ContractForm(**self.form_kwargs())
        found = of_fields(form, saved.initial)
        found.append(of_rows(_("Lines"), map(line_words, contract.lines.all()), map(line_words, terms["lines"])))
        found.append(
            of_rows(
                _("Payment plan"),
                (part_words(part, due_words(part, language)) for part in contract.plan.all()),
                (part_words(part, due_words(PaymentPart(**asdict(part)), language)) for part in terms["plan"]),
            )
        )
        self.conflict = conflict_of(contract, "version", form, self.request.user, found, url=self.request.path)


def part_words(part: Any, due: str) -> str:
    """A part of a payment plan in one row."""
    whole = f"{part.share.normalize():f} %" if part.share is not None else figure(part.amount)
    return " · ".join(word for word in (whole, due, part.note) if word)


class EditClause(OfContract):
    """The words of a negotiable clause of a draft."""

    form_class, permission, wide = ClauseTextForm, MAY_DRAFT, True
    template_name = "contracts/contracts/clause.html"
    clause: ContractClause
    conflict: Conflict | None = None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        super().prepare(request, **kwargs)
        self.clause = get_object_or_404(ContractClause, contract=self.contract, pk=kwargs["clause_pk"])
        if not self.contract.is_draft:
            raise ContractNotDraft
        if self.clause.is_fixed:
            raise ClauseFixed(title=self.clause.title)

    def page_title(self) -> str:
        return f"{self.contract.number}: {self.clause.title}"

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"edition": self.contract.version, "text": self.clause.text}}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"clause": self.clause, "contract": self.contract, **keeping(self.conflict)}

    def perform(self, form: ClauseTextForm) -> str:
        try:
            change_clause(
                actor=self.request.user,
                contract_id=self.contract.pk,
                version=form.cleaned_data["edition"],
                clause_id=self.clause.pk,
                text=form.cleaned_data["text"],
            )
        except ContractChanged:
            self.contract.refresh_from_db()
            self.clause.refresh_from_db()
            found = [Difference(_("Text"), self.clause.text, form.cleaned_data["text"].replace("\r\n", "\n"))]
            self.conflict = conflict_of(self.contract, "version", form, self.request.user, found, url=self.request.path)
            raise
        return self.contract.get_absolute_url()


def found_text(request: HttpRequest, pk: int) -> ContractText:
    contracts = Contract.objects.select_related("customer", "legal_entity", "template_version", "replaces")
    return text_of(visible_or_404(contracts, request.user, pk=pk))


@requires(SEE)
def download_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The contract as PDF."""
    text = found_text(request, pk)
    return saved(contract_pdf(text), f"{text.contract.file_name}.pdf", "application/pdf")


@requires(SEE)
def download_docx(request: HttpRequest, pk: int) -> HttpResponse:
    """The contract as a Word file, with the same content."""
    text = found_text(request, pk)
    return saved(contract_docx(text), f"{text.contract.file_name}.docx", WORD)


def saved(content: bytes, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=content_type, headers=headers)


@requires(SEE)
def scan(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The signed scan, to those who see the contract; saved, never shown in our own pages."""
    contract = visible_or_404(Contract, request.user, pk=pk)
    found = getattr(contract, "scan", None)
    if found is None:
        raise Http404
    return handed_out(found)
