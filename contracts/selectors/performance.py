"""What was ordered, delivered and invoiced under a contract, as one reader sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, Value, When

from contracts.models import Contract, ContractState, Order, OrderLine, Product
from contracts.rules.contracts import WITH_LINES, Measure, fixed_total
from contracts.rules.orders import OPEN
from crm.core.money import ZERO, MoneyField

ROWS = 10
# What was cancelled is as ordered as it was delivered.
BINDING = Case(When(cancelled_on__isnull=False, then=F("delivered_total")), default=F("total"))
# The fixed total of a contract: other kinds have none, and one that was given up or terminated comes to nothing.
FIXED_AMOUNT = Case(
    When(~Q(state=ContractState.TERMINATED), kind__in=WITH_LINES, then=F("amount")),
    default=Value(ZERO),
    output_field=MoneyField(),
)


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


@dataclass(frozen=True)
class LeftOfLine:
    """A product that a contract names: how much of it, and how much all orders of its term have taken, this one too."""

    product: Product
    agreed: Decimal
    ordered: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.agreed - self.ordered, ZERO)

    @property
    def excess(self) -> Decimal:
        return max(self.ordered - self.agreed, ZERO)


@dataclass(frozen=True)
class Beyond:
    """What an order asks for beyond its contract, together with all that is ordered in the term and not open."""

    total: Decimal  # how far the fixed total of the contract is exceeded, in its currency
    lines: Sequence[LeftOfLine]  # products of which more is ordered than agreed
    outside: Sequence[Product]  # products the contract does not name

    def __bool__(self) -> bool:
        return bool(self.total or self.lines or self.outside)


def left_of(contract: Contract, *, order_id: int | None = None) -> list[LeftOfLine]:
    """What is left of each product a contract names, whoever ordered it.

    Open orders do not count, but for the one that is asked for; what was cancelled is as ordered as it was delivered.
    Two queries.
    """
    agreed: dict[int, Decimal] = {}
    products: dict[int, Product] = {}
    for line in contract.lines.filter(product__isnull=False).select_related("product"):
        assert line.product is not None
        products[line.product.pk] = line.product
        agreed[line.product.pk] = agreed.get(line.product.pk, Decimal(0)) + line.quantity
    if not agreed:
        return []
    taken = Case(When(order__cancelled_on__isnull=False, then=F("delivered")), default=F("quantity"))
    found = OrderLine.objects.filter(**orders_of_term(contract, "order__"), product__in=agreed)
    sums = found.filter(~Q(order__state__in=OPEN) | Q(order=order_id)).order_by().values("product")
    ordered = dict(sums.annotate(taken=Sum(taken)).values_list("product", "taken"))
    return [LeftOfLine(products[pk], quantity, ordered.get(pk, Decimal(0))) for pk, quantity in agreed.items()]


def beyond_contract(order: Order) -> Beyond | None:
    """What an order asks for beyond its contract; None without one, and where nothing goes beyond. Four queries.

    A contract with a fixed total binds by it, and one whose lines name products binds by their quantities.
    """
    contract = order.contract
    if contract is None:
        return None
    whole, total = whole_of(contract), ZERO
    if whole:
        others = Order.objects.filter(**orders_of_term(contract)).exclude(pk=order.pk).exclude(state__in=OPEN)
        before = others.order_by().aggregate(sum=Sum(BINDING))["sum"] or ZERO
        own = order.total if order.cancelled_on is None else order.delivered_total
        total = max(before + own - whole, ZERO)
    left = left_of(contract, order_id=order.pk)
    named = {row.product.pk for row in left}
    wanted = {line.product_id: line.product for line in order.lines.select_related("product")}
    found = Beyond(
        total=total,
        lines=[row for row in left if row.excess and row.product.pk in wanted],
        outside=[product for pk, product in wanted.items() if pk not in named] if whole and named else [],
    )
    return found or None


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
