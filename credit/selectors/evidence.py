"""What was entered for the ratings of a customer: statements and whether they count, investigations."""

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, Q

from credit.models import FinancialStatement, Investigation, ScorecardVersion
from credit.models.evidence import StatementQuerySet
from crm.core.dates import months_before
from crm.core.versions import PolicyState

SHOWN = 50  # of each


def with_people() -> Any:
    """Statements with who entered and who confirmed them."""
    return FinancialStatement.objects.select_related("account__customer", "created_by", "confirmation__confirmed_by")


def years_that_count(on: dt.date) -> tuple[int, int]:
    """The first and the last year of which a statement counts on a day, by the scorecard in force (a query)."""
    card = ScorecardVersion.objects.filter(state=PolicyState.ACTIVE).first()
    return (months_before(on, card.statement_months).year if card is not None else dt.MINYEAR), on.year - 1


def statements_to_confirm(on: dt.date) -> StatementQuerySet:
    """Statements that a rating or a limit would rest on if somebody confirmed them: not those too old, nor those after
    which another was entered that counts (a query for the years; the statements are yet to be read).
    """
    usable = FinancialStatement.objects.filter(year__range=years_that_count(on))
    later = Q(year__gt=OuterRef("year")) | Q(year=OuterRef("year"), pk__gt=OuterRef("pk"))
    newer = usable.counting().filter(later, account=OuterRef("account")).order_by()
    for_limit = Q(pk__in=usable.telling_net_worth().order_by().values("pk")) & ~Exists(newer.telling_net_worth())
    return usable.unconfirmed().filter(~Exists(newer) | for_limit)


def statements_for(user: Any, on: dt.date) -> StatementQuerySet:
    """Those of them that this reader, if allowed to, may confirm: neither entered by nor of a customer of their own."""
    found = statements_to_confirm(on).visible_to(user).exclude(created_by=user)
    return found.exclude(account__customer__owner=user)


def statements_of(customer_id: int, on: dt.date) -> list[FinancialStatement]:
    """The statements of a customer, newest first, each with its `standing` on a day.

    counts      a rating rests on it, and a limit where it tells the net worth: the last one entered for the newest year
    limit       a limit rests on it, for the one that counts does not tell the net worth
    to_confirm  it would count if somebody confirmed it
    early, old  its year is not over, or ended too long ago by the scorecard in force
    older       a newer year counts
    replaced    another was entered for its year
    """
    oldest, newest = years_that_count(on)
    waiting = set(statements_to_confirm(on).filter(account__customer=customer_id).values_list("pk", flat=True))
    rows: list[Any] = list(with_people().filter(account__customer=customer_id).order_by("-year", "-pk")[:SHOWN])
    rated = limited = False  # whether the one a rating rests on was met, and the one a limit rests on
    met: set[int] = set()  # years of which a statement was met that was not to be confirmed
    for row in rows:
        if row.pk in waiting:
            row.standing = "to_confirm"
        elif row.year > newest:
            row.standing = "early"
        elif row.year < oldest:
            row.standing = "old"
        elif not rated:
            row.standing, rated, limited = "counts", True, row.tells_net_worth
        elif row.tells_net_worth and not limited:
            row.standing, limited = "limit", True
        else:
            row.standing = "replaced" if row.year in met else "older"
        if row.pk not in waiting:
            met.add(row.year)
    return rows


def statement_with_people(statement_id: int | None) -> FinancialStatement | None:
    """One statement with who entered and who confirmed it (a query)."""
    found: FinancialStatement | None = with_people().filter(pk=statement_id).first() if statement_id else None
    return found


def investigations_of(customer_id: int) -> list[Investigation]:
    """The investigations of a customer, newest first, with their answers (two queries)."""
    found = Investigation.objects.filter(account__customer=customer_id).select_related("created_by")
    return list(found.prefetch_related("answers")[:SHOWN])


def investigation_with_answers(investigation_id: int | None) -> Investigation | None:
    """One investigation with its answers (two queries)."""
    if not investigation_id:
        return None
    found = Investigation.objects.select_related("created_by").prefetch_related("answers")
    return found.filter(pk=investigation_id).first()
