"""Customers in the search box of the head."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from crm.core.registry import SearchHit, SearchProvider
from customers.models import Customer
from customers.names import core_name, fold

HITS = 8
# Ranking looks at this many of what was found by index, so that a word thousands share is answered quickly too.
RANKED = 400


def ranked(user: Any, text: str, limit: int = HITS) -> list[Customer]:
    """Visible customers for a text: the exact number first, then equal names, names that begin so, then the rest."""
    typed = fold(text)
    if not typed:
        return []
    core = core_name(typed)
    visible = Customer.objects.visible_to(user).filter(merged_into__isnull=True)
    exact = list(
        visible.filter(Q(code=text.strip()) | Q(code=text.strip().upper()) | Q(uscc=typed.upper()) & ~Q(uscc=""))[
            :limit
        ]
    )
    found = visible.search(text).values("pk")[:RANKED]
    order = Case(
        When(Q(core_name=core) | Q(short_name__iexact=typed), then=Value(0)),
        When(Q(core_name__startswith=core) | Q(short_name__istartswith=typed), then=Value(1)),
        When(Q(pinyin__startswith=typed) | Q(search_text__contains=f" {typed}"), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    rest = Customer.objects.filter(pk__in=found).exclude(pk__in=[customer.pk for customer in exact])
    return [*exact, *rest.annotate(place=order).select_related("owner").order_by("place", "pinyin", "pk")[:limit]][
        :limit
    ]


def search_customers(user: Any, text: str) -> Iterable[SearchHit]:
    """Hits with what tells two alike names apart: number, state and owner."""
    return [
        SearchHit(
            label=customer.name,
            url=customer.get_absolute_url(),
            detail=" · ".join(
                str(part) for part in (customer.code, customer.get_state_display(), customer.owner) if part
            ),
        )
        for customer in ranked(user, text)
    ]


CUSTOMER_SEARCH = SearchProvider(
    key="customers",
    title=_("Customers"),
    permission="customers.view_customer",
    search=search_customers,
    order=10,
    list_url="customers:customers",
)
