"""What customers bring, as one user sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from analytics.models import Basis, ChurnScore, Contribution, Standing
from crm.accounts.roles import Scope
from crm.core.money import ZERO


@dataclass(frozen=True)
class WhalePoint:
    """After so many customers, the best first, so much of the contribution is there."""

    customers: int
    share_of_customers: float
    value: Decimal
    cumulative_share: float


@dataclass(frozen=True)
class BasisSummary:
    """Customers by what their contribution is made of, and the share of revenue whose cost is known."""

    margin: int
    estimated: int
    revenue: int
    costed_share: float


@dataclass(frozen=True)
class MatrixCell:
    value_class: str
    band: str
    customers: int
    value: Decimal
    value_at_risk: Decimal


@dataclass(frozen=True)
class Place:
    """Where a customer stands among those somebody sees."""

    rank: int
    customers: int


def place_among_visible(rows: Iterable[Contribution], user: Any) -> None:
    """Rank, share and cumulated share of the rows among the customers the user sees, not among all: from one customer's
    share of the company everybody could tell what the company brings. For who sees all they stand as the night left
    them.
    """
    if user.scope is Scope.ALL:
        return
    visible = Contribution.objects.visible_to(user).order_by("-value", "pk").values_list("pk", "value")
    values = dict(visible)
    total, cumulated, found = sum(values.values(), ZERO), ZERO, {}
    for rank, (pk, value) in enumerate(values.items(), 1):
        cumulated += value
        found[pk] = (rank, float(value / total), float(cumulated / total)) if total > 0 else (rank, 0.0, 0.0)
    for row in rows:
        row.rank, row.share, row.cumulative_share = found.get(row.pk, (len(found) + 1, 0.0, 0.0))


def place_of(row: Contribution, user: Any) -> Place:
    """The rank of one customer among those the user sees, and how many they are."""
    before = Q(value__gt=row.value) | Q(value=row.value, pk__lt=row.pk)
    visible = Contribution.objects.visible_to(user).order_by()
    counted = visible.aggregate(customers=Count("pk"), before=Count("pk", filter=before))
    return Place(counted["before"] + 1, counted["customers"])


def whale_curve(user: Any, points: int = 100) -> list[WhalePoint]:
    """The cumulated contribution of the visible customers in order of what they bring, at most `points` points."""
    values = list(
        Contribution.objects.visible_to(user).order_by("-value", "pk").values_list("value", flat=True).iterator()
    )
    total = sum(values, ZERO)
    if not values or total <= 0:
        return []
    every = max(len(values) // points, 1)
    found, cumulated = [], ZERO
    for count, value in enumerate(values, 1):
        cumulated += value
        if count % every == 0 or count in (1, len(values)):
            found.append(WhalePoint(count, count / len(values), cumulated, float(cumulated / total)))
    return found


def basis(user: Any) -> BasisSummary:
    rows = Contribution.objects.visible_to(user).order_by().values_list("basis")
    counted = {code: (count, total or ZERO) for code, count, total in rows.annotate(Count("pk"), Sum("revenue_12m"))}
    revenue = sum((amount for _count, amount in counted.values()), ZERO)
    known = counted.get(Basis.MARGIN, (0, ZERO))[1]
    return BasisSummary(
        margin=counted.get(Basis.MARGIN, (0, ZERO))[0],
        estimated=counted.get(Basis.ESTIMATED, (0, ZERO))[0],
        revenue=counted.get(Basis.REVENUE, (0, ZERO))[0],
        costed_share=float(known / revenue) if revenue else 0.0,
    )


def value_risk_matrix(user: Any) -> list[MatrixCell]:
    """Scored customers by value and risk."""
    rows = ChurnScore.objects.visible_to(user).filter(standing=Standing.SCORED, customer__contribution__isnull=False)
    counted = rows.order_by().values("customer__contribution__value_class", "band")
    return [
        MatrixCell(
            row["customer__contribution__value_class"],
            row["band"],
            row["customers"],
            row["value"] or ZERO,
            row["at_risk"] or ZERO,
        )
        for row in counted.annotate(
            customers=Count("pk"), value=Sum("customer__contribution__value"), at_risk=Sum("value_at_risk")
        )
    ]
