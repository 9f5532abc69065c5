"""Contracts are drafted from a published version of a template and changed while they are drafts."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from decimal import Decimal
from typing import Any

import pghistory
from django.utils.translation import gettext as _

from contracts.amount_words import LARGEST
from contracts.clause_text import known_names, problems_in
from contracts.contract_text import search_text_of
from contracts.errors import (
    AmountTooLarge,
    ClauseFaulty,
    ClauseFixed,
    ContractChanged,
    ContractChangedByYou,
    ContractNotDraft,
    CustomerBarred,
    DaysNotInOrder,
    PlanDoesNotAddUp,
    PlanNotWhole,
    ProductNotSold,
    ProductPricedTwice,
    StartsBeforeReplaced,
    StateForbids,
    ValueNotTaken,
    VersionNotPublished,
)
from contracts.models import (
    Contract,
    ContractClause,
    ContractKind,
    ContractLine,
    ContractState,
    PaymentPart,
    Product,
    TemplateVersion,
    VersionState,
)
from contracts.rules import contracts as rules
from contracts.rules import payment_plans as plan_rules
from contracts.rules.library import LIBRARY
from contracts.rules.orders import line_amount
from contracts.rules.payment_plans import Part
from contracts.selectors.balances import fill_balance
from contracts.selectors.editing import is_own
from credit.instruments import all_instruments, in_order
from credit.models import CreditAccount, Settlement
from crm.core.currencies import places_of
from crm.core.dates import business_today
from crm.core.display import figure
from crm.core.errors import AmountNotPositive, CurrencyUnknown, LegalEntityUnknown, NotAllowed
from crm.core.idempotency import claim, fingerprint_of
from crm.core.language import in_chinese
from crm.core.locks import atomic_or_busy
from crm.core.models import Currency, LegalEntity
from crm.core.money import ZERO, check_places
from crm.core.numbering import next_number
from customers.models import Customer, CustomerState
from customers.rules import PERSON
from customers.services import record_event

MAY_DRAFT = "contracts.add_contract"
BARRED = (CustomerState.BLACKLISTED, CustomerState.CLOSED)
CHANGEABLE = (
    "title", "amount", "term_days", "settlement", "instruments", "starts_on", "ends_on", "customer_signatory",
    "customer_authority", "our_signatory", "our_authority", "values",
)  # fmt: skip


@dataclass(frozen=True)
class LineTerms:
    """A line as it is drafted: so much of a unit at a price in the currency of the contract.

    One that names a product is in the unit of that and, where it has no description, bears its name; both are in the
    language of the contract.
    """

    description: str
    unit: str
    quantity: Decimal
    price: Decimal
    specification: str = ""
    product_id: int | None = None


def draft_contract(
    *,
    actor: Any,
    customer_id: int,
    version_id: int,
    legal_entity_id: int,
    currency: str,
    lines: Sequence[LineTerms] = (),
    on: dt.date | None = None,
    idempotency_key: str = "",
    **terms: Any,
) -> Contract:
    """Draft a contract with a customer the actor sees from a published version, whose clauses it copies.

    Terms that are not given are those of the customer's credit account, the balance a reconciliation agreement confirms
    that of the ledger. `terms` are CHANGEABLE. The number comes last.
    Sent again with its key, the contract that was drafted is answered: a form sent twice takes one number.

    Raises NotAllowed, IdempotencyConflict, CustomerBarred, VersionNotPublished, LegalEntityUnknown, CurrencyUnknown,
    DaysNotInOrder, AmountNotPositive, AmountTooLarge, AmountPlaces, ProductNotSold, ProductPricedTwice, ValueNotTaken.
    """
    today = on or business_today()
    if not actor.has_perm(MAY_DRAFT) or not Customer.objects.visible_to(actor).filter(pk=customer_id).exists():
        raise NotAllowed
    head: dict[str, Any] = {"version": version_id, "legal_entity": legal_entity_id, "currency": currency}
    figures = fingerprint_of(customer=customer_id, lines=list(map(astuple, lines)), terms=terms, **head)
    with atomic_or_busy():
        claimed = claim("draft_contract", idempotency_key, figures)
        if claimed.earlier:
            earlier: Contract = Contract.objects.get(pk=claimed.earlier[0])
            return earlier
        customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
        if customer.state in BARRED:
            raise CustomerBarred
        version = published_version(version_id)
        entity, places = billed_by(legal_entity_id, currency)
        account = CreditAccount.objects.filter(customer=customer).first()
        contract = Contract(
            customer=customer,
            legal_entity=entity,
            template_version=version,
            kind=ContractKind(version.template.kind),
            language=version.language,
            owner=actor,
            currency=currency,
            created_by=actor,
            author_ids=[actor.pk],
            **{**terms_from(account, version, customer), **only(terms)},
        )
        clauses = [ContractClause(template_text=clause.text, **clause.own_words()) for clause in version.clauses.all()]
        fill_balance(contract, terms, on=today)
        check_typed(contract, terms, lines, places=places)
        made = drafted_lines(contract, lines, places)
        check_figures(contract)
        check_values(contract)
        contract.number = f"C{today.year}-{next_number(f'contract-{today.year}'):05d}"
        contract.search_text = search_text_of(contract, clauses, made)
        contract.save()
        write_rows(contract, clauses, made)
        record_event(
            customer_id=customer.pk,
            kind="contract_drafted",
            on=today,
            data={"id": contract.pk, "number": contract.number, "kind": contract.kind, "title": contract.title},
            actor_id=actor.pk,
        )
        claimed.finish(contract.pk)
    return contract


def published_version(version_id: int) -> TemplateVersion:
    """A version of a template that contracts may be drafted from. Raises VersionNotPublished."""
    versions = TemplateVersion.objects.select_related("template")
    usable = versions.filter(state=VersionState.PUBLISHED).exclude(template__kind=LIBRARY)
    version: TemplateVersion | None = usable.filter(pk=version_id).first()
    if version is None:
        raise VersionNotPublished
    return version


def billed_by(legal_entity_id: int, currency: str) -> tuple[LegalEntity, int]:
    """Who sells, and the places of the currency it bills in. Raises LegalEntityUnknown, CurrencyUnknown."""
    entity = LegalEntity.objects.filter(pk=legal_entity_id, is_active=True).first()
    if entity is None:
        raise LegalEntityUnknown(id=legal_entity_id)
    billed = Currency.objects.filter(code=currency, is_active=True).first()
    if billed is None:
        raise CurrencyUnknown(currency=currency)
    return entity, billed.places


def terms_from(account: CreditAccount | None, version: TemplateVersion, customer: Customer) -> dict[str, Any]:
    """What a draft begins with: the terms of the credit account, without one cash at once; title and signatory."""
    return {
        "term_days": account.term_days if account else 0,
        "settlement": account.settlement if account else Settlement.CASH,
        "instruments": account.instruments if account else all_instruments(),
        "title": version.title,
        "customer_signatory": signatory_of(customer),
    }


def write_rows(contract: Contract, *kinds: Sequence[Any]) -> None:
    """Keep rows that were made for a contract before it was kept: clauses, lines, parts of the plan."""
    for rows in filter(None, kinds):
        for row in rows:
            row.contract = contract
        type(rows[0]).objects.bulk_create(rows)


def signatory_of(customer: Customer) -> str:
    """Who signs for a customer unless somebody else is named: a person, or the legal representative of a company."""
    return customer.legal_representative or (customer.name[:80] if customer.form == PERSON else "")


def only(terms: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in terms.items() if name in CHANGEABLE and value is not None}
    if "instruments" in known:
        known["instruments"] = in_order(known["instruments"])
    return known


def check_typed(
    contract: Contract,
    terms: Mapping[str, Any],
    lines: Sequence[LineTerms] | None,
    plan: Sequence[Part] | None = None,
    *,
    places: int,
) -> None:
    """Amounts that are given fit the currency of the contract. Raises AmountPlaces."""
    typed = [terms.get("amount"), *(line.price for line in lines or ()), *(part.amount for part in plan or ())]
    for amount in typed:
        if amount is not None:
            check_places(amount, currency=contract.currency, places=places)


def drafted_lines(contract: Contract, lines: Sequence[LineTerms], places: int) -> list[ContractLine]:
    """Lines for the contract, whose amount becomes their sum.

    Raises AmountNotPositive, AmountTooLarge, ProductNotSold, ProductPricedTwice.
    """
    must_be_kept(line.quantity * line.price for line in lines)
    products = named_products(lines)
    made = [
        ContractLine(
            position=position,
            product=products.get(line.product_id),
            description=line.description or named(products.get(line.product_id), contract.language),
            specification=line.specification,
            unit=counted(products.get(line.product_id), contract.language) or line.unit,
            quantity=line.quantity,
            price=line.price,
            amount=line_amount(line.quantity, line.price, places),
        )
        for position, line in enumerate(lines, 1)
    ]
    for line in made:
        if line.quantity <= 0 or line.price < 0:
            raise AmountNotPositive(amount=min(line.quantity, line.price))
    if made:
        contract.amount = sum((line.amount for line in made), ZERO)
        must_be_kept([contract.amount])
    return made


def named_products(lines: Sequence[LineTerms]) -> dict[int | None, Product]:
    """Products that lines name, each at one price. Raises ProductNotSold, ProductPricedTwice."""
    prices: dict[int, Decimal] = {}
    products: dict[int | None, Product] = dict(Product.objects.in_bulk({line.product_id for line in lines} - {None}))
    for line in lines:
        if line.product_id is None:
            continue
        product = products.get(line.product_id)
        if product is None:
            raise ProductNotSold(product="")
        if prices.setdefault(line.product_id, line.price) != line.price:
            raise ProductPricedTwice(product=str(product))
    return products


def named(product: Product | None, language: str) -> str:
    """The name of a product in the language of a contract."""
    if product is None:
        return ""
    return product.name_zh if language == "zh" else product.name_en or product.name_zh


def counted(product: Product | None, language: str) -> str:
    """The unit of a product in the language of a contract."""
    if product is None:
        return ""
    return product.unit_zh if language == "zh" else product.unit_en


def must_be_kept(amounts: Iterable[Decimal]) -> None:
    """Raises AmountTooLarge."""
    if any(abs(amount) > LARGEST for amount in amounts):
        raise AmountTooLarge(largest=figure(LARGEST))


def check_values(contract: Contract) -> None:
    """What stands for the template's own variables is filled in, not written. Raises ValueNotTaken."""
    own = {each["name"]: each for each in contract.template_version.variables}
    for name, value in contract.values.items():
        if not rules.is_value(str(value)):
            variable = own.get(name, {})
            label = variable.get("label_zh" if in_chinese() else "label_en", name)
            raise ValueNotTaken(label=label, most=rules.LONGEST_VALUE)


def check_figures(contract: Contract) -> None:
    """Raises AmountNotPositive, DaysNotInOrder, StartsBeforeReplaced."""
    if contract.amount < 0:
        raise AmountNotPositive(amount=contract.amount)
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
    refuse_stale(actor, contract, version)
    return contract


def refuse_stale(actor: Any, contract: Contract, version: int | None) -> None:
    """Raises ContractChanged when the draft was saved after this edition; it says so where it was oneself."""
    if version is not None and version != contract.version:
        raise ContractChangedByYou if is_own(contract, "version", version, actor) else ContractChanged


def terms_of_line(line: ContractLine) -> LineTerms:
    """A line as it was drafted."""
    return LineTerms(line.description, line.unit, line.quantity, line.price, line.specification, line.product_id)


def says_already(
    contract: Contract,
    terms: Mapping[str, Any],
    lines: Sequence[LineTerms] | None,
    plan: Sequence[Part] | None,
    *,
    places: int,
) -> bool:
    """Whether a draft holds all of this: what is sent twice changes nothing the second time."""
    saved = [terms_of_line(line) for line in contract.lines.all()]
    if lines is not None and [terms_of_line(line) for line in drafted_lines(contract, lines, places)] != saved:
        return False
    if plan is not None and list(plan) != [part.terms for part in contract.plan.all()]:
        return False
    summed = {"amount"} if saved else set()  # the lines say it
    return all(
        getattr(contract, name) == value for name, value in terms.items() if name in CHANGEABLE and name not in summed
    )


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

    Two editors of one draft: the second to save is told (`version` is the edition that was opened), unless it says
    already what he or she saves.

    Raises NotAllowed, ContractNotDraft, ContractChanged, DaysNotInOrder, StartsBeforeReplaced, AmountNotPositive,
    AmountTooLarge, AmountPlaces, PlanDoesNotAddUp, PlanNotWhole, ProductNotSold, ProductPricedTwice, ValueNotTaken.
    """
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, None)
        places = places_of(contract.currency)
        check_typed(contract, terms, lines, plan, places=places)
        if "instruments" in terms:
            terms["instruments"] = in_order(terms["instruments"])
        if (
            version is not None
            and version != contract.version
            and says_already(contract, terms, lines, plan, places=places)
        ):
            return contract
        refuse_stale(actor, contract, version)
        for name, value in terms.items():
            if name in CHANGEABLE:
                setattr(contract, name, value)
        if lines is not None:
            made = drafted_lines(contract, lines, places)
            contract.lines.all().delete()
            write_rows(contract, made)
        elif contract.lines.exists():
            contract.amount = sum(contract.lines.values_list("amount", flat=True), ZERO)
        if plan is not None:
            contract.plan.all().delete()
            PaymentPart.objects.bulk_create(
                PaymentPart(contract=contract, position=position, **asdict(part))
                for position, part in enumerate(plan, 1)
            )
        check_figures(contract)
        check_values(contract)
        check_plan(contract, places)
        save_edition(contract, actor)
    return contract


def check_plan(contract: Contract, places: int) -> None:
    """The plan of a contract comes to all of it. Raises PlanDoesNotAddUp, PlanNotWhole."""
    parts = [part.terms for part in contract.plan.all()]
    total = rules.fixed_total(contract.kind, contract.amount)
    if plan_rules.adds_up(parts, total, places):
        return
    if total is None:
        raise PlanNotWhole(shares=f"{plan_rules.shares_of(parts):f}")
    raise PlanDoesNotAddUp(
        planned=figure(plan_rules.planned(parts, total, places), places), total=figure(total, places)
    )


def save_edition(contract: Contract, author: Any) -> None:
    """Keep a changed draft as its next edition, by one author more."""
    if author.pk not in contract.author_ids:
        contract.author_ids = [*contract.author_ids, author.pk]
    clauses = list(contract.clauses.all())
    contract.changed_keys = [clause.key for clause in clauses if clause.deviates]
    contract.deviates = bool(contract.changed_keys)
    contract.version += 1
    annexes = list(contract.annexes.annexed())
    contract.search_text = search_text_of(contract, clauses, list(contract.lines.all()), annexes)
    contract.save()


def change_clause(*, actor: Any, contract_id: int, version: int | None, clause_id: int, text: str) -> ContractClause:
    """Change the words of a negotiable clause, or strike it out by an empty text.

    Raises NotAllowed, ContractNotDraft, ContractChanged, ClauseFixed, ClauseFaulty.
    """
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, None)
        clause: ContractClause | None = contract.clauses.filter(pk=clause_id).first()
        if clause is None:
            raise NotAllowed
        if clause.is_fixed:
            raise ClauseFixed(title=clause.title)
        text = text.replace("\r\n", "\n").strip()
        if version is not None and version != contract.version and clause.text == text:
            return clause
        refuse_stale(actor, contract, version)
        faults = problems_in(text, known_names(contract.template_version.variables))
        if faults:
            raise ClauseFaulty(problems=_(", ").join(word for _kind, word in faults))
        clause.text = text
        clause.save(update_fields=["text"])
        save_edition(contract, actor)
    return clause
