"""The load generator of the benchmarks: invoices and receipts in the shape the comparison figures were taken with.

This is bulk load for measuring. Documents are drawn by numpy, copied into staging tables and spread by SQL into the
real tables: invoices, receipts, allocations, credit entries, running sums and what is open by due date, as the services
would have left them, so that `manage.py verify` finds nothing. No service runs, no event is recorded.

The shape, for N open invoices and C customers: N/5 more that are fully paid; customer = floor(C u^2) + 1, so that heavy
customers exist; terms of 0, 15, 30 or 60 days; ages 0 to 364 days before the as-at date; lognormal amounts; 30 % of the
open invoices partly paid by one receipt, the closed ones paid by one receipt; one currency.
"""

import datetime as dt
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from crm.accounts import roles
from crm.accounts.models import Team, User
from crm.core.models import Currency, LegalEntity
from customers.models import Customer, Region
from tests.benchmarks import names

AS_AT = dt.date(2026, 6, 30)
READER = "bench-finance"  # a finance manager, who sees every customer
FIRST_CUSTOMER = 1_000_000  # the bench has keys of its own, so that it can stand beside demo data


TABLES = (
    "customers_customer",
    "receivables_invoice",
    "receivables_receipt",
    "receivables_allocation",
    "credit_creditaccount",
    "credit_creditentry",
    "credit_openbyduedate",
)


@dataclass(frozen=True)
class Size:
    """How many open invoices, over how many customers."""

    name: str
    open_invoices: int
    customers: int

    @property
    def invoices(self) -> int:
        return self.open_invoices + self.open_invoices // 5


SIZES = {
    size.name: size
    for size in (
        Size("small", 10_000, 1_000),
        Size("medium", 100_000, 10_000),
        Size("large", 500_000, 20_000),
        Size("full", 1_000_000, 100_000),
    )
}


@dataclass(frozen=True)
class Documents:
    """One array for each figure of the invoices; money in cents, dates in days before the as-at date."""

    customer: np.ndarray
    term: np.ndarray
    age: np.ndarray
    cents: np.ndarray
    paid_cents: np.ndarray  # 0 where nothing was paid
    paid_age: np.ndarray


def draw(size: Size) -> Documents:
    """Draw the documents: the same seed gives the same documents on every machine."""
    rng = np.random.default_rng(7)
    count, still_open = size.invoices, size.open_invoices
    customer = np.floor(size.customers * rng.random(count) ** 2).astype(np.int64) + 1
    term = rng.choice([0, 15, 30, 60], size=count, p=[0.1, 0.2, 0.5, 0.2])
    age = rng.integers(0, 365, size=count)
    cents = np.maximum(np.rint(rng.lognormal(6.5, 1.1, size=count) * 100), 100).astype(np.int64)
    partly = rng.random(still_open) < 0.3
    fraction = rng.uniform(0.1, 0.9, size=still_open)
    paid_cents = cents.copy()
    paid_cents[:still_open] = np.where(partly, np.maximum(np.rint(cents[:still_open] * fraction), 1), 0)
    paid_age = np.floor(rng.random(count) * (age + 1)).astype(np.int64)
    return Documents(customer, term, age, cents, paid_cents, paid_age)


def generate(size: Size, *, say: Callable[[str], None] = lambda line: None) -> dict[str, float]:
    """Load one size into the empty tables of the default database; gives the seconds of each step."""
    seconds: dict[str, float] = {}

    def step(name: str, work: Callable[[], None]) -> None:
        began = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - began
        say(f"  {name}: {seconds[name]:.1f} s")

    documents = draw(size)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        quick_load(cursor)
        indexes = drop_indexes(cursor)
        step("people", load_people)
        step("customers", lambda: load_customers(cursor, size))
        step("documents", lambda: load_documents(cursor, documents))
        step("credit", lambda: cursor.execute(CREDIT, parameters()))
        step("sequences", lambda: cursor.execute(SEQUENCES))
        step("indexes", lambda: cursor.execute("; ".join(indexes)))
    step("vacuum and analyze", vacuum)
    return seconds


def quick_load(cursor: Any) -> None:
    """On a server of our own the foreign keys are not checked row by row: every row is made from rows just read."""
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("SET LOCAL session_replication_role = replica")


def drop_indexes(cursor: Any) -> list[str]:
    """Indexes that guard nothing are built once, when the rows are there: gives the statements that build them."""
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cursor.execute(
        """
        SELECT pg_index.indexrelid::regclass::text, pg_get_indexdef(pg_index.indexrelid)
        FROM pg_index WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique
        """,
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in indexes]


def parameters() -> dict[str, Any]:
    return {"as_at": AS_AT, "currency": settings.BASE_CURRENCY, "first": FIRST_CUSTOMER}


def copy_in(cursor: Any, table: str, columns: str, lines: str) -> None:
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO(lines))


def copy_numbers(cursor: Any, table: str, columns: str, *arrays: np.ndarray) -> None:
    """Copy integer columns in pieces, so that the text of a million rows never stands in memory at once."""
    together = np.column_stack(arrays)
    for start in range(0, len(together), 200_000):
        piece = together[start : start + 200_000]
        pattern = "\t".join(["%d"] * piece.shape[1]) + "\n"
        copy_in(cursor, table, columns, (pattern * len(piece)) % tuple(piece.ravel().tolist()))


def load_people() -> None:
    """A legal entity, teams, provinces, the reps who look after the customers, and one who sees everything."""
    LegalEntity.objects.get_or_create(code="BENCH", defaults={"name_zh": "测量公司", "name_en": "Measuring Company"})
    code = settings.BASE_CURRENCY
    Currency.objects.get_or_create(code=code, defaults={"name_zh": code, "name_en": code})
    for code, zh, en in names.PROVINCES:
        Region.objects.get_or_create(code=code, defaults={"name_zh": zh, "name_en": en, "level": 1})
    reps = []
    for number, (zh, en) in enumerate(names.TEAMS):
        team = Team.objects.create(name_zh=zh, name_en=en, path="")
        team.path = f"/{team.pk}/"
        team.save()
        for place, name in enumerate(names.REPS[number]):
            reps.append(User(username=f"bench-{number}-{place}", name=name, team=team, password="!"))
    User.objects.bulk_create(reps)
    finance = User.objects.create(username=READER, name="Fiona", password="!")
    finance.groups.add(Group.objects.get(name=roles.FINANCE_MANAGER))


def load_customers(cursor: Any, size: Size) -> None:
    """Customers with invented names, each with an owner, the owner's team and a province; the rest are the defaults."""
    rng = np.random.default_rng(11)
    reps = list(User.objects.filter(username__startswith="bench-", team__isnull=False).order_by("pk"))
    provinces = [code for code, _zh, _en in names.PROVINCES]
    rep_of = rng.integers(0, len(reps), size=size.customers).tolist()
    province_of = rng.integers(0, len(provinces), size=size.customers).tolist()
    row: dict[str, Any] = {field.column: field.get_default() for field in Customer._meta.concrete_fields}
    row["created_at"] = timezone.now().isoformat()
    columns = ", ".join(f'"{column}"' for column in row)
    lines: list[str] = []
    for index, name in enumerate(names.customers(size.customers)):
        rep, code = reps[rep_of[index]], f"C{index + 1:06d}"
        row |= {
            "id": FIRST_CUSTOMER + index + 1,
            "code": code,
            "name": name.text,
            "core_name": name.core,
            "pinyin": name.pinyin,
            "search_text": f" {code} {name.core} {name.text} {name.pinyin}".lower(),
            "owner_id": rep.pk,
            "team_id": rep.team_id,
            "region_id": provinces[province_of[index]],
        }
        lines.append("\t".join(copied(value) for value in row.values()) + "\n")
        if len(lines) == 20_000 or index + 1 == size.customers:
            copy_in(cursor, "customers_customer", columns, "".join(lines))
            lines = []


def copied(value: Any) -> str:
    """A value in the text form of COPY; the invented names hold nothing that would have to be escaped."""
    if value is None:
        return "\\N"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def load_documents(cursor: Any, documents: Documents) -> None:
    """Invoices with their open amounts, the receipts and the allocations between them."""
    cursor.execute(
        """
        CREATE TEMP TABLE bench_document (n bigint, customer bigint, term int, age int, cents bigint, paid bigint,
                                          paid_age int) ON COMMIT DROP
        """
    )
    number = np.arange(1, len(documents.customer) + 1)
    copy_numbers(
        cursor,
        "bench_document",
        "n, customer, term, age, cents, paid, paid_age",
        number,
        documents.customer,
        documents.term,
        documents.age,
        documents.cents,
        documents.paid_cents,
        documents.paid_age,
    )
    cursor.execute(DOCUMENTS, parameters())


DOCUMENTS = """
CREATE TEMP TABLE bench_base ON COMMIT DROP AS
    SELECT (SELECT id FROM core_legalentity WHERE code = 'BENCH') AS entity,
           (SELECT coalesce(max(id), 0) FROM receivables_invoice) AS invoice,
           (SELECT coalesce(max(id), 0) FROM receivables_receipt) AS receipt,
           (SELECT coalesce(max(id), 0) FROM receivables_allocation) AS allocation;
INSERT INTO receivables_invoice (
    id, legal_entity_id, customer_id, number, "on", currency, rate, amount, base_amount, open_amount, open_base, note,
    recorded_at, kind, due_on, term_days, on_estimated, reference)
SELECT base.invoice + d.n, base.entity, %(first)s + d.customer, 'B' || lpad(d.n::text, 8, '0'),
       %(as_at)s::date - d.age, %(currency)s, 1, d.cents / 100.0, d.cents / 100.0,
       (d.cents - d.paid) / 100.0, (d.cents - d.paid) / 100.0, '',
       (%(as_at)s::date - d.age)::timestamptz, 'invoice', %(as_at)s::date - d.age + d.term, d.term, false, ''
FROM bench_document d, bench_base base ORDER BY d.age DESC, d.n;
INSERT INTO receivables_receipt (
    id, legal_entity_id, customer_id, number, "on", currency, rate, amount, base_amount, open_amount, open_base, note,
    recorded_at, instrument, reference)
SELECT base.receipt + d.n, base.entity, %(first)s + d.customer, 'BR' || lpad(d.n::text, 8, '0'),
       %(as_at)s::date - d.paid_age, %(currency)s, 1, d.paid / 100.0, d.paid / 100.0, 0, 0, '',
       (%(as_at)s::date - d.paid_age)::timestamptz, 'transfer', 'B' || lpad(d.n::text, 8, '0')
FROM bench_document d, bench_base base WHERE d.paid > 0 ORDER BY d.paid_age DESC, d.n;
INSERT INTO receivables_allocation (
    id, invoice_id, receipt_id, "on", amount, base_amount, source_base, method, recorded_at)
SELECT base.allocation + d.n, base.invoice + d.n, base.receipt + d.n, %(as_at)s::date - d.paid_age,
       d.paid / 100.0, d.paid / 100.0, d.paid / 100.0, 'reference', (%(as_at)s::date - d.paid_age)::timestamptz
FROM bench_document d, bench_base base WHERE d.paid > 0 ORDER BY d.paid_age DESC, d.n;
"""

# One entry for each movement, as the services record them; then the running sums from the documents themselves.
CREDIT = """
INSERT INTO credit_creditaccount (
    customer_id, "limit", term_days, settlement, instruments, status, stopped_from, counts_unallocated,
    reserved, receivable, unallocated, uncleared, prepaid, created_at)
SELECT c.id, CASE WHEN c.id %% 10 = 0 THEN NULL ELSE 5000 * (1 + c.id %% 40) END, 30, 'rolling',
       '{transfer,cash,cheque,bank_draft,acceptance_bill}', 'normal', '', true,
       0, coalesce(o.receivable, 0), 0, 0, 0, now()
FROM customers_customer c
LEFT JOIN (SELECT customer_id, sum(open_base) AS receivable FROM receivables_invoice WHERE open_amount > 0 GROUP BY 1) o
    ON o.customer_id = c.id
WHERE c.id > %(first)s ORDER BY c.id;
CREATE TEMP TABLE bench_account ON COMMIT DROP AS
    SELECT customer_id, id AS account FROM credit_creditaccount WHERE customer_id > %(first)s;
ANALYZE bench_account;
INSERT INTO credit_creditentry (
    account_id, balance, verb, "on", due_on, currency, amount, base_amount, source_kind, source_id, recorded_at)
SELECT a.account, m.balance, m.verb, m."on", m.due_on, m.currency, m.amount, m.base_amount, m.source_kind, m.source_id,
       m."on"::timestamptz
FROM (
    SELECT customer_id, 'receivable' AS balance, 'charge' AS verb, "on", due_on, currency, amount, base_amount,
           'invoice' AS source_kind, id AS source_id
    FROM receivables_invoice WHERE customer_id > %(first)s
    UNION ALL
    SELECT customer_id, 'unallocated', 'settle', "on", NULL, currency, amount, base_amount, 'receipt', id
    FROM receivables_receipt WHERE customer_id > %(first)s
    UNION ALL
    SELECT i.customer_id, 'receivable', 'settle', al."on", i.due_on, i.currency, -al.amount, -al.base_amount,
           'allocation', al.id
    FROM receivables_allocation al JOIN receivables_invoice i ON i.id = al.invoice_id WHERE i.customer_id > %(first)s
    UNION ALL
    SELECT i.customer_id, 'unallocated', 'settle', al."on", NULL, i.currency, -al.amount, -al.source_base,
           'allocation', al.id
    FROM receivables_allocation al JOIN receivables_invoice i ON i.id = al.invoice_id WHERE i.customer_id > %(first)s
) m JOIN bench_account a USING (customer_id);
INSERT INTO credit_openbyduedate (account_id, due_on, open_amount)
SELECT a.account, i.due_on, sum(i.open_base)
FROM receivables_invoice i JOIN bench_account a USING (customer_id) WHERE i.open_amount > 0 GROUP BY 1, 2;
"""

SEQUENCES = """
SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), (SELECT max(id) FROM customers_customer));
SELECT setval(pg_get_serial_sequence('receivables_invoice', 'id'), (SELECT max(id) FROM receivables_invoice));
SELECT setval(pg_get_serial_sequence('receivables_receipt', 'id'), (SELECT max(id) FROM receivables_receipt));
SELECT setval(pg_get_serial_sequence('receivables_allocation', 'id'), (SELECT max(id) FROM receivables_allocation));
"""


def vacuum() -> None:
    """What autovacuum does to a table in use: index-only scans need the visibility map, plans need statistics."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
