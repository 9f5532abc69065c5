"""Codes of credit as words."""

from django import template

from credit.models import AccountStatus, Settlement

register = template.Library()


@register.filter
def settlement_word(code: str) -> str:
    """The settlement in the reader's language."""
    return str(dict(Settlement.choices).get(code, code or ""))


@register.filter
def status_word(code: str) -> str:
    """The status of an account in the reader's language."""
    return str(dict(AccountStatus.choices).get(code, code or ""))
