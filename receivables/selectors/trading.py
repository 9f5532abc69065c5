"""Trading status: who bought what, how much, which share of the whole, and how that compares with another period.

By customer it adds up what was billed: posted invoices and debit notes less credit notes. By product it adds up the
lines that invoices of deliveries have; what was billed without lines (imported, posted by hand, credited) is told
beside them, so that both ways come to the same total. One statement, whatever the number of lines. Amounts are in base
currency; reversed documents do not count.
"""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from crm.accounts.roles import Scope
from crm.core.dates import months_before
from crm.core.language import in_chinese
from crm.core.money import ZERO
from customers.visibility import visible_customer_keys

PRODUCT, CUSTOMER = "product", "customer"
IN_PERIOD = 'invoice."on" BETWEEN %(start)s AND %(end)s'
IN_OTHER = 'invoice."on" BETWEEN %(before_start)s AND %(before_end)s'
SIGNED = "CASE WHEN invoice.kind = 'credit_note' THEN -{amount} ELSE {amount} END"


class Source(NamedTuple):
    """The rows that are added up, and what each of them gives."""

    rows: str
    amount: str
    quantity: str


DOCUMENTS = Source("receivables_invoice invoice", SIGNED.format(amount="invoice.base_amount"), "SUM(NULL::numeric)")
LINES = Source(
    "receivables_invoiceline line JOIN receivables_invoice invoice ON invoice.id = line.invoice_id",
    SIGNED.format(amount="line.base_amount"),
    "SUM(line.quantity)",
)
KEYS = {PRODUCT: "line.product_id", CUSTOMER: "invoice.customer_id"}
LABELS = {
    PRODUCT: ("contracts_product", "label.code, label.name_zh, label.name_en, label.unit_zh, label.unit_en"),
    CUSTOMER: ("customers_customer", "label.code, label.name, label.name, '', ''"),
}

# Each row is read once. It is grouped by what is asked for alone, so that the server knows how few groups there will be
# and lets several processes add up. Only the rows that are shown are named and counted across.
TRADING = """
WITH grouped AS MATERIALIZED (
    SELECT {key} AS key, {source.quantity} FILTER (WHERE {in_period}) AS quantity,
           COALESCE(SUM({source.amount}) FILTER (WHERE {in_period}), 0) AS amount,
           COALESCE(SUM({source.amount}) FILTER (WHERE {in_other}), 0) AS before,
           SUM({source.amount}) FILTER (WHERE invoice."on" <= %(end)s) AS ever,
           MIN(invoice."on") FILTER (WHERE invoice."on" <= %(end)s) AS first_on
    FROM {source.rows}
    WHERE invoice.reversed_on IS NULL AND invoice."on" <= %(last)s {seen}
    GROUP BY {key}
), ranked AS (
    SELECT *, RANK() OVER (ORDER BY amount DESC) AS place,
           SUM(amount) OVER (ORDER BY amount DESC, key ROWS UNBOUNDED PRECEDING) AS running
    FROM grouped WHERE amount <> 0 OR before <> 0
), totals AS (
    SELECT COALESCE(SUM(amount), 0) AS amount, COALESCE(SUM(before), 0) AS before, SUM(quantity) AS quantity,
           COUNT(*) FILTER (WHERE amount <> 0 OR before <> 0) AS found
    FROM grouped
), billed AS (
    {billed}
), shown AS MATERIALIZED (
    SELECT * FROM ranked ORDER BY amount DESC, key LIMIT %(limit)s OFFSET %(offset)s
), across AS (
    {across}
)
SELECT totals.amount, totals.before, totals.quantity, totals.found, billed.amount, billed.before,
       shown.key, shown.quantity, shown.amount, shown.before, shown.ever, shown.first_on, shown.place, shown.running,
       COALESCE(across.customers, 0), {label}
FROM totals CROSS JOIN billed
LEFT JOIN shown ON true LEFT JOIN {table} label ON label.id = shown.key LEFT JOIN across ON across.key = shown.key
ORDER BY shown.amount DESC, shown.key
"""
BILLED = f"""
    SELECT COALESCE(SUM({DOCUMENTS.amount}) FILTER (WHERE {IN_PERIOD}), 0) AS amount,
           COALESCE(SUM({DOCUMENTS.amount}) FILTER (WHERE {IN_OTHER}), 0) AS before
    FROM {DOCUMENTS.rows} WHERE invoice.reversed_on IS NULL AND invoice."on" <= %(last)s {{seen}}
"""
AS_LISTED = "SELECT amount, before FROM totals"
ACROSS = f"""
    SELECT key, COUNT(*) AS customers FROM (
        SELECT DISTINCT line.product_id AS key, invoice.customer_id FROM {LINES.rows}
        WHERE line.product_id = ANY(ARRAY(SELECT key FROM shown)) AND invoice.reversed_on IS NULL
              AND {IN_PERIOD} {{seen}}
    ) pairs GROUP BY key
"""
NOT_ACROSS = "SELECT NULL::bigint AS key, 0 AS customers"


class Period(NamedTuple):
    """From a first to a last day, both included."""

    start: dt.date
    end: dt.date

    @property
    def same_days_before(self) -> "Period":
        """The same days of the last year that shares none with it: a year earlier, of a longer period two or more."""
        years = 1
        while self.years_before(years).end >= self.start:
            years += 1
        return self.years_before(years)

    def years_before(self, years: int) -> "Period":
        """The same days so many years earlier; what ends with a month ends with that month then, too."""
        end = months_before(self.end, 12 * years)
        if self.end.day == calendar.monthrange(self.end.year, self.end.month)[1]:
            end = end.replace(day=calendar.monthrange(end.year, end.month)[1])
        return Period(months_before(self.start, 12 * years), end)


@dataclass(frozen=True)
class TradingRow:
    """What was sold of a product, or billed to a customer, in a period: amounts in base currency, shares of 1.

    `quantity`, in units, is known of products only; `customers` counts those of a product. `yearly` is the average of
    a year from its first invoice to the end of the period, whatever its start; less than a year counts as one.
    `change` compares with the other period; None where there was nothing.
    """

    key: int
    code: str
    name_zh: str
    name_en: str
    quantity: Decimal | None
    unit_zh: str
    unit_en: str
    amount: Decimal
    share: Decimal
    rank: int
    cumulated: Decimal
    yearly: Decimal
    before: Decimal
    change: Decimal | None
    customers: int

    @property
    def unit(self) -> str:
        """The unit in the reader's language."""
        return self.unit_zh if in_chinese() else self.unit_en


class Amounts(NamedTuple):
    """What came together in the period, and in the one it is compared with."""

    amount: Decimal = ZERO
    before: Decimal = ZERO

    @property
    def change(self) -> Decimal | None:
        return change_of(self.amount, self.before)


@dataclass(frozen=True)
class Trading:
    """The rows asked for of `count`, which `listed` adds up; `billed` is all that was billed, with lines or without.

    Of a single product, `quantity` adds up its units, and what was billed of other goods or without lines is not asked
    for: `billed` is what is listed.
    """

    rows: Sequence[TradingRow]
    count: int
    quantity: Decimal | None
    listed: Amounts
    billed: Amounts

    @property
    def without_lines(self) -> Amounts:
        """What was billed less what is listed line by line: may be below zero, where more was credited."""
        return Amounts(self.billed.amount - self.listed.amount, self.billed.before - self.listed.before)


def trading_status(
    *,
    user: Any,
    by: str,
    period: Period,
    before: Period | None = None,
    product_id: int | None = None,
    customer_id: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Trading:
    """Sales to the customers the user sees, by product or customer, the largest first.

    `before` is the period to compare with: the same days of an earlier year where none is given. `product_id` and
    `customer_id` narrow it to one of them.
    """
    earlier = before or period.same_days_before
    params: dict[str, Any] = {
        "start": period.start,
        "end": period.end,
        "before_start": earlier.start,
        "before_end": earlier.end,
        "last": max(period.end, earlier.end),
        "limit": limit,
        "offset": offset,
    }
    seen = ""
    if user.scope is not Scope.ALL:
        keys = visible_customer_keys(user)
        params["seen"] = list(keys.values_list("pk", flat=True))
        seen = "AND invoice.customer_id = ANY(%(seen)s)"
    if customer_id is not None:
        params["customer"] = customer_id
        seen += " AND invoice.customer_id = %(customer)s"
    billed = BILLED.format(seen=seen) if by == PRODUCT and product_id is None else AS_LISTED
    if product_id is not None:
        params["product"] = product_id
        seen += " AND line.product_id = %(product)s"
    table, label = LABELS[by]
    sql = TRADING.format(
        in_period=IN_PERIOD,
        in_other=IN_OTHER,
        source=DOCUMENTS if by == CUSTOMER and product_id is None else LINES,
        key=KEYS[by],
        seen=seen,
        billed=billed,
        across=ACROSS.format(seen=seen) if by == PRODUCT else NOT_ACROSS,
        table=table,
        label=label,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall()
    total, total_before, quantity, count, billed_now, billed_before = found[0][:TOTALS]
    return Trading(
        rows=[row_of(row[TOTALS:], total, period) for row in found if row[TOTALS] is not None],
        count=count,
        quantity=quantity if product_id is not None else None,
        listed=Amounts(total, total_before),
        billed=Amounts(billed_now, billed_before),
    )


TOTALS = 6  # columns of totals that each row begins with


def row_of(row: Sequence[Any], total: Decimal, period: Period) -> TradingRow:
    key, quantity, amount, before, ever, first_on, place, running, customers, *label = row
    code, name_zh, name_en, unit_zh, unit_en = label
    years = max(Decimal((period.end - first_on).days + 1) / Decimal("365.25"), Decimal(1)) if first_on else Decimal(1)
    return TradingRow(
        key=key,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        quantity=quantity,
        unit_zh=unit_zh,
        unit_en=unit_en,
        amount=amount,
        share=amount / total if total else ZERO,
        rank=place,
        cumulated=running / total if total else ZERO,
        yearly=(ever or ZERO) / years,
        before=before,
        change=change_of(amount, before),
        customers=customers,
    )


def change_of(amount: Decimal, before: Decimal) -> Decimal | None:
    """How much more than before, as a share of it; None where nothing, or less than nothing, was billed before."""
    return (amount - before) / before if before > 0 else None
