"""Filters of the list of runs."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.core.filters import ListFilterSet, YesNoFilter
from crm.core.registry import registry
from crm.jobs.models import Run, RunState


class RunFilter(ListFilterSet):
    kind = django_filters.ChoiceFilter(
        choices=lambda: [(key, kind.label) for key, kind in registry.run_kinds.items()], label=_("Kind")
    )
    state = django_filters.MultipleChoiceFilter(choices=RunState.choices, label=_("State"))
    mine = YesNoFilter(method="filter_mine", label=_("Started by me"))

    def filter_mine(self, queryset: QuerySet[Run], name: str, value: bool) -> QuerySet[Run]:
        user: Any = self.request.user if self.request else None
        return queryset.filter(created_by=user) if value else queryset.exclude(created_by=user)
