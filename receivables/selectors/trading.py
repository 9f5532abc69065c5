"""Trading status: who bought what, how much, which share of the whole, and how that compares with a period before.

One statement over the posted invoice lines, whatever their number. Amounts are in base currency; reversed invoices do
not count.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from crm.accounts.roles import Scope
from crm.core.money import ZERO
from customers.visibility import visible_customer_keys

PRODUCT, CUSTOMER = "product", "customer"
LABELS = {
    PRODUCT: ("contracts_product", "label.code, label.name_zh, label.name_en"),
    CUSTOMER: ("customers_customer", "label.code, label.name, label.name"),
}

# Each line is read once and summed by what is asked for and by whether its day lies in the period (1), in the period
# before (2), in both (3) or in neither; only the rows that are shown are counted across the other way.
TRADING = """
WITH parts AS (
    SELECT {key} AS key, (invoice."on" >= %(start)s)::int
           + 2 * (invoice."on" BETWEEN %(before_start)s AND %(before_end)s)::int AS part,
           SUM(line.quantity) AS quantity, SUM(line.base_amount) AS amount, MIN(invoice."on") AS first_on
    FROM receivables_invoiceline line JOIN receivables_invoice invoice ON invoice.id = line.invoice_id
    WHERE invoice.reversed_on IS NULL AND invoice."on" <= %(end)s {seen}
    GROUP BY 1, 2
), grouped AS (
    SELECT key, COALESCE(SUM(quantity) FILTER (WHERE part IN (1, 3)), 0) AS quantity,
           COALESCE(SUM(amount) FILTER (WHERE part IN (1, 3)), 0) AS amount,
           COALESCE(SUM(amount) FILTER (WHERE part IN (2, 3)), 0) AS before,
           SUM(amount) AS ever, MIN(first_on) AS first_on
    FROM parts GROUP BY key
), ranked AS (
    SELECT *, RANK() OVER (ORDER BY amount DESC) AS place,
           SUM(amount) OVER (ORDER BY amount DESC, key ROWS UNBOUNDED PRECEDING) AS running,
           SUM(amount) OVER () AS total, SUM(quantity) OVER () AS total_quantity,
           SUM(before) OVER () AS total_before, COUNT(*) OVER () AS found
    FROM grouped WHERE amount > 0 OR before > 0
), shown AS MATERIALIZED (
    SELECT * FROM ranked ORDER BY amount DESC, key LIMIT %(limit)s OFFSET %(offset)s
), across AS (
    SELECT key, COUNT(*) AS others FROM (
        SELECT DISTINCT {key} AS key, {other}
        FROM receivables_invoiceline line JOIN receivables_invoice invoice ON invoice.id = line.invoice_id
        WHERE {key} = ANY(ARRAY(SELECT key FROM shown)) AND invoice.reversed_on IS NULL
              AND invoice."on" BETWEEN %(start)s AND %(end)s {seen}
    ) pairs GROUP BY key
)
SELECT shown.key, shown.quantity, shown.amount, shown.before, shown.ever, shown.first_on, COALESCE(across.others, 0),
       shown.place, shown.running, shown.total, shown.total_quantity, shown.total_before, shown.found, {label}
FROM shown JOIN {table} label ON label.id = shown.key LEFT JOIN across ON across.key = shown.key
ORDER BY shown.amount DESC, shown.key
"""
KEYS = {PRODUCT: "line.product_id", CUSTOMER: "invoice.customer_id"}


class Period(NamedTuple):
    """From a first to a last day, both included."""

    start: dt.date
    end: dt.date

    @property
    def before(self) -> "Period":
        """As many days right before."""
        days = self.end - self.start
        return Period(self.start - days - dt.timedelta(days=1), self.start - dt.timedelta(days=1))


@dataclass(frozen=True)
class TradingRow:
    """What was sold of a product, or to a customer, in a period: amounts in base currency, shares of 1.

    `others` counts the customers of a product, or the products of a customer. `yearly` is the average of a year since
    its first invoice. `change` compares with the period before; None where there was nothing.
    """

    key: int
    code: str
    name_zh: str
    name_en: str
    quantity: Decimal
    amount: Decimal
    share: Decimal
    rank: int
    cumulated: Decimal
    yearly: Decimal
    before: Decimal
    change: Decimal | None
    others: int


@dataclass(frozen=True)
class Trading:
    rows: Sequence[TradingRow]
    count: int = 0
    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    before: Decimal = ZERO

    @property
    def change(self) -> Decimal | None:
        return change_of(self.amount, self.before)


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
    """Sales of the customers the user sees, by product or customer, the largest first.

    `before` is the period to compare with: as many days right before where none is given. `product_id` and
    `customer_id` narrow it to one of them.
    """
    earlier = before or period.before
    params: dict[str, Any] = {
        "start": period.start,
        "end": period.end,
        "before_start": earlier.start,
        "before_end": earlier.end,
        "limit": limit,
        "offset": offset,
    }
    seen = ""
    if user.scope is not Scope.ALL:
        keys = visible_customer_keys(user)
        params["seen"] = list(keys.values_list("pk", flat=True))
        seen = "AND invoice.customer_id = ANY(%(seen)s)"
    if product_id is not None:
        params["product"] = product_id
        seen += " AND line.product_id = %(product)s"
    if customer_id is not None:
        params["customer"] = customer_id
        seen += " AND invoice.customer_id = %(customer)s"
    table, label = LABELS[by]
    sql = TRADING.format(
        seen=seen, key=KEYS[by], other=KEYS[CUSTOMER if by == PRODUCT else PRODUCT], table=table, label=label
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall()
    if not found:
        return Trading([])
    first = found[0]
    return Trading(
        [row_of(row, period) for row in found], count=first[12], amount=first[9], quantity=first[10], before=first[11]
    )


def row_of(row: Sequence[Any], period: Period) -> TradingRow:
    (
        key, quantity, amount, before, ever, first_on, others, place, running, total, _total_quantity, _total_before,
        _found, code, name_zh, name_en,
    ) = row  # fmt: skip
    years = max(Decimal((period.end - first_on).days + 1) / Decimal("365.25"), Decimal(1))
    return TradingRow(
        key=key,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        quantity=quantity,
        amount=amount,
        share=amount / total if total else ZERO,
        rank=place,
        cumulated=running / total if total else ZERO,
        yearly=ever / years,
        before=before,
        change=change_of(amount, before),
        others=others,
    )


def change_of(amount: Decimal, before: Decimal) -> Decimal | None:
    """How much more than before, as a share of it; None where there was nothing before."""
    return (amount - before) / before if before else None
