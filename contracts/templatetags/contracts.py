"""Words of contracts for the templates."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template

from contracts.clause_text import Piece, redline
from contracts.documents import printed_quantity
from contracts.models import AnnexKind, ContractKind, Element
from contracts.rules.payment_plans import Part
from contracts.words import due_words, request_for
from credit.models import RequestKind, Settlement
from crm.core.language import in_chinese

register = template.Library()


@register.filter
def contract_kind_word(code: str) -> str:
    return str(dict(ContractKind.choices).get(code, code))


@register.filter
def annex_kind_word(code: str) -> str:
    return str(dict(AnnexKind.choices).get(code, code))


@register.filter
def settlement_of(code: str | None) -> str:
    return str(dict(Settlement.choices).get(code or "", "–"))


@register.filter
def element_words(codes: Sequence[str]) -> str:
    """'Subject and specification · Quantity'."""
    words = dict(Element.choices)
    return " · ".join(str(words.get(code, code)) for code in codes)


@register.filter
def request_kind(code: str, limit: Any) -> RequestKind:
    """The credit request that lets an account of this limit (None: never set) keep up with the contract."""
    return request_for(code, has_limit=limit not in (None, ""))


@register.filter
def part_words(part: Mapping[str, Any]) -> str:
    """When a part of a payment plan is to be paid, as it was submitted."""
    due_on = dt.date.fromisoformat(part["due_on"]) if part["due_on"] else None
    return due_words(Part(None, None, part["due"], due_on, part["days"]), "zh" if in_chinese() else "en")


@register.filter
def own_label(variable: Mapping[str, str]) -> str:
    """What a variable of a template's own means, to who reads it."""
    return variable["label_zh" if in_chinese() else "label_en"]


@register.filter
def quantity(value: Decimal) -> str:
    """'1,200' and '2.5': no noughts at the end."""
    return printed_quantity(value)


@register.filter
def redline_of(change: Mapping[str, Any]) -> Sequence[Piece]:
    """The pieces of a deviation as it was submitted."""
    return redline(change["before"], change["after"])
