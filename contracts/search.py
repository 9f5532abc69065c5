"""Contracts in the search box of the head."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from crm.core.display import figure
from crm.core.registry import SearchHit, SearchProvider

HITS = 8


def search_contracts(user: Any, text: str) -> Iterable[SearchHit]:
    text = text.strip()
    if len(text) < 2:
        return []
    found = Contract.objects.visible_to(user).current().search(text).select_related("customer")
    return [
        SearchHit(
            label=f"{contract.number} {contract.title}",
            url=contract.get_absolute_url(),
            detail=" · ".join(
                [
                    contract.customer.name,
                    f"{figure(contract.amount)} {contract.currency}",
                    str(contract.get_state_display()),
                ]
            ),
        )
        for contract in found.order_by("-pk")[:HITS]
    ]


CONTRACT_SEARCH = SearchProvider(
    key="contracts",
    title=_("Contracts"),
    permission="contracts.view_contract",
    search=search_contracts,
    order=25,
    list_url="contracts:contracts",
)
