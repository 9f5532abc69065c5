"""What pages and documents say of contracts: labels, what is missing, where one stands, when a part falls due."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.clause_text import (
    KNOWN,
    long_date,
)
from contracts.models import (
    Contract,
    ContractState,
    Element,
    PaymentPart,
    PlanDue,
)
from contracts.rules import contracts as rules
from contracts.rules import payment_plans as plan_rules
from credit.models import RequestKind
from crm.core.language import in_chinese

ITEMS: dict[str, Any] = {
    **dict(Element.choices),
    rules.VARIABLES: gettext_lazy("Every variable stands for something"),
    rules.TO_COME: gettext_lazy("A last day that has not gone by"),
}
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


def is_given_up(contract: Contract) -> bool:
    """True when it ended as a draft; what was submitted of it, if anything, was an earlier edition. One query."""
    if contract.state != ContractState.TERMINATED or contract.signed_on is not None:
        return False
    return not contract.submissions.filter(edition=contract.version).exists()


def standing_of(contract: Contract) -> str:
    """Why a contract does not bind, or no longer does, in the language that is active; '' where nothing is said."""
    if contract.state in (ContractState.DRAFT, ContractState.IN_APPROVAL):
        return _("Draft: not binding")
    language = "zh" if in_chinese() else "en"
    if contract.state == ContractState.TERMINATED:
        if contract.signed_on is None:
            return (
                _("Given up: not binding")
                if is_given_up(contract)
                else _("Terminated before it was signed: not binding")
            )
        return _("Terminated on %(day)s") % {"day": long_date(contract.ended_on, language)} if contract.ended_on else ""
    if contract.state == ContractState.EXPIRED:
        return _("Expired: it was in force until %(day)s") % {
            "day": long_date(contract.ends_on, language) if contract.ends_on else "____"
        }
    if contract.replaced_on is not None:
        return _("Replaced by a later version from %(day)s on") % {"day": long_date(contract.replaced_on, language)}
    return ""


def due_words(part: PaymentPart | plan_rules.Part, language: str) -> str:
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


def request_for(code: str, *, has_limit: bool) -> RequestKind:
    """The credit request that lets the account keep up with what a contract grants beyond it."""
    if not has_limit:
        return RequestKind.NEW
    return {
        rules.WAIT: RequestKind.TERM,
        rules.SETTLEMENT: RequestKind.SETTLEMENT,
        rules.INSTRUMENT: RequestKind.INSTRUMENT,
        rules.LIMIT: RequestKind.INCREASE,
    }[code]
