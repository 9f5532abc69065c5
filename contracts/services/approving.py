"""A complete draft sets out for approval; approved it waits for the seal, otherwise it is a draft again."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from contracts.contract_text import ContractText, keep_words, party_names, text_of
from contracts.errors import ContractIncomplete, ContractNotDraft
from contracts.figures import figures_of
from contracts.models import Contract, ContractState, Submission
from contracts.rules import contracts as rules
from contracts.services.drafting import MAY_DRAFT, lock_contract, lock_draft, must_be_kept
from contracts.words import in_words
from credit.selectors.accounts import grade_of
from crm.approvals.models import Decision, Request, RequestState, Verb
from crm.approvals.rules import Facts
from crm.approvals.services import submit
from crm.core.dates import business_today
from crm.core.locks import atomic_or_busy
from crm.core.money import to_base
from crm.core.rates import rate_on
from customers.services import record_event

KIND = "contract"


def submit_contract(
    *, actor: Any, contract_id: int, version: int | None = None, reason: str = "", on: dt.date | None = None
) -> Contract:
    """Submit a complete draft: its words are written out and stay. Sent twice it is submitted once.

    Clauses that differ from the template, terms beyond the credit account, prices below the owner's floor and payment
    that depends on a resale or an undated acceptance count as a deviation.

    A deviation is submitted with the reason for it. Whoever wrote any of it is passed over as an approver.

    `version` is the edition the applicant read: what nobody read is not submitted.

    Raises NotAllowed, ContractNotDraft, ContractChanged, ContractIncomplete, RateMissing, AmountTooLarge,
    ReasonMissing and what approvals raise.
    """
    today = on or business_today()
    with atomic_or_busy():
        try:
            contract = lock_draft(actor, contract_id, version)
        except ContractNotDraft:
            sent = lock_contract(actor, contract_id, MAY_DRAFT)
            last = sent.submissions.select_related("approval").first()
            if sent.state == ContractState.IN_APPROVAL and last and last.approval.applicant_id == actor.pk:
                return sent
            raise
        text = text_of(contract, on=today)
        lacking = rules.missing(text.drafted())
        if lacking:
            raise ContractIncomplete(items=in_words(lacking), codes=lacking)
        keep_words(text)
        customer, facts = contract.customer, facts_of(text, on=today)
        approval = submit(
            kind=KIND,
            variant=facts.variant,
            label=contract.number,
            applicant=actor,
            author_ids=contract.author_ids,
            customer_id=customer.pk,
            customer_name=customer.name,
            amount=facts.amount,
            days=facts.days,
            grade=facts.grade,
            deviation=facts.deviation,
            reason=reason,
            needs_reason=facts.deviation,
            figures=figures_of(text),
            team=customer.team or actor.team,
            on=today,
        )
        Submission.objects.create(contract=contract, approval=approval, edition=contract.version)
        contract.party_a, contract.party_b = party_names(contract)
        contract.state = ContractState.IN_APPROVAL
        contract.save(update_fields=["state", "party_a", "party_b"])
        record_event(
            customer_id=customer.pk,
            kind="contract_submitted",
            on=today,
            data={**event_data(contract), "deviation": approval.deviation},
            actor_id=actor.pk,
        )
    return contract


def facts_of(text: ContractText, *, on: dt.date) -> Facts:
    """What decides who approves a contract: its amount in base currency, at the rate of the day.

    Raises RateMissing, AmountTooLarge.
    """
    contract = text.contract
    grade = grade_of(contract.customer_id)
    amount = to_base(contract.amount, rate_on(currency=contract.currency, on=on))
    must_be_kept([amount])
    return Facts(amount, text.longest_days, grade, text.is_deviation, contract.kind)


def event_data(contract: Contract) -> dict[str, Any]:
    """What an event about a contract keeps."""
    return {
        "id": contract.pk,
        "number": contract.number,
        "kind": contract.kind,
        "title": contract.title,
        "amount": str(contract.amount),
        "currency": contract.currency,
    }


def on_decided(approval: Request) -> None:
    """Act on the decision in its transaction: approved, or a draft again in a new edition."""
    submission = Submission.objects.get(approval=approval)
    contract = Contract.objects.select_for_update(no_key=True).get(pk=submission.contract_id)
    on: dt.date = approval.decided_on or business_today()
    if approval.state == RequestState.APPROVED:
        contract.state = ContractState.APPROVED
    else:
        contract.state = ContractState.DRAFT
        contract.version += 1
    contract.save(update_fields=["state", "version"])
    last = approval.decisions.order_by("-pk").first()
    record_event(
        customer_id=contract.customer_id,
        kind="contract_decided",
        on=on,
        data={**event_data(contract), "state": approval.state},
        actor_id=last.actor_id if last else None,
    )


# What approvals ask about contracts
def figures_for(approvals: Sequence[Request]) -> dict[int, dict[str, Any]]:
    """Figures as they were submitted: what a contract says does not change while it is decided."""
    first = Decision.objects.filter(request__in=approvals, verb=Verb.SUBMIT).values_list("request_id", "figures")
    return dict(first)


def may_decrease(approval: Request) -> bool:
    """A contract is approved as it is, or not at all."""
    return False


def subject_of(approval: Request) -> int | None:
    """Key of the contract an approval is about."""
    return Submission.objects.filter(approval=approval).values_list("contract_id", flat=True).first()
