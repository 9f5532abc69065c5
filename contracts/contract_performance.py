"""What was ordered, delivered and invoiced under a contract, as one reader sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, When

from contracts.contract_rules import Measure, fixed_total
from contracts.models import Contract, Order
from contracts.order_rules import OPEN
from crm.core.money import ZERO

ROWS = 10
# What was cancelled is as ordered as it was delivered.
BINDING = Case(When(cancelled_on__isnull=False, then=F("delivered_total")), default=F("total"))


@dataclass(frozen=True)
class Performance:
    """Sums over all orders the reader sees, in the currency of the contract, and the newest of these orders.

    Orders count under every version of the present term: an amendment goes on with them, a renewal begins anew.

    `whole` is the fixed total of the contract, `waiting` what is drafted or held: it binds nobody yet.
    """

    whole: Decimal | None
    ordered: Measure
    delivered: Measure
    invoiced: Measure
    waiting: Decimal
    count: int
    orders: Sequence[Order]

    @property
    def excess(self) -> Decimal:
        """What was ordered beyond the fixed total."""
        return max(self.ordered.amount - self.whole, ZERO) if self.whole else ZERO


def whole_of(contract: Contract) -> Decimal | None:
    return fixed_total(contract.kind, contract.amount)


def orders_of_term(contract: Contract, path: str = "") -> dict[str, Any]:
    """What an order (behind `path`) has when it belongs to the term of this version."""
    return {f"{path}contract__root": contract.root_id, f"{path}contract__term": contract.term}


def performance_of(contract: Contract, user: Any) -> Performance:
    """Two queries, however many orders there are."""
    found = Order.objects.visible_to(user).filter(**orders_of_term(contract))
    sums = found.order_by().aggregate(
        count=Count("pk"),
        ordered=Sum(BINDING, filter=~Q(state__in=OPEN)),
        waiting=Sum("total", filter=Q(state__in=OPEN)),
        delivered=Sum("delivered_total"),
        invoiced=Sum("invoiced_total"),
    )
    whole = whole_of(contract)
    return Performance(
        whole=whole,
        ordered=Measure(sums["ordered"] or ZERO, whole),
        delivered=Measure(sums["delivered"] or ZERO, whole),
        invoiced=Measure(sums["invoiced"] or ZERO, whole),
        waiting=sums["waiting"] or ZERO,
        count=sums["count"],
        orders=list(found.order_by("-pk")[:ROWS]),
    )
