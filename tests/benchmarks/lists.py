"""Lists and the customer page: statements, and answers to 8 users from 2 workers beside a bare page of those rows."""

import statistics
from collections.abc import Sequence

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from tests.benchmarks.generate import FIRST_CUSTOMER, Size
from tests.benchmarks.result import Result
from tests.benchmarks.web import Server, Wsgi, serving, sign_in

USERS, WORKERS, REQUESTS = 8, 2, 25
MOST_STATEMENTS = 25


def pages() -> list[tuple[str, str, str]]:
    """Name, address, and the bare page beside it; what is not installed is left out."""
    found = []
    for name, address, bare in (
        ("customer list", ("customers:customers", []), "/bare/customers/"),
        ("customer page", ("customers:detail", [FIRST_CUSTOMER + 1]), f"/bare/customers/{FIRST_CUSTOMER + 1}/"),
        ("invoice list", ("receivables:invoices", []), "/bare/invoices/"),
        ("ageing of one customer", ("receivables:ageing", []), f"/bare/customers/{FIRST_CUSTOMER + 1}/"),
    ):
        try:
            url = reverse(address[0], args=address[1])
        except NoReverseMatch:
            continue
        if name.startswith("ageing"):
            url += f"?customer={FIRST_CUSTOMER + 1}"
        found.append((name, url, bare))
    return found


def run(size: Size) -> list[Result]:
    return measured_pages(pages())


def measured_pages(pages: Sequence[tuple[str, str, str]], *, ratio: float | None = 2.0) -> list[Result]:
    """Each page beside its bare one, which is measured once for pages of the same rows that follow one another."""
    session = sign_in()
    wsgi, found = Wsgi(session), []
    statements = {}
    for name, address, _bare in pages:
        wsgi.get(address)
        with CaptureQueriesContext(connection) as asked:
            wsgi.get(address)
        statements[name] = len(asked)
    connection.close()
    with serving(session, workers=WORKERS) as server:
        floor, floor_of = 0.0, ""
        for name, address, bare in pages:
            if bare != floor_of:
                floor, rate = measured(server, bare)
                floor_of = bare
                found.append(Result(f"bare page of the {name}", floor * 1000, "ms p95", note=f"{rate:.0f} pages/s"))
            ours, our_rate = measured(server, address)
            found.append(
                Result(
                    name,
                    ours * 1000,
                    "ms p95",
                    floor="bare page",
                    ratio=ours / floor,
                    target=f"< 300 ms and <= {ratio:.0f} x" if ratio else "< 300 ms",
                    met=ours < 0.3 and (ratio is None or ours <= ratio * floor),
                    note=f"{our_rate:.0f} pages/s",
                )
            )
    for name, count in statements.items():
        met = count <= MOST_STATEMENTS
        found.append(Result(f"statements of the {name}", count, "", target=f"<= {MOST_STATEMENTS}", met=met))
    return found


def measured(server: Server, address: str) -> tuple[float, float]:
    """The 95th percentile of the answer times, and pages a second."""
    server.load(address, users=2, requests=4)
    taken = server.load(address, users=USERS, requests=REQUESTS)
    return statistics.quantiles(taken, n=20)[-1], len(taken) / (sum(taken) / USERS)
