"""Cards of 'My day': the first rows of a query, and how many there are."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from crm.core.lists import COUNT_CAP
from crm.core.registry import DayCardContent, DayCardRow, Text

TOP = 5


def card(
    found: QuerySet[Any], row: Callable[[Any], DayCardRow], *, url: str, empty: Text, key: str = "pk"
) -> DayCardContent:
    """The first rows of an ordered query, each told by `row`; `url` lists all, `empty` is said of none.

    `key` names what is counted where the query is not one of rows of a table.
    """
    count: int = found.order_by().values(key)[:COUNT_CAP].count()
    return DayCardContent(count=count, rows=[row(each) for each in found[:TOP]], url=url, empty=empty)
