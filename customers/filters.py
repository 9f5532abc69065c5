"""Filters of the customer list, all in the address."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team, User
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.language import in_chinese
from crm.core.widgets import RemoteSelect
from customers.divisions import provinces
from customers.lists import sections
from customers.models import CustomerCategory, CustomerKind, CustomerState, Tier


def province_choices() -> Iterator[tuple[str, str]]:
    for province in provinces():
        yield province.code[:2], province.name_zh if in_chinese() else province.name_en


def section_choices() -> Iterator[tuple[str, str]]:
    for code, name_zh, name_en in sections():
        yield code, f"{code} {name_zh if in_chinese() else name_en}"


def colleagues(request: HttpRequest) -> QuerySet[User]:
    """Possible owners."""
    return User.objects.filter(is_active=True)


class CustomerFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Name, pinyin, number, code"))
    state = django_filters.MultipleChoiceFilter(choices=CustomerState.choices, label=_("State"))
    tier = django_filters.MultipleChoiceFilter(choices=Tier.choices, field_name="customer_tier__tier", label=_("Tier"))
    category = django_filters.MultipleChoiceFilter(choices=CustomerCategory.choices, label=_("Category"))
    kind = django_filters.ChoiceFilter(choices=CustomerKind.choices, label=_("Kind"))
    mine = YesNoFilter(method="only_mine", label=_("Mine"))
    owner = django_filters.ModelChoiceFilter(
        queryset=colleagues, widget=RemoteSelect("customers:owners"), label=_("Owner")
    )
    unassigned = YesNoFilter(field_name="owner", lookup_expr="isnull", label=_("Without owner"))
    team = django_filters.ModelChoiceFilter(queryset=Team.objects.all(), method="in_team", label=_("Team"))
    region = django_filters.ChoiceFilter(
        choices=province_choices, field_name="region__code", lookup_expr="startswith", label=_("Region")
    )
    industry = django_filters.ChoiceFilter(
        choices=section_choices, field_name="industry__code", lookup_expr="startswith", label=_("Industry")
    )
    created_from = DateFilter(field_name="created_at", lookup_expr="date__gte", label=_("Created from"))
    created_to = DateFilter(field_name="created_at", lookup_expr="date__lte", label=_("Created to"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)

    def only_mine(self, queryset: Any, name: str, value: bool) -> Any:
        mine = Q(owner=self.request.user)
        return queryset.filter(mine if value else ~mine | Q(owner=None))

    def in_team(self, queryset: Any, name: str, value: Team) -> Any:
        return queryset.filter(team_id__in=value.subtree_ids())
