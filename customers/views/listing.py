"""The list of customers."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.core.lists import Action, Empty, ListView, Preset
from customers.columns import CUSTOMER_COLUMNS
from customers.filters import CustomerFilter
from customers.models import Customer


class CustomerList(ListView):
    key = "customers"
    title = _("Customers")
    permission = "customers.view_customer"
    model = Customer
    filterset_class = CustomerFilter
    columns = CUSTOMER_COLUMNS
    registered = True
    default_order = ("pinyin",)
    presets = (
        Preset("all", _("All")),
        Preset("mine", _("Mine"), "mine=true"),
        Preset("active", _("Active"), "state=active"),
        Preset("unassigned", _("Without owner"), "unassigned=true"),
        Preset("blacklisted", _("Blacklisted"), "state=blacklisted"),
    )
    actions = (
        Action("new", _("New customer"), "customers:create", "customers.add_customer", icon="plus", primary=True),
    )
    empty = Empty(
        _("No customers yet"),
        _("Create the first one, or import them from a spreadsheet."),
        Action("new", _("New customer"), "customers:create", "customers.add_customer"),
    )

    @classmethod
    def base_queryset(cls, user: Any) -> Any:
        return Customer.objects.visible_to(user).filter(merged_into__isnull=True)

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-danger" if row.state == "blacklisted" else ""
