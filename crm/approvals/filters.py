"""Filters of the list of requests."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.approvals.kinds import kind_choices
from crm.approvals.models import Request, RequestState
from crm.approvals.selectors.people import principals
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter, YesNoFilter


class RequestFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Number or customer"))
    state = django_filters.MultipleChoiceFilter(choices=RequestState.choices, label=_("State"))
    kind = django_filters.MultipleChoiceFilter(choices=kind_choices, label=_("Kind"))
    mine = YesNoFilter(method="asked_by_me", label=_("Asked by me"))
    decided_by_me = YesNoFilter(method="with_my_word", label=_("Decided by me"))
    asked_from = DateFilter(field_name="submitted_on", lookup_expr="gte", label=_("Asked from"))
    asked_to = DateFilter(field_name="submitted_on", lookup_expr="lte", label=_("Asked up to"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(Q(label__icontains=value) | Q(customer_name__icontains=value))

    def asked_by_me(self, queryset: Any, name: str, value: bool) -> Any:
        own = Q(applicant=self.request.user)
        return queryset.filter(own) if value else queryset.exclude(own)

    def with_my_word(self, queryset: Any, name: str, value: bool) -> Any:
        said = Request.objects.filter(
            Q(decisions__actor=self.request.user) | Q(decisions__principal__in=principals(self.request.user)),
            decisions__step__isnull=False,
        ).values("pk")
        return queryset.filter(pk__in=said) if value else queryset.exclude(pk__in=said)
