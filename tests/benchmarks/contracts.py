"""The list of contracts and the search through all their words, as `lists` measures pages.

Searched are words of every kind: of lines and parties, of a template (found by its version), and of the tenth of the
contracts that deviate from theirs, in Chinese and in English.
"""

import time
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse

from contracts.models import Contract
from tests.benchmarks import contract_rows
from tests.benchmarks.generate import Size
from tests.benchmarks.lists import measured_pages
from tests.benchmarks.result import Result, WrongFigures

MANY, FEW = 100_000, 5_000
SEARCHES = {
    "a word of lines": "变频器",
    "two words": "宁波 减速机",
    "words of a template": "所有权属于甲方",
    "words of contracts that deviate": "提单副本",
    "English words of a template": "title to the goods remains",
    "English words of contracts that deviate": "bill of lading",
}


def run(size: Size) -> list[Result]:
    count = MANY if size.name in ("large", "full") else FEW
    began = time.perf_counter()
    contract_rows.load(count)
    loaded = time.perf_counter() - began
    address = reverse("contracts:contracts")
    pages = [(f"contract list of {count:,}", address, "/bare/contracts/")]
    for what, words in SEARCHES.items():
        found = Contract.objects.search(words).count()
        if not found:
            raise WrongFigures(f"no contract is found by {words}")
        name = f"search, {what} ({words}: {found:,})"
        pages.append((name, f"{address}?{urlencode({'q': words})}", "/bare/contracts/"))
    connection.close()
    return [Result(f"{count:,} contracts made", loaded, "s"), *measured_pages(pages, ratio=None)]
