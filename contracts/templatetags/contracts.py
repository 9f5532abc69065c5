"""Words of contracts for the templates."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template

from contracts.clause_text import Piece, redline
from contracts.documents import printed_quantity
from contracts.models import ContractKind, Element
from credit.models import Settlement

register = template.Library()


@register.filter
def contract_kind_word(code: str) -> str:
    return str(dict(ContractKind.choices).get(code, code))


@register.filter
def settlement_of(code: str | None) -> str:
    return str(dict(Settlement.choices).get(code or "", "–"))


@register.filter
def element_words(codes: Sequence[str]) -> str:
    """'Subject and specification · Quantity'."""
    words = dict(Element.choices)
    return " · ".join(str(words.get(code, code)) for code in codes)


@register.filter
def quantity(value: Decimal) -> str:
    """'1,200' and '2.5': no noughts at the end."""
    return printed_quantity(value)


@register.filter
def redline_of(change: Mapping[str, Any]) -> Sequence[Piece]:
    """The pieces of a deviation as it was submitted."""
    return redline(change["before"], change["after"])
