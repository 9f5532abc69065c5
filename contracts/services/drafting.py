"""Contracts are drafted from a published version of a template and changed while they are drafts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import pghistory

from contracts import contract_rules as rules
from contracts import plan_rules
from contracts.clause_text import known_names, problems_in
from contracts.contract_errors import (
    ClauseFaulty,
    ClauseFixed,
    ContractChanged,
    ContractNotDraft,
    CustomerBarred,
    DaysNotInOrder,
    PlanDoesNotAddUp,
    PlanNotWhole,
    StartsBeforeReplaced,
    StateForbids,
    VersionNotPublished,
)
from contracts.contract_words import search_text_of
from contracts.models import (
    Contract,
    ContractClause,
    ContractKind,
    ContractLine,
    ContractState,
    PaymentPart,
    TemplateVersion,
    VersionState,
)
from contracts.plan_rules import Part
from credit.instruments import all_instruments, in_order
from credit.models import CreditAccount, Settlement
from crm.core.dates import business_today
from crm.core.display import figure
from crm.core.errors import AmountNotPositive, CurrencyUnknown, LegalEntityUnknown, NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.models import Currency, LegalEntity
from crm.core.money import ZERO, round_money
from crm.core.numbering import next_number
from customers.models import Customer, CustomerState
from customers.services import record_event

MAY_DRAFT = "contracts.add_contract"
BARRED = (CustomerState.BLACKLISTED, CustomerState.CLOSED)
CHANGEABLE = (
    "title", "amount", "term_days", "settlement", "instruments", "starts_on", "ends_on", "customer_signatory",
    "customer_authority", "our_signatory", "our_authority", "values",
)  # fmt: skip


@dataclass(frozen=True)
class LineTerms:
    """A line as it is drafted: so much of a unit at a price in the currency of the contract."""

    description: str
    unit: str
    quantity: Decimal
    price: Decimal
    specification: str = ""

    @property
    def amount(self) -> Decimal:
        return round_money(self.quantity * self.price)


def draft_contract(
    *,
    actor: Any,
    customer_id: int,
    version_id: int,
    legal_entity_id: int,
    currency: str,
    lines: Sequence[LineTerms] = (),
    on: dt.date | None = None,
    **terms: Any,
) -> Contract:
    """Draft a contract with a customer the actor sees from a published version, whose clauses it copies.

    Terms that are not given are those of the customer's credit account. `terms` are CHANGEABLE. The number comes last.

    Raises NotAllowed, CustomerBarred, VersionNotPublished, LegalEntityUnknown, CurrencyUnknown, DaysNotInOrder,
    AmountNotPositive.
    """
    today = on or business_today()
    if not actor.has_perm(MAY_DRAFT) or not Customer.objects.visible_to(actor).filter(pk=customer_id).exists():
        raise NotAllowed
    with atomic_or_busy():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
        if customer.state in BARRED:
            raise CustomerBarred
        version = (
            TemplateVersion.objects.select_related("template")
            .filter(pk=version_id, state=VersionState.PUBLISHED)
            .first()
        )
        if version is None:
            raise VersionNotPublished
        entity = LegalEntity.objects.filter(pk=legal_entity_id, is_active=True).first()
        if entity is None:
            raise LegalEntityUnknown(id=legal_entity_id)
        if not Currency.objects.filter(code=currency, is_active=True).exists():
            raise CurrencyUnknown(code=currency)
        account = CreditAccount.objects.filter(customer=customer).first()
        known = {
            "term_days": account.term_days if account else 0,
            "settlement": account.settlement if account else Settlement.CASH,
            "instruments": account.instruments if account else all_instruments(),
            "title": version.title,
            "customer_signatory": customer.legal_representative,
        }
        contract = Contract(
            customer=customer,
            legal_entity=entity,
            template_version=version,
            kind=ContractKind(version.template.kind),
            language=version.language,
            owner=actor,
            currency=currency,
            created_by=actor,
            **{**known, **only(terms)},
        )
        clauses = [ContractClause(template_text=clause.text, **clause.own_words()) for clause in version.clauses.all()]
        made = drafted_lines(contract, lines)
        check_figures(contract)
        contract.number = f"C{today.year}-{next_number(f'contract-{today.year}'):05d}"
        contract.search_text = search_text_of(contract, clauses, made)
        contract.save()
        for clause in clauses:
            clause.contract = contract
        for line in made:
            line.contract = contract
        ContractClause.objects.bulk_create(clauses)
        ContractLine.objects.bulk_create(made)
        record_event(
            customer_id=customer.pk,
            kind="contract_drafted",
            on=today,
            data={"id": contract.pk, "number": contract.number, "kind": contract.kind, "title": contract.title},
            actor_id=actor.pk,
        )
    return contract


def only(terms: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in terms.items() if name in CHANGEABLE and value is not None}
    if "instruments" in known:
        known["instruments"] = in_order(known["instruments"])
    return known


def drafted_lines(contract: Contract, lines: Sequence[LineTerms]) -> list[ContractLine]:
    """Lines for the contract, whose amount becomes their sum."""
    made = [
        ContractLine(
            position=position,
            description=line.description,
            specification=line.specification,
            unit=line.unit,
            quantity=line.quantity,
            price=line.price,
            amount=line.amount,
        )
        for position, line in enumerate(lines, 1)
    ]
    for line in made:
        if line.quantity <= 0 or line.price < 0:
            raise AmountNotPositive
    if made:
        contract.amount = sum((line.amount for line in made), ZERO)
    return made


def check_figures(contract: Contract) -> None:
    if contract.amount < 0:
        raise AmountNotPositive
    if contract.starts_on and contract.ends_on and contract.ends_on < contract.starts_on:
        raise DaysNotInOrder
    replaced = contract.replaces
    if replaced and replaced.starts_on and contract.starts_on and contract.starts_on < replaced.starts_on:
        raise StartsBeforeReplaced(number=replaced.number, day=replaced.starts_on)


def must_be(contract: Contract, *states: ContractState) -> None:
    """Raises StateForbids."""
    if contract.state not in states:
        raise StateForbids(state=str(ContractState(contract.state).label))


def lock_contract(actor: Any, contract_id: int, permission: str) -> Contract:
    """A contract the actor sees and may work on, locked. Raises NotAllowed."""
    if not actor.has_perm(permission):
        raise NotAllowed
    visible = Contract.objects.visible_to(actor).filter(pk=contract_id)
    contract: Contract | None = (
        Contract.objects.filter(pk__in=visible.order_by().values("pk"))
        .select_for_update(no_key=True, of=("self",))
        .select_related("customer__team", "legal_entity", "template_version")
        .first()
    )
    if contract is None:
        raise NotAllowed
    return contract


def lock_draft(actor: Any, contract_id: int, version: int | None) -> Contract:
    """A draft in the edition the editor saw. Raises NotAllowed, ContractNotDraft, ContractChanged."""
    contract = lock_contract(actor, contract_id, MAY_DRAFT)
    if not contract.is_draft:
        raise ContractNotDraft
    if version is not None and version != contract.version:
        raise ContractChanged
    return contract


def change_contract(
    *,
    actor: Any,
    contract_id: int,
    version: int | None,
    lines: Sequence[LineTerms] | None = None,
    plan: Sequence[Part] | None = None,
    **terms: Any,
) -> Contract:
    """Change terms, and the lines and the payment plan where they are given, of a draft.

    Two editors of one draft: the second to save is told (`version` is the edition that was opened).

    Raises NotAllowed, ContractNotDraft, ContractChanged, DaysNotInOrder, StartsBeforeReplaced, AmountNotPositive,
    PlanDoesNotAddUp, PlanNotWhole.
    """
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, version)
        if "instruments" in terms:
            terms["instruments"] = in_order(terms["instruments"])
        for name, value in terms.items():
            if name in CHANGEABLE:
                setattr(contract, name, value)
        if lines is not None:
            made = drafted_lines(contract, lines)
            contract.lines.all().delete()
            for line in made:
                line.contract = contract
            ContractLine.objects.bulk_create(made)
        elif contract.lines.exists():
            contract.amount = sum(contract.lines.values_list("amount", flat=True), ZERO)
        if plan is not None:
            contract.plan.all().delete()
            PaymentPart.objects.bulk_create(
                PaymentPart(contract=contract, position=position, **asdict(part))
                for position, part in enumerate(plan, 1)
            )
        check_figures(contract)
        check_plan(contract)
        save_edition(contract)
    return contract


def check_plan(contract: Contract) -> None:
    """The plan of a contract comes to all of it. Raises PlanDoesNotAddUp, PlanNotWhole."""
    parts = [part.terms for part in contract.plan.all()]
    total = rules.fixed_total(contract.kind, contract.amount)
    if plan_rules.adds_up(parts, total):
        return
    if total is None:
        raise PlanNotWhole(shares=f"{plan_rules.shares_of(parts):f}")
    raise PlanDoesNotAddUp(planned=figure(plan_rules.planned(parts, total)), total=figure(total))


def save_edition(contract: Contract) -> None:
    """Keep a changed draft as its next edition."""
    clauses = list(contract.clauses.all())
    contract.changed_keys = [clause.key for clause in clauses if clause.deviates]
    contract.deviates = bool(contract.changed_keys)
    contract.version += 1
    contract.search_text = search_text_of(contract, clauses, list(contract.lines.all()))
    contract.save()


def change_clause(*, actor: Any, contract_id: int, version: int | None, clause_id: int, text: str) -> ContractClause:
    """Change the words of a negotiable clause, or strike it out by an empty text.

    Raises NotAllowed, ContractNotDraft, ContractChanged, ClauseFixed, ClauseFaulty.
    """
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, version)
        clause: ContractClause | None = contract.clauses.filter(pk=clause_id).first()
        if clause is None:
            raise NotAllowed
        if clause.is_fixed:
            raise ClauseFixed(title=clause.title)
        text = text.replace("\r\n", "\n").strip()
        faults = problems_in(text, known_names(contract.template_version.variables))
        if faults:
            raise ClauseFaulty(problems=", ".join(word for _kind, word in faults))
        clause.text = text
        clause.save(update_fields=["text"])
        save_edition(contract)
    return clause
