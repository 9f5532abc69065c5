"""Filters of the list of credit entries."""

import django_filters
from django.utils.translation import gettext_lazy as _

from credit.models import Balance, Verb
from crm.core.filters import DateFilter, ListFilterSet
from customers.choice_filters import CustomerChoiceFilter


class EntryFilter(ListFilterSet):
    customer = CustomerChoiceFilter(field_name="account__customer")
    balance = django_filters.MultipleChoiceFilter(choices=Balance.choices, label=_("Balance"))
    verb = django_filters.MultipleChoiceFilter(choices=Verb.choices, label=_("Movement"))
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("Date from"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("Date to"))
