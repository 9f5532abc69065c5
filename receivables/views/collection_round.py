"""The collector's round: the cases of the list last looked at, in its order, so that next and previous are one key.

The order is kept in the session from the first case opened, so that a case that leaves the list because it was called
does not move the others. Looking at the list again begins a new round.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from crm.core.filters import clean_query
from crm.core.lists import list_view, without_page

QUERY, ROUND = "cases_query", "cases_round"
USUAL = "work=calls"
LONGEST = 500


@dataclass(frozen=True)
class Place:
    """Where a case stands in the round: `number` of `count`, and its neighbours' keys."""

    number: int = 0
    count: int = 0
    previous: int | None = None
    following: int | None = None
    query: str = ""


def remember_list(request: HttpRequest, params: QueryDict) -> None:
    """The list that is looked at is the one whose cases are worked through next."""
    query = without_page(clean_query(params))
    if request.session.get(QUERY) != query:
        request.session[QUERY] = query
    if ROUND in request.session:
        del request.session[ROUND]


def place_of(request: HttpRequest, case_id: int) -> Place:
    """The place of a case in the round; a case that was come to by another way has none."""
    query = request.session.get(QUERY, USUAL)
    found: list[int] | None = request.session.get(ROUND)
    if found is None:
        user: Any = request.user
        ordered = list_view("cases").get_queryset_for(user, query)
        found = list(ordered.values_list("pk", flat=True)[:LONGEST])
        if case_id in found:
            request.session[ROUND] = found
    if case_id not in found:
        return Place(following=next(iter(found), None), query=query)
    at = found.index(case_id)
    return Place(
        number=at + 1,
        count=len(found),
        previous=found[at - 1] if at else None,
        following=found[at + 1] if at + 1 < len(found) else None,
        query=query,
    )
