"""Filters by a customer and by whose customer it is, for lists of what hangs on customers."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.core.widgets import RemoteSelect
from customers.models import Customer


def visible_customers(request: Any) -> QuerySet[Customer]:
    """A stranger's customer cannot even be named by a filter."""
    return Customer.objects.visible_to(request.user)


class CustomerChoiceFilter(django_filters.ModelChoiceFilter):
    """One customer, chosen through the search box."""

    def __init__(self, **kwargs: Any) -> None:
        options = {"queryset": visible_customers, "widget": RemoteSelect("customers:options"), "label": _("Customer")}
        super().__init__(**(options | kwargs))


class OwnerChoiceFilter(django_filters.ModelChoiceFilter):
    """One person, chosen through the search box: the owner of the customer, unless told otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        options = {
            "field_name": "customer__owner",
            "queryset": User.objects.filter(is_active=True),
            "widget": RemoteSelect("customers:owners"),
            "label": _("Owner of the customer"),
        }
        super().__init__(**(options | kwargs))
