"""The text of a contract: its clauses filled in, what is missing, what deviates, by which words it is found."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from contracts.clause_text import (
    Written,
    as_amount,
    as_date,
    holds,
    known_names,
    names_in,
    redline,
    write,
)
from contracts.models import (
    Annex,
    Contract,
    ContractClause,
    ContractLine,
    PaymentPart,
)
from contracts.rules import annexes as annex_rules
from contracts.rules import contracts as rules
from contracts.rules import payment_plans as plan_rules
from contracts.rules.risks import risky_payment
from contracts.selectors.balances import Balance, balance_of
from contracts.services.pricing import below_floor
from contracts.words import in_sentence, labels_of, locale_of
from credit.instruments import in_sentence as forms_in_sentence
from credit.models import CreditAccount, Settlement
from crm.core.currencies import places_of
from crm.core.dates import business_today
from crm.core.display import figure
from crm.core.errors import RateMissing
from crm.core.language import in_chinese
from crm.core.money import to_base
from crm.core.rates import rate_on

FORMS = "account.instruments"  # the variable that says how the customer may pay
TYPED_DOCUMENT = "buyer_document"  # of older versions, where the number was typed; left empty, that of the profile
GUARANTOR = "guarantor"  # a version with this variable of its own is signed by a third party


def has_guarantor(own: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a contract of a version with these variables of its own is signed by a guarantor, too."""
    return any(each["name"] == GUARANTOR for each in own)


def party_names(contract: Contract) -> tuple[str, str]:
    """Names of the two parties, ours first, in the language of the contract.

    They are those of today in a draft and in what was submitted before names were kept, else those it was submitted
    with.
    """
    entity, customer = contract.legal_entity, contract.customer
    ours, theirs = entity.name_zh if contract.language == "zh" else entity.name_en, customer.name_in(contract.language)
    return (ours, theirs) if contract.is_draft else (contract.party_a or ours, contract.party_b or theirs)


def values_of(contract: Contract, lines: Sequence[ContractLine], account: CreditAccount | None) -> dict[str, Any]:
    """What the variables of a contract stand for; dates, amounts and numbers as such."""
    entity, customer = contract.legal_entity, contract.customer
    our_name, customer_name = party_names(contract)
    with translation.override(locale_of(contract.language)):
        settlement = in_sentence(Settlement(contract.settlement).label)
        forms = forms_in_sentence(contract.instruments)
    return {
        **contract.values,
        TYPED_DOCUMENT: contract.values.get(TYPED_DOCUMENT) or customer.document,
        "seller.name": our_name,
        "seller.uscc": entity.uscc,
        "seller.address": entity.address_in(contract.language),
        "seller.bank": " / ".join(entity.bank_in(contract.language).split("\n")),
        "seller.signatory": contract.our_signatory,
        "seller.authority": contract.our_authority,
        "customer.name": customer_name,
        "customer.uscc": customer.uscc,
        "customer.document": customer.document,
        "customer.address": customer.address_in(contract.language),
        "customer.representative": customer.legal_representative,
        "customer.signatory": contract.customer_signatory,
        "customer.authority": contract.customer_authority,
        "contract.number": contract.number,
        "contract.currency": contract.currency,
        "contract.amount": contract.amount,
        "contract.amount_in_words": contract.amount,
        "contract.starts_on": contract.starts_on,
        "contract.ends_on": contract.ends_on,
        "account.term_days": rules.days_to_pay(contract.settlement, contract.term_days),
        "account.settlement": settlement,
        FORMS: forms or None,
        "account.limit": account.limit if account else None,
        "lines.count": len(lines) or None,
    }


def codes_of(contract: Contract) -> dict[str, str]:
    """What conditions compare, where the clauses print words or nothing."""
    customer = contract.customer
    return {
        "account.settlement": contract.settlement,
        "customer.form": customer.form,
        "customer.place": customer.location,
    }


def keep_words(text: "ContractText") -> None:
    """Keep what a draft says now, with every variable written out: from here on these are its words."""
    for each in text.clauses:
        each.clause.final = each.written.text
    for left in text.left_out:
        left.clause.final = ""
    kept = [each.clause for each in text.all_clauses]
    ContractClause.objects.bulk_update(kept, ["final"])


@dataclass(frozen=True)
class WrittenClause:
    """A clause as the contract shows it, and what differs from its template: all with the variables written out.

    `said` is compared with `template`: the words of the clause with the values of today, as the template has them. What
    was submitted keeps the values of its day in `written`, and a limit that changed later is no deviation.
    """

    clause: ContractClause
    number: int
    written: Written
    said: str
    template: str  # what the template would say here
    before: str | None = None  # what the version that this one replaces says, where it has a clause with other words

    @property
    def redline(self) -> Sequence[Any]:
        return redline(self.template, self.said) if self.clause.deviates else ()

    @property
    def amended(self) -> Sequence[Any]:
        """What differs from the version it replaces."""
        return () if self.before is None else redline(self.before, self.written.text)


@dataclass(frozen=True)
class UnusedClause:
    """A clause that a contract does not have: struck out, or its condition does not hold; with what it would say."""

    clause: ContractClause
    template: str
    before: str | None = None


@dataclass(frozen=True)
class ContractText:
    """A contract written out: the clauses in use in their order, its lines, and what its variables stand for."""

    contract: Contract
    clauses: Sequence[WrittenClause]
    left_out: Sequence[UnusedClause]
    lines: Sequence[ContractLine]
    account: CreditAccount | None
    places: int  # of its currency
    on: dt.date  # the day it is looked at; amounts are held against the account at its rate
    plan: Sequence[PaymentPart] = ()
    annexes: Sequence[Annex] = ()
    annexed_before: Sequence[Annex] = ()  # to the version it replaces

    @property
    def payment_clause(self) -> int:
        """Number of the clause that the payment plan stands behind: the last that says when, or how, is paid."""
        for element in (rules.PAYMENT_DATE, rules.PAYMENT_FORM):
            found = [each.number for each in self.clauses if element in each.clause.elements]
            if found:
                return found[-1]
        return len(self.clauses)

    @property
    def form_clause(self) -> int:
        """Number of the clause that the payment forms agreed stand behind: the last that says how is paid.

        0 where none are agreed, or where a clause names them itself.
        """
        if not self.contract.instruments or any(FORMS in names_in(each.clause.text) for each in self.clauses):
            return 0
        found = [each.number for each in self.clauses if rules.PAYMENT_FORM in each.clause.elements]
        return found[-1] if found else self.payment_clause

    @property
    def form_note(self) -> str:
        """What is printed there, in the language of the contract; '' where nothing is."""
        if not self.form_clause:
            return ""
        with translation.override(locale_of(self.contract.language)):
            return _(
                "Party B pays by %(forms)s. Where the clauses on payment name other payment forms, this sentence "
                "prevails."
            ) % {"forms": forms_in_sentence(self.contract.instruments)}

    @property
    def plan_amounts(self) -> list[Any]:
        """What each part of the plan comes to, where the contract has a fixed total."""
        contract = self.contract
        total = rules.fixed_total(contract.kind, contract.amount)
        return plan_rules.amounts([part.terms for part in self.plan], total, self.places)

    @property
    def all_clauses(self) -> list[WrittenClause | UnusedClause]:
        return [*self.clauses, *self.left_out]

    @property
    def unused(self) -> list[UnusedClause]:
        """What was struck out and, while it is a draft, clauses whose condition does not hold; of several with one
        title, as one for each settlement, none where one is used.
        """
        said = {each.clause.title for each in self.clauses}
        is_told = self.contract.is_draft
        return [each for each in self.left_out if each.clause.deviates or (is_told and each.clause.title not in said)]

    @property
    def unresolved(self) -> list[str]:
        return list(dict.fromkeys(name for each in self.clauses for name in each.written.unresolved))

    @property
    def missing(self) -> str:
        """What they mean, to who reads it."""
        labels = labels_of(self.contract.template_version.variables, "zh" if in_chinese() else "en")
        return _(", ").join(labels.get(name, name) for name in self.unresolved)

    @cached_property
    def not_above_zero(self) -> list[str]:
        """Numbers of the template's own in clauses that provide a legal element: at nought they provide nothing."""
        named = {name for each in self.clauses if each.clause.elements for name in names_in(each.clause.text)}
        values = self.contract.values
        numbers = [each["name"] for each in self.contract.template_version.variables if each["kind"] == "number"]
        return [name for name in numbers if name in named and not stands_for_more_than_nought(values.get(name))]

    @property
    def nought(self) -> str:
        """What they mean, to who reads it, as far as they are filled in."""
        labels = labels_of(self.contract.template_version.variables, "zh" if in_chinese() else "en")
        return _(", ").join(labels.get(name, name) for name in self.not_above_zero if self.contract.values.get(name))

    @property
    def deviations(self) -> list[dict[str, str]]:
        """Clauses with other words than the template's, also those struck out: what it would say, and what is said."""
        changed = [each for each in self.all_clauses if each.clause.deviates]
        return [{"title": each.clause.title, "before": each.template, "after": said_by(each)} for each in changed]

    @property
    def amended(self) -> list[dict[str, str]]:
        """Clauses with other words than in the version this one replaces, also those struck out."""
        changed = [each for each in self.all_clauses if each.before is not None]
        return [
            {"title": each.clause.title, "before": each.before or "", "after": said_by(each)}
            for each in sorted(changed, key=lambda each: each.clause.position)
        ]

    @property
    def annexed_terms(self) -> bool:
        """Whether its annexes bring terms that no template has."""
        return annex_rules.bring_terms(annex.kind for annex in self.annexes)

    @cached_property
    def new_annexes(self) -> list[Annex]:
        """Annexes that the version it replaces does not have, under that title."""
        known = {(annex.title, annex.checksum) for annex in self.annexed_before}
        new = [annex for annex in self.annexes if (annex.title, annex.checksum) not in known]
        return new if self.contract.replaces_id else []

    @cached_property
    def gone_annexes(self) -> list[Annex]:
        """Annexes of the version it replaces that it does not take along."""
        kept = {(annex.title, annex.checksum) for annex in self.annexes}
        return [annex for annex in self.annexed_before if (annex.title, annex.checksum) not in kept]

    @cached_property
    def is_risky(self) -> bool:
        """Whether payment waits for a resale or an undated acceptance, wherever the contract may say so."""
        values = self.contract.values.values()
        texts = [self.contract.title, *map(str, values), *(each.written.text for each in self.clauses)]
        texts += [f"{line.description} {line.specification}" for line in self.lines]
        texts += [annex.title for annex in self.annexes]
        return risky_payment(texts, [part.note for part in self.plan])

    @property
    def longest_days(self) -> int:
        """The longest the contract lets anybody wait for money: its term, a part of its plan, its last day to pay."""
        contract = self.contract
        waits = plan_rules.days_of_credit([part.terms for part in self.plan], contract.starts_on)
        pay_by = as_date(contract.values.get(rules.PAY_BY))
        if pay_by is not None and contract.starts_on is not None:
            waits.append((pay_by - contract.starts_on).days)
        return max([contract.term_days, *waits])

    @cached_property
    def balance(self) -> Balance | None:
        """What it confirms of the ledger, where it is a reconciliation agreement."""
        return balance_of(self.contract)

    @property
    def limit_granted(self) -> Decimal | None:
        """The credit limit it grants, in base currency; None where there is no rate for its own."""
        contract = self.contract
        granted = rules.limit_granted(contract.kind, contract.amount)
        if not granted:
            return granted
        try:
            return to_base(granted, rate_on(currency=contract.currency, on=self.on))
        except RateMissing:
            return None

    @cached_property
    def exceeding(self) -> list[str]:
        """What it grants beyond the credit account."""
        return self.beyond(self.longest_days)

    @cached_property
    def holding(self) -> list[str]:
        """What of it holds orders under the contract, however it was approved: they are checked by the account."""
        return [code for code in self.beyond(self.contract.term_days) if code != rules.LIMIT]

    def beyond(self, term_days: int) -> list[str]:
        account = self.account
        return rules.exceeding(
            term_days=term_days,
            settlement=self.contract.settlement,
            account_days=account.term_days if account else None,
            account_settlement=account.settlement if account else None,
            instruments=self.contract.instruments,
            account_instruments=account.instruments if account else None,
            limit=self.limit_granted,
            account_limit=account.limit if account else None,
        )

    @property
    def terms_exceed(self) -> bool:
        return bool(self.exceeding)

    @cached_property
    def below_floor(self) -> list[dict[str, str]]:
        """Lines cheaper than the owner's role may sell."""
        return below_floor(self.contract, self.lines, on=self.on)

    @property
    def is_deviation(self) -> bool:
        """Whether legal has to look at it.

        Other words than the template's, terms in an annex or beyond the account, prices below the floor, risky payment,
        a balance that is not that of the ledger.
        """
        has_other_terms = bool(self.deviations) or self.annexed_terms or self.terms_exceed
        differs = self.balance is not None and self.balance.differs
        return has_other_terms or bool(self.below_floor) or self.is_risky or differs

    def drafted(self) -> rules.Drafted:
        """What it says, for the rules."""
        contract = self.contract
        nought = set(self.not_above_zero)
        provided = {
            element
            for each in self.clauses
            if not each.written.unresolved and not nought & set(names_in(each.clause.text))
            for element in each.clause.elements
        }
        return rules.Drafted(
            kind=contract.kind,
            provided=provided,
            lines=len(self.lines),
            starts_on=contract.starts_on,
            ends_on=contract.ends_on,
            signatories=[
                contract.customer_signatory,
                contract.customer_authority,
                contract.our_signatory,
                contract.our_authority,
            ],
            unresolved=self.unresolved,
            on=self.on,
        )


def said_by(each: WrittenClause | UnusedClause) -> str:
    return each.written.text if isinstance(each, WrittenClause) else ""


def stands_for_more_than_nought(value: Any) -> bool:
    amount = as_amount(value)
    return amount is not None and amount > 0


def text_of(contract: Contract, *, on: dt.date | None = None) -> ContractText:
    """A contract written out; it comes with customer, legal entity and template version. Six queries, or eight.

    `on` is the day it is looked at (default today): amounts are held against the account at its rate.

    Once it was submitted its words are those that were submitted, whatever became of the customer since.
    """
    lines, clauses = list(contract.lines.select_related("product")), list(contract.clauses.all())
    account = CreditAccount.objects.filter(customer=contract.customer_id).first()
    places = places_of(contract.currency)
    values, codes = values_of(contract, lines, account), codes_of(contract)
    kinds = known_names(contract.template_version.variables)
    labels = labels_of(contract.template_version.variables, contract.language)
    before: dict[str, ContractClause] = {}
    annexed_before: list[Annex] = []
    if contract.replaces_id is not None:
        replaced = ContractClause.objects.filter(contract=contract.replaces_id)
        before = {clause.key: clause for clause in replaced.order_by()}
        annexed_before = list(Annex.objects.annexed().filter(contract=contract.replaces_id))

    def written_out(words: str) -> Written:
        return write(words, values, kinds, language=contract.language, labels=labels, places=places)

    used: list[WrittenClause] = []
    left_out: list[UnusedClause] = []
    # A draft that was given up before its words were kept says what it said as a draft.
    is_open = contract.is_draft or not any(clause.final for clause in clauses)
    for clause in clauses:
        is_used = (
            bool(clause.final) if not is_open else bool(clause.text) and holds(clause.condition, values, kinds, codes)
        )
        old = before.get(clause.key)
        replaced_words = None
        if old is not None and old.text != clause.text:
            replaced_words = old.final or written_out(old.text).text
        template = written_out(clause.template_text).text
        if not is_used:
            left_out.append(UnusedClause(clause, template, replaced_words))
            continue
        today = written_out(clause.text)
        written = today if is_open else Written(clause.final, ())
        used.append(WrittenClause(clause, len(used) + 1, written, today.text, template, replaced_words))
    return ContractText(
        contract,
        used,
        left_out,
        lines,
        account,
        places,
        on or business_today(),
        plan=list(contract.plan.all()),
        annexes=list(contract.annexes.annexed()),
        annexed_before=annexed_before,
    )


def search_text_of(
    contract: Contract,
    clauses: Sequence[ContractClause],
    lines: Sequence[ContractLine],
    annexes: Sequence[Annex] = (),
) -> str:
    """What a contract is found by beside the words of its template.

    Also the clauses that differ from it, who signs, and amounts as they are printed.
    """
    customer, entity = contract.customer, contract.legal_entity
    parts = [
        contract.number, contract.title, customer.name, customer.english_name, customer.code, entity.name_zh,
        entity.name_en, *(str(value) for value in contract.values.values()),
        *(word for line in lines for word in (line.description, line.specification)),
        *(word for annex in annexes for word in (annex.title, annex.name)),
    ]  # fmt: skip
    parts += [f"{clause.title}\n{clause.text}" for clause in clauses if clause.deviates and clause.text]
    parts += [contract.customer_signatory, contract.our_signatory, customer.legal_representative]
    parts += [figure(amount) for amount in (contract.amount, *(line.amount for line in lines)) if amount]
    return rules.doubled("\n".join(part for part in parts if part))
