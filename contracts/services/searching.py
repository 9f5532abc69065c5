"""The search texts of contracts, written again for those that were last saved before a text had all it has now."""

from collections.abc import Iterator

from django.db.models import F, Prefetch

from contracts.contract_text import search_text_of
from contracts.models import Annex, Contract, ContractClause
from crm.core.locks import atomic_or_busy

CHUNK = 200  # contracts that are locked at once: whoever waits for one of them does not wait long


def rewrite_search_texts(*, after: int = 0) -> Iterator[tuple[int, int]]:
    """Write the search text of all contracts with a key above `after` again, in chunks of a transaction each.

    Tells after each chunk its last key, from which it may be gone on with, and how many texts were not as they are
    made now. Raises Busy.
    """
    while True:
        with atomic_or_busy():
            chunk = list(of_chunk(after))
            stale = []
            for contract in chunk:
                made = search_text_of(
                    contract, list(contract.clauses.all()), list(contract.lines.all()), list(contract.annexes.all())
                )
                if made != contract.search_text:
                    contract.search_text = made
                    stale.append(contract)
            Contract.objects.bulk_update(stale, ["search_text"])
        if not chunk:
            return
        after = chunk[-1].pk
        yield after, len(stale)


def of_chunk(after: int) -> Iterator[Contract]:
    """The next contracts, locked, with what their search texts are made of. Four queries."""
    found = Contract.objects.filter(pk__gt=after).order_by("pk").select_related("customer", "legal_entity")
    deviating = ContractClause.objects.exclude(text=F("template_text"))
    rows = (Prefetch("clauses", deviating), "lines", Prefetch("annexes", Annex.objects.annexed()))
    yield from found.select_for_update(no_key=True, of=("self",)).prefetch_related(*rows)[:CHUNK]
