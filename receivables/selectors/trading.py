"""Trading status: who bought what, how much, which share of the whole, and how that compares with a period before.

One statement over the posted invoice lines, whatever their number: first summed by product and customer, then by what
is asked for. Amounts are in base currency; reversed invoices do not count.
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

# The days asked for stand in the statement once; each line is read once.
TRADING = """
WITH pairs AS (
    SELECT line.product_id, invoice.customer_id,
           SUM(line.quantity) FILTER (WHERE invoice."on" >= %(start)s) AS quantity,
           SUM(line.base_amount) FILTER (WHERE invoice."on" >= %(start)s) AS amount,
           SUM(line.base_amount) FILTER (WHERE invoice."on" BETWEEN %(before_start)s AND %(before_end)s) AS before,
           SUM(line.base_amount) AS ever, MIN(invoice."on") AS first_on
    FROM receivables_invoiceline line
    JOIN receivables_invoice invoice ON invoice.id = line.invoice_id
    WHERE invoice.reversed_on IS NULL AND invoice."on" <= %(end)s {seen}
    GROUP BY line.product_id, invoice.customer_id
), grouped AS (
    SELECT {key} AS key, COALESCE(SUM(quantity), 0) AS quantity, COALESCE(SUM(amount), 0) AS amount,
           COALESCE(SUM(before), 0) AS before, SUM(ever) AS ever, MIN(first_on) AS first_on,
           COUNT(*) FILTER (WHERE amount > 0) AS others
    FROM pairs GROUP BY {key}
), ranked AS (
    SELECT *, RANK() OVER (ORDER BY amount DESC) AS place,
           SUM(amount) OVER (ORDER BY amount DESC, key ROWS UNBOUNDED PRECEDING) AS running,
           SUM(amount) OVER () AS total, SUM(quantity) OVER () AS total_quantity,
           SUM(before) OVER () AS total_before, COUNT(*) OVER () AS found
    FROM grouped WHERE amount > 0 OR before > 0
)
SELECT ranked.key, ranked.quantity, ranked.amount, ranked.before, ranked.ever, ranked.first_on, ranked.others,
       ranked.place, ranked.running, ranked.total, ranked.total_quantity, ranked.total_before, ranked.found, {label}
FROM (SELECT * FROM ranked ORDER BY amount DESC, key LIMIT %(limit)s OFFSET %(offset)s) ranked
JOIN {table} label ON label.id = ranked.key
ORDER BY ranked.amount DESC, ranked.key
"""


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
    sql = TRADING.format(seen=seen, key=f"{by}_id", table=table, label=label)
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
