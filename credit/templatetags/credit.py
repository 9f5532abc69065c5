"""Codes of credit as words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html

from credit.instruments import labels_of
from credit.models import AccountStatus, Attachment, Settlement, Trigger
from credit.models.policies import Treatment
from credit.rules.checks import Finding
from credit.words.checks import LABELS, in_words
from credit.words.limits import METHODS
from credit.words.ratings import cap_words as words_of_cap
from crm.core.registry import registry
from customers.models import LegalForm

register = template.Library()


@register.filter
def settlement_word(code: str) -> str:
    """The settlement in the reader's language."""
    return str(dict(Settlement.choices).get(code, code or ""))


@register.filter
def legal_form_word(code: str) -> str:
    """The legal form of a customer in the reader's language."""
    return str(dict(LegalForm.choices).get(code, code or ""))


@register.filter
def instrument_words(codes: Iterable[str] | None) -> str:
    """A set of payment forms in the reader's language; nothing for none."""
    return labels_of(codes or ())


@register.filter
def status_word(code: str) -> str:
    """The status of an account in the reader's language."""
    return str(dict(AccountStatus.choices).get(code, code or ""))


@register.filter
def treatment_word(code: str) -> str:
    """How the policy deals with a class, in the reader's language."""
    return str(dict(Treatment.choices).get(code, code or ""))


@register.filter
def method_word(code: str) -> str:
    """The way a limit was worked out, in the reader's language."""
    return str(METHODS.get(code, code or ""))


@register.filter
def cap_words(cap: dict[str, Any]) -> str:
    """A stored bound of a grade in the reader's language."""
    return words_of_cap(cap)


@register.filter
def trigger_word(code: str) -> str:
    """The cause of a rating in the reader's language."""
    return str(dict(Trigger.choices).get(code, code or ""))


@register.simple_tag(takes_context=True)
def document_link(context: Context, document: Mapping[str, Any]) -> str:
    """The document of a release with its number, as a link where the reader may open it."""
    link = registry.source_links.get(document["kind"])
    label = str(link.label) if link and link.label else document["kind"]
    said = f"{label} {document['number']}".strip()
    user = getattr(context.get("request"), "user", None)
    if link is None or user is None or not user.has_perm(link.permission):
        return said
    return format_html('<a href="{}">{}</a>', link.url(document["id"]), said)


@register.filter
def findings_words(found: list[dict[str, Any]] | None) -> list[str]:
    """What a check found, as sentences."""
    return [reason.sentence for reason in in_words(Finding(**each) for each in found or ())]


@register.filter
def without_sign(days: int) -> int:
    """How many days, whether late or early."""
    return abs(days)


@register.filter
def paper_word(code: str) -> str:
    """What sort of paper it is, in the reader's language."""
    return str(dict(Attachment.Kind.choices).get(code, code or ""))


@register.filter
def rule_word(code: str) -> str:
    """A rule of the credit check in the reader's language."""
    return str(LABELS.get(code, code))
