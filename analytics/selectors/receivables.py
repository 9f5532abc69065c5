"""What is owed today and was owed before, as one user may see it: the figures of the dashboards.

Today is computed from the documents, like the ageing report; the past is read from the days that are kept.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, DecimalField, F, Q, Sum, When

from analytics.measures import (
    Stretch,
    average_days_delinquent,
    best_possible_dso,
    collection_effectiveness,
    count_back_dso,
    days_sales_outstanding,
    turnover,
)
from analytics.models import DailySnapshot
from analytics.selectors.collection import open_disputes
from analytics.services.snapshots import default_bounds, month_end, three_months_to
from crm.accounts.roles import Scope
from crm.core.money import ZERO, base_currency
from receivables.models import Invoice, InvoiceKind, Receipt
from receivables.selectors.ageing import AgeingLine, AgeingQuery, ageing_page
from receivables.selectors.groupings import NONE

DAY = dt.timedelta(days=1)
MOST_OWNERS = 1_000  # more than look after customers anywhere


@dataclass(frozen=True)
class Period:
    """From the first of a month to a day; `opens_on` is the day before, whose balance it begins with."""

    begin: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        return (self.end - self.begin).days + 1

    @property
    def opens_on(self) -> dt.date:
        return self.begin - DAY


def period_to(end: dt.date) -> Period:
    """The month of `end` up to that day and the two months before it: the period of the measures."""
    return Period(three_months_to(end), end)


@dataclass(frozen=True)
class Point:
    """What was owed at the end of a day, and what was billed and received in the month up to it."""

    on: dt.date
    receivable: Decimal
    overdue: Decimal
    amounts: tuple[Decimal, ...]
    unallocated: Decimal
    disputed: Decimal
    billed: Decimal
    billed_3m: Decimal
    received: Decimal

    @property
    def not_due(self) -> Decimal:
        return self.amounts[0] if self.amounts else ZERO

    @property
    def overdue_share(self) -> Decimal | None:
        return self.overdue / self.receivable if self.receivable else None


@dataclass(frozen=True)
class Measures:
    """The measures at the end of a period, with the figures they are made of."""

    period: Period
    receivable: Decimal
    not_due: Decimal
    billed: Decimal
    opening: Decimal | None
    dso: Decimal | None
    best_dso: Decimal | None
    delinquent: Decimal | None
    count_back: Decimal | None
    effectiveness: Decimal | None


FIGURES = ("receivable", "overdue", "unallocated", "disputed", "billed", "billed_3m", "received")


def history(user: Any, *, begin: dt.date, end: dt.date, legal_entity_id: int | None = None) -> list[Point]:
    """The days that are kept from `begin` to `end`, oldest first, summed over what the user sees."""
    buckets = len(default_bounds()) + 1
    rows = DailySnapshot.objects.filter(on__gte=begin, on__lte=end)
    rows = (
        rows.filter(customer__isnull=True)
        if user.scope is Scope.ALL
        else rows.filter(customer__isnull=False).visible_to(user)
    )
    if legal_entity_id is not None:
        rows = rows.filter(legal_entity_id=legal_entity_id)
    sums = {name: Sum(name) for name in FIGURES}
    parts = {f"part_{index}": Sum(f"amounts__{index}") for index in range(buckets + 1)}
    found: Any = (
        rows.order_by("on").values("on").annotate(**{f"sum_{name}": value for name, value in sums.items()}, **parts)
    )
    return [
        Point(
            on=row["on"],
            amounts=tuple(row[name] or ZERO for name in parts),
            **{name: row[f"sum_{name}"] for name in sums},
        )
        for row in found
    ]


def ageing_query(user: Any, today: dt.date, legal_entity_id: int | None, **more: Any) -> AgeingQuery:
    return AgeingQuery(
        user=user, as_at=today, today=today, bounds=default_bounds(), legal_entity_id=legal_entity_id, **more
    )


def total_of(lines: Sequence[AgeingLine], buckets: int) -> AgeingLine:
    """The totals line of a page in base currency, also where nothing is owed."""
    return lines[0] if lines else AgeingLine("", (ZERO,) * (buckets + 1), ZERO)


MONEY = DecimalField(max_digits=18, decimal_places=2)
SIGNED = Case(When(kind=InvoiceKind.CREDIT_NOTE, then=-F("base_amount")), default=F("base_amount"), output_field=MONEY)


def standing(model: Any, user: Any, period: Period, legal_entity_id: int | None) -> Any:
    """Documents dated in the period and not reversed by its end: the rows of the list behind the figure."""
    found = model.objects.visible_to(user).filter(on__gte=period.begin, on__lte=period.end)
    found = found.filter(Q(reversed_on__isnull=True) | Q(reversed_on__gt=period.end))
    return found.filter(legal_entity_id=legal_entity_id) if legal_entity_id is not None else found


def billed(user: Any, period: Period, legal_entity_id: int | None) -> Decimal:
    """Invoices and debit notes less credit notes, in base currency."""
    total = standing(Invoice, user, period, legal_entity_id).order_by().aggregate(total=Sum(SIGNED))["total"]
    return total or ZERO


def received(user: Any, period: Period, legal_entity_id: int | None) -> Decimal:
    """Receipts by value date, in base currency."""
    total = standing(Receipt, user, period, legal_entity_id).order_by().aggregate(total=Sum("base_amount"))["total"]
    return total or ZERO


def received_in(user: Any, periods: Sequence[Period], legal_entity_id: int | None = None) -> list[Decimal]:
    """`received` of each of the periods, in one read."""
    if not periods:
        return []
    begin, end = min(period.begin for period in periods), max(period.end for period in periods)
    found = Receipt.objects.visible_to(user).filter(on__gte=begin, on__lte=end)
    if legal_entity_id is not None:
        found = found.filter(legal_entity_id=legal_entity_id)
    days = list(found.order_by().values_list("on", "reversed_on").annotate(total=Sum("base_amount")))
    return [
        sum(
            (
                total
                for on, reversed_on, total in days
                if period.begin <= on <= period.end and (reversed_on is None or reversed_on > period.end)
            ),
            ZERO,
        )
        for period in periods
    ]


def billed_by_owner(user: Any, period: Period, legal_entity_id: int | None) -> dict[int | None, Decimal]:
    """The same, by who looks after the customer."""
    rows = standing(Invoice, user, period, legal_entity_id).order_by().values_list("customer__owner")
    return dict(rows.annotate(total=Sum(SIGNED)))


def today_point(user: Any, line: AgeingLine, today: dt.date, billed_3m: Decimal, entity_id: int | None) -> Point:
    """Today as the documents have it now, to stand at the end of the days that are kept."""
    month = Period(today.replace(day=1), today)
    return Point(
        on=today,
        receivable=line.receivable,
        overdue=line.overdue,
        amounts=line.amounts,
        unallocated=line.unallocated,
        disputed=disputed(user, entity_id),
        billed=billed(user, month, entity_id),
        billed_3m=billed_3m,
        received=received(user, month, entity_id),
    )


def disputed(user: Any, legal_entity_id: int | None) -> Decimal:
    """What customers dispute now, at the rates of the invoices."""
    return open_disputes(user, legal_entity_id).order_by().aggregate(total=Sum("worth"))["total"] or ZERO


def month_points(points: Sequence[Point], today: Point | None = None) -> list[Point]:
    """The ends of months, and today at the end where it is given."""
    found = [point for point in points if point.on == month_end(point.on) and (today is None or point.on < today.on)]
    return [*found, today] if today else found


def measures_at(points: Sequence[Point], place: int) -> Measures:
    """The measures at one of the points that end months; what came before is known as far as it is kept."""
    point = points[place]
    period = period_to(point.on)
    opening = next((earlier for earlier in reversed(points[:place]) if earlier.on == period.opens_on), None)
    stretches = [Stretch(earlier.on.day, earlier.billed) for earlier in reversed(points[: place + 1])]
    # Where the books begin within the three months, billing is not known for all of them.
    dso = days_sales_outstanding(point.receivable, point.billed_3m, period.days) if opening else None
    best = best_possible_dso(point.not_due, point.billed_3m, period.days) if opening else None
    return Measures(
        period=period,
        receivable=point.receivable,
        not_due=point.not_due,
        billed=point.billed_3m,
        opening=opening.receivable if opening else None,
        dso=dso,
        best_dso=best,
        delinquent=average_days_delinquent(dso, best),
        count_back=count_back_dso(point.receivable, stretches),
        effectiveness=collection_effectiveness(opening.receivable, point.billed_3m, point.receivable, point.not_due)
        if opening
        else None,
    )


def yearly_turnover(points: Sequence[Point]) -> Decimal | None:
    """Of the last twelve whole months and the current one so far."""
    last = points[-13:]
    days = (last[-1].on - last[0].on.replace(day=1)).days + 1 if last else 0
    return turnover(sum((point.billed for point in last), ZERO), days, [point.receivable for point in last])


def customers_with_balance(user: Any, today: dt.date, legal_entity_id: int | None, top: int) -> Any:
    """The largest debtors, what all owe, and how many they are, in one read."""
    return ageing_page(ageing_query(user, today, legal_entity_id, sort="-receivable"), limit=top)


def by_owner(user: Any, today: dt.date, legal_entity_id: int | None) -> Any:
    """All owners whose customers owe something, the most overdue first."""
    return ageing_page(ageing_query(user, today, legal_entity_id, group="owner", sort="-overdue"), limit=MOST_OWNERS)


def lines_of_owners(lines: Sequence[AgeingLine], owners: Iterable[int | None]) -> list[AgeingLine]:
    """The lines, and one for each further owner, whose customers owe nothing: with these the rows add up."""
    known = {line.key for line in lines}
    further = [owner for owner in owners if (NONE if owner is None else str(owner)) not in known]
    users = get_user_model().objects.in_bulk([owner for owner in further if owner is not None])
    nothing = (ZERO,) * (len(default_bounds()) + 1)
    added = [
        AgeingLine(base_currency(), nothing, ZERO, NONE if owner is None else str(owner), users.get(owner) or "")
        for owner in further
    ]
    return [*lines, *sorted(added, key=lambda line: (line.key == NONE, str(line.label)))]
