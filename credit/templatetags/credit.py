"""Codes of credit as words."""

from collections.abc import Iterable
from typing import Any

from django import template

from credit.check_words import LABELS
from credit.instruments import labels_of
from credit.models import AccountStatus, Settlement, Trigger
from credit.rating_words import cap_words as words_of_cap

register = template.Library()


@register.filter
def settlement_word(code: str) -> str:
    """The settlement in the reader's language."""
    return str(dict(Settlement.choices).get(code, code or ""))


@register.filter
def instrument_words(codes: Iterable[str] | None) -> str:
    """A set of payment forms in the reader's language; nothing for none."""
    return labels_of(codes or ())


@register.filter
def status_word(code: str) -> str:
    """The status of an account in the reader's language."""
    return str(dict(AccountStatus.choices).get(code, code or ""))


@register.filter
def cap_words(cap: dict[str, Any]) -> str:
    """A stored bound of a grade in the reader's language."""
    return words_of_cap(cap)


@register.filter
def trigger_word(code: str) -> str:
    """The cause of a rating in the reader's language."""
    return str(dict(Trigger.choices).get(code, code or ""))


@register.filter
def rule_word(code: str) -> str:
    """A rule of the credit check in the reader's language."""
    return str(LABELS.get(code, code))
