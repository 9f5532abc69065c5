"""Filters of the list of credit entries."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from credit.models import Balance, Verb
from crm.core.filters import DateFilter, ListFilterSet
from crm.core.widgets import RemoteSelect
from customers.models import Customer


def visible_customers(request: Any) -> Any:
    """A stranger's customer cannot even be named."""
    return Customer.objects.visible_to(request.user)


class EntryFilter(ListFilterSet):
    customer = django_filters.ModelChoiceFilter(
        field_name="account__customer",
        queryset=visible_customers,
        widget=RemoteSelect("customers:options"),
        label=_("Customer"),
    )
    balance = django_filters.MultipleChoiceFilter(choices=Balance.choices, label=_("Balance"))
    verb = django_filters.MultipleChoiceFilter(choices=Verb.choices, label=_("Movement"))
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("Date from"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("Date to"))
