"""Contracts in words: what fills their variables, their clauses written out, their check list and figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts import contract_rules as rules
from contracts import plan_rules
from contracts.clause_text import KNOWN, Written, holds, known_names, long_date, names_in, redline, write
from contracts.models import Contract, ContractClause, ContractLine, Element, PaymentPart, PlanDue
from credit.instruments import in_sentence as forms_in_sentence
from credit.models import CreditAccount, Settlement
from crm.core.language import in_chinese

ITEMS: dict[str, Any] = {
    **dict(Element.choices),
    rules.VARIABLES: gettext_lazy("Every variable stands for something"),
}
FORMS = "account.instruments"  # the variable that says how the customer may pay
PLAIN = {"zh": "zh-hans", "en": "en"}


def in_words(codes: Iterable[str]) -> str:
    """What is missing, as part of a sentence."""
    return _(", ").join(str(ITEMS[code]) for code in codes)


def in_sentence(label: Any) -> str:
    """A label as it stands inside a sentence: in small letters, which Chinese does not have."""
    return str(label).lower()


def locale_of(language: str) -> str:
    """Django's code for the language of a contract."""
    return PLAIN[language]


def labels_of(own: Iterable[Mapping[str, Any]], language: str) -> dict[str, str]:
    """What each variable means that a version with these variables of its own may name, in a language (zh, en)."""
    with translation.override(locale_of(language)):
        known = {name: str(variable.meaning) for name, variable in KNOWN.items()}
    return known | {str(variable["name"]): str(variable[f"label_{language}"]) for variable in own}


def party_names(contract: Contract) -> tuple[str, str]:
    """Names of the two parties, ours first, in the language of the contract.

    They are those of today in a draft and in what was submitted before names were kept, else those it was submitted
    with.
    """
    entity, customer = contract.legal_entity, contract.customer
    if contract.language == "zh":
        ours, theirs = entity.name_zh, customer.name
    else:
        ours, theirs = entity.name_en, customer.english_name or customer.name
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
        "seller.name": our_name,
        "seller.uscc": entity.uscc,
        "seller.address": entity.address,
        "seller.bank": " / ".join(entity.bank_details.split("\n")),
        "seller.signatory": contract.our_signatory,
        "seller.authority": contract.our_authority,
        "customer.name": customer_name,
        "customer.uscc": customer.uscc,
        "customer.address": customer.address,
        "customer.representative": customer.legal_representative,
        "customer.signatory": contract.customer_signatory,
        "customer.authority": contract.customer_authority,
        "contract.number": contract.number,
        "contract.currency": contract.currency,
        "contract.amount": contract.amount,
        "contract.amount_in_words": contract.amount,
        "contract.starts_on": contract.starts_on,
        "contract.ends_on": contract.ends_on,
        "account.term_days": contract.term_days,
        "account.settlement": settlement,
        FORMS: forms or None,
        "account.limit": account.limit if account else None,
        "lines.count": len(lines) or None,
    }


def due_words(part: PaymentPart, language: str) -> str:
    """When a part of the payment plan is to be paid, in the language that is active."""
    if part.due_on is not None:
        return _("on %(day)s") % {"day": long_date(part.due_on, language)}
    sentences = {
        PlanDue.SIGNING: (_("on signing"), _("within %(days)s days after signing")),
        PlanDue.DELIVERY: (_("on delivery"), _("within %(days)s days after delivery")),
        PlanDue.INVOICE: (_("when invoiced"), _("within %(days)s days after the invoice")),
    }
    at_once, later = sentences[PlanDue(part.due)]
    return later % {"days": part.days} if part.days else at_once


@dataclass(frozen=True)
class WrittenClause:
    """A clause as the contract shows it, and what differs from its template."""

    clause: ContractClause
    number: int
    written: Written
    before: str | None = None  # its words in the version that this one replaces

    @property
    def redline(self) -> Sequence[Any]:
        return redline(self.clause.template_text, self.clause.text) if self.clause.deviates else ()

    @property
    def amended(self) -> Sequence[Any]:
        """What differs from the version it replaces."""
        same = self.before is None or self.before == self.clause.text
        return () if same else redline(self.before or "", self.clause.text)


@dataclass(frozen=True)
class ContractText:
    """A contract written out: the clauses in use in their order, its lines, and what its variables stand for."""

    contract: Contract
    clauses: Sequence[WrittenClause]
    left_out: Sequence[ContractClause]  # their condition does not hold, or they were struck out
    lines: Sequence[ContractLine]
    account: CreditAccount | None
    plan: Sequence[PaymentPart] = ()
    before: Mapping[str, str] = field(default_factory=dict)  # words of the version it replaces, by clause

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
        return plan_rules.amounts([part.terms for part in self.plan], total)

    @property
    def unresolved(self) -> list[str]:
        return list(dict.fromkeys(name for each in self.clauses for name in each.written.unresolved))

    @property
    def missing(self) -> str:
        """What they mean, to who reads it."""
        labels = labels_of(self.contract.template_version.variables, "zh" if in_chinese() else "en")
        return _(", ").join(labels.get(name, name) for name in self.unresolved)

    @property
    def deviations(self) -> list[ContractClause]:
        return [each.clause for each in self.clauses if each.clause.deviates] + [
            clause for clause in self.left_out if clause.deviates
        ]

    @property
    def amended(self) -> list[dict[str, str]]:
        """Clauses with other words than in the version this one replaces, also those struck out."""
        clauses = [*(each.clause for each in self.clauses), *self.left_out]
        return [
            {"title": clause.title, "before": self.before[clause.key], "after": clause.text}
            for clause in sorted(clauses, key=lambda clause: clause.position)
            if clause.key in self.before and self.before[clause.key] != clause.text
        ]

    @property
    def is_risky(self) -> bool:
        return rules.risky_payment((each.written.text for each in self.clauses), self.contract.language)

    @property
    def longest_days(self) -> int:
        """The longest the contract lets anybody wait for money: its term, or a part of its plan that comes later."""
        return max([self.contract.term_days, *plan_rules.days_of_credit([part.terms for part in self.plan])])

    @property
    def terms_exceed(self) -> bool:
        account = self.account
        return rules.terms_exceed(
            term_days=self.longest_days,
            settlement=self.contract.settlement,
            account_days=account.term_days if account else None,
            account_settlement=account.settlement if account else None,
            instruments=self.contract.instruments,
            account_instruments=account.instruments if account else None,
        )

    @property
    def is_deviation(self) -> bool:
        """Whether legal has to look at it: other words than the template's, terms beyond the account, risky payment."""
        return bool(self.deviations) or self.terms_exceed or self.is_risky

    def drafted(self) -> rules.Drafted:
        """What it says, for the rules."""
        contract = self.contract
        provided = {element for each in self.clauses if not each.written.unresolved for element in each.clause.elements}
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
        )


def text_of(contract: Contract) -> ContractText:
    """A contract written out; it comes with customer, legal entity and template version. Four queries, or five.

    Once it was submitted its words are those that were submitted, whatever became of the customer since.
    """
    lines, clauses = list(contract.lines.all()), list(contract.clauses.all())
    account = CreditAccount.objects.filter(customer=contract.customer_id).first()
    values = values_of(contract, lines, account)
    kinds = known_names(contract.template_version.variables)
    labels = labels_of(contract.template_version.variables, contract.language) if contract.is_draft else {}
    before: dict[str, str] = {}
    if contract.replaces_id is not None:
        replaced = ContractClause.objects.filter(contract=contract.replaces_id)
        before = dict(replaced.order_by().values_list("key", "text"))
    used: list[WrittenClause] = []
    left_out: list[ContractClause] = []
    for clause in clauses:
        is_used = bool(clause.final) if not contract.is_draft else bool(clause.text) and holds(clause.condition, values)
        if not is_used:
            left_out.append(clause)
            continue
        written = (
            write(clause.text, values, kinds, language=contract.language, labels=labels)
            if contract.is_draft
            else Written(clause.final, ())
        )
        used.append(WrittenClause(clause, len(used) + 1, written, before.get(clause.key)))
    return ContractText(contract, used, left_out, lines, account, list(contract.plan.all()), before)


def figures_of(text: ContractText) -> dict[str, Any]:
    """What an approval is decided on, as JSON keeps it: codes and figures only."""
    contract, account = text.contract, text.account
    return {
        "kind": contract.kind,
        "title": contract.title,
        "currency": contract.currency,
        "amount": str(contract.amount),
        "term_days": contract.term_days,
        "settlement": contract.settlement,
        "instruments": contract.instruments,
        "starts_on": contract.starts_on.isoformat() if contract.starts_on else None,
        "ends_on": contract.ends_on.isoformat() if contract.ends_on else None,
        "account_days": account.term_days if account else None,
        "account_settlement": account.settlement if account else None,
        "account_instruments": account.instruments if account else None,
        "limit": str(account.limit) if account and account.limit is not None else None,
        "terms_exceed": text.terms_exceed,
        "risky_payment": text.is_risky,
        "deviations": [
            {"title": clause.title, "before": clause.template_text, "after": clause.text} for clause in text.deviations
        ],
        **({"replaces": replaced_figures(text)} if contract.replaces else {}),
    }


def replaced_figures(text: ContractText) -> dict[str, Any]:
    """What an approval says beside them: the version in force, and which clauses differ from it."""
    replaced = text.contract.replaces
    assert replaced is not None
    return {
        "change": text.contract.change,
        "number": replaced.number,
        "amount": str(replaced.amount),
        "term_days": replaced.term_days,
        "settlement": replaced.settlement,
        "instruments": replaced.instruments,
        "starts_on": replaced.starts_on.isoformat() if replaced.starts_on else None,
        "ends_on": replaced.ends_on.isoformat() if replaced.ends_on else None,
        "clauses": text.amended,
    }


def search_text_of(contract: Contract, clauses: Sequence[ContractClause], lines: Sequence[ContractLine]) -> str:
    """What a contract is found by beside the words of its template: also the clauses that differ from it."""
    customer, entity = contract.customer, contract.legal_entity
    parts = [
        contract.number, contract.title, customer.name, customer.english_name, customer.code, entity.name_zh,
        entity.name_en, *(str(value) for value in contract.values.values()),
        *(word for line in lines for word in (line.description, line.specification)),
    ]  # fmt: skip
    parts += [f"{clause.title}\n{clause.text}" for clause in clauses if clause.deviates and clause.text]
    return rules.doubled("\n".join(part for part in parts if part))
