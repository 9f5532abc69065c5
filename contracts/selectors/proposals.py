"""What a new contract with a customer is likely to be."""

from contracts.models import Contract, ContractLanguage, TemplateVersion, VersionState
from contracts.rules.library import LIBRARY
from customers.models import Customer
from customers.rules import HOME


def language_for(customer: Customer) -> str:
    """The language a customer is written to: Chinese in this country, else English."""
    return ContractLanguage.CHINESE if customer.country in HOME else ContractLanguage.ENGLISH


def proposed_version(customer: Customer) -> TemplateVersion | None:
    """The published version of what was agreed with the customer last, else the first in the customer's language."""
    published = TemplateVersion.objects.filter(state=VersionState.PUBLISHED).exclude(template__kind=LIBRARY)
    last = Contract.objects.filter(customer=customer).select_related("template_version").order_by("-pk").first()
    if last is not None:
        same = published.filter(template=last.template_version.template_id, language=last.language).first()
        if same is not None:
            return same
    return published.filter(language=language_for(customer)).order_by("template").first()
