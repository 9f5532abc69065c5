"""The proof on real input: the two files of a distributor, by the shell and through the wizard, to the cent.

The files are not part of the product: without ../shared/data the tests are skipped.
"""

import csv
import datetime as dt
import io
import re
import time
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from django.test import Client
from django.urls import reverse

from crm.core.models import LegalEntity
from crm.core.money import to_base
from crm.core.registry import registry
from crm.exchange.models import Import
from crm.jobs.worker import work_off
from customers.models import Customer
from receivables.models import Allocation, Invoice, Receipt
from receivables.selectors.ageing import AgeingQuery, ageing_page
from tests.exchange.test_pages import signed_in
from tests.factories import make_rate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
OPEN, CLOSED = DATA / "ar_open_invoices.csv", DATA / "ar_closed_invoices.csv"
BOUNDS = (30, 60, 90, 180, 365)
CAD = Decimal("0.75")
OPEN_OPTIONS = {"zeros": "strip", "create_customers": "1", "create_entities": "1"}
CLOSED_OPTIONS = OPEN_OPTIONS | {"create_entities": "", "legal_entity": "U001", "currency": "USD", "term_days": "30"}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("still"),
    pytest.mark.skipif(not OPEN.exists(), reason=f"the real files are not here: {DATA}"),
    pytest.mark.thorough,
]


@pytest.fixture(autouse=True)
def dollars(settings: Any) -> None:
    settings.BASE_CURRENCY = "USD"
    make_rate("CAD", str(CAD), on="2018-01-01")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_by_the_shell() -> None:
    for path, kind, options in ((OPEN, "invoices", OPEN_OPTIONS), (CLOSED, "paid_invoices", CLOSED_OPTIONS)):
        said = shell(kind, path, options)
        rows = len(rows_of(path))
        assert f"rows {rows}, new {rows}, changed 0, unchanged 0, faulty 0" in said
        print(f"\n{path.name}\n{said}")
    check_books()
    for path, kind, options in ((OPEN, "invoices", OPEN_OPTIONS), (CLOSED, "paid_invoices", CLOSED_OPTIONS)):
        rows = len(rows_of(path))
        assert f"rows {rows}, new 0, changed 0, unchanged {rows}, faulty 0" in shell(kind, path, options)
    assert Invoice.objects.count() == 41_700


def shell(kind: str, path: Path, options: dict[str, str]) -> str:
    out = io.StringIO()
    given = [f"--option={key}={value}" for key, value in options.items()]
    call_command("import", kind, str(path), *given, stdout=out)
    return out.getvalue()


def test_through_the_wizard(anna) -> None:
    client = signed_in(anna)
    for path, kind, options in ((OPEN, "invoices", OPEN_OPTIONS), (CLOSED, "paid_invoices", CLOSED_OPTIONS)):
        began = time.perf_counter()
        found = wizard(client, path, kind, options)
        rows = len(rows_of(path))
        assert (found.counts["rows"], found.counts["new"], found.counts["faulty"]) == (rows, rows, 0)
        client.post(reverse("exchange:apply", args=[found.pk]))
        work_off()
        found.refresh_from_db()
        assert found.applied["invoices_posted"] == rows
        assert "The books were recomputed afterwards" in client.get(found.get_absolute_url()).content.decode()
        print(f"\n{path.name}: {time.perf_counter() - began:.1f} s, {found.counts}, {found.causes}, {found.applied}")
    check_books()
    for path, kind, options in ((OPEN, "invoices", OPEN_OPTIONS), (CLOSED, "paid_invoices", CLOSED_OPTIONS)):
        found = wizard(client, path, kind, options)
        assert (found.counts["new"], found.counts["changed"], found.counts["faulty"]) == (0, 0, 0)
        client.post(reverse("exchange:apply", args=[found.pk]))
        assert work_off() == 0, "there is nothing to apply"
    assert Invoice.objects.count() == 41_700


def wizard(client: Client, path: Path, kind: str, options: dict[str, str]) -> Import:
    """Upload, columns as guessed, dry run."""
    with path.open("rb") as file:
        response = client.post(reverse("exchange:new"), {"kind": kind, "file": file, "profile": ""})
    page = client.get(response.url).content.decode()
    chosen = re.findall(r'<select[^>]*name="(map-\w+)".*?</select>', page, re.DOTALL)
    assert chosen
    found = Import.objects.first()
    assert found is not None
    sent = {f"map-{key}": head for key, head in found.mapping.items()}
    defaults = {f"option-{key}": value for key, value in found.options.items() if value}
    sent |= {**defaults, **{f"option-{key}": value for key, value in options.items()}, "profile_name": f"SAP {kind}"}
    assert client.post(response.url, sent).status_code == 302
    work_off()
    found.refresh_from_db()
    return found


def check_books() -> None:
    """Customers, documents, open balances, ageing at two dates, and the books themselves."""
    opened, closed = rows_of(OPEN), rows_of(CLOSED)
    assert Customer.objects.count() == 1_036
    assert Invoice.objects.count() == len(opened) + len(closed) == 41_700
    assert Receipt.objects.count() == Allocation.objects.count() == len(closed)
    assert Invoice.objects.filter(on_estimated=True).count() == len(closed)
    assert set(LegalEntity.objects.values_list("code", flat=True)) == {row["business_code"] for row in opened}

    expected: dict[str, Decimal] = defaultdict(Decimal)
    for row in opened:
        expected[row["invoice_currency"]] += Decimal(row["total_open_amount"])
    stored = Invoice.objects.values("currency").annotate(open=Sum("open_amount")).values_list("currency", "open")
    assert dict(stored) == dict(expected)

    # The two most frequent spellings and the repeated rows, counted here by other means.
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for row in opened:
        spellings[row["cust_number"].lstrip("0")][" ".join(row["name_customer"].split())] += 1
    for number in ("200769623", "200726979"):
        names = spellings[number]
        most = max(names.values())
        customer = Customer.objects.get(code=number)
        assert names[customer.name] == most
        assert set(customer.other_names.split("; ")) <= set(names) - {customer.name}
    numbers = Invoice.objects.filter(on_estimated=True).values_list("number", flat=True)
    assert sum(not number.endswith("-1") for number in numbers) == 782
    assert Customer.objects.annotate(n=Count("invoice")).filter(n=0).count() == 0

    for as_at in (dt.date(2020, 5, 22), dt.date(2019, 6, 30)):
        query = AgeingQuery(user=superuser(), as_at=as_at, today=dt.date(2026, 11, 22), bounds=BOUNDS)
        [total] = ageing_page(query).totals
        assert (total.amounts, total.unallocated) == (by_pandas(as_at), 0), as_at
        print(f"as at {as_at}: {[str(amount) for amount in total.amounts]}")
    differences = [difference for verifier in registry.verifiers.values() for difference in verifier()]
    assert differences == []


def superuser() -> Any:
    from crm.accounts.models import User

    return User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("root", password="x" * 12)


def by_pandas(as_at: dt.date) -> tuple[Decimal, ...]:
    """Open amounts by bucket in US dollars as at a date, from the files alone."""
    opened = pd.read_csv(OPEN, dtype=str)
    base = [
        to_base(Decimal(amount), CAD if currency == "CAD" else Decimal(1))
        for amount, currency in zip(opened.total_open_amount, opened.invoice_currency, strict=True)
    ]
    first = pd.DataFrame(
        {
            "on": pd.to_datetime(opened.posting_date),
            "due": pd.to_datetime(opened.due_in_date),
            "paid": pd.Timestamp.max,
            "cents": [int(amount * 100) for amount in base],
        }
    )
    closed = pd.read_csv(CLOSED, dtype=str)
    due, paid = pd.to_datetime(closed.due_date), pd.to_datetime(closed.clear_date)
    second = pd.DataFrame(
        {
            "on": (due - pd.Timedelta(days=30)).combine(paid, min),
            "due": due,
            "paid": paid,
            "cents": [int(Decimal(amount) * 100) for amount in closed.amount],
        }
    )
    both, day = pd.concat([first, second]), pd.Timestamp(as_at)
    standing = both[(both.on <= day) & (both.paid > day)]
    late = (day - standing.due).dt.days
    edges = [-(10**6), 0, *BOUNDS, 10**6]
    sums = standing.groupby(pd.cut(late, edges), observed=False).cents.sum()
    return tuple(Decimal(int(cents)) / 100 for cents in sums)
