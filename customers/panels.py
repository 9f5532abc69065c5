"""Panels of the customer page that customers bring themselves."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.audit.registry import audit_url
from crm.core.registry import Panel
from customers.models import Customer


def profile_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Who the customer is, by groups of facts; what is not known is left out, the profile says so itself."""
    user: Any = request.user
    records = Customer.objects.select_related("industry", "region__province", "parent", "created_by")
    customer = records.get(pk=customer.pk)
    parent = customer.parent
    if parent is not None and not Customer.objects.visible_to(user).filter(pk=parent.pk).exists():
        parent = None
    return {
        "customer": customer,
        "parent": parent,
        "children": list(Customer.objects.visible_to(user).filter(parent=customer).order_by("pinyin")[:6]),
        "shares": list(customer.shares.select_related("user", "created_by").order_by("user__name")),
        "references": list(customer.external_refs.order_by("source", "key")[:10]),
        "can_change": user.has_perm("customers.change_customer"),
        "can_share": user.has_perm("customers.share_customer"),
        "can_open_admin": user.has_perm("accounts.use_admin"),
    }


def contacts_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The people there, the main contact first; those who left below."""
    user: Any = request.user
    contacts = list(customer.contacts.order_by("-is_active", "-is_primary", "name", "pk"))
    return {
        "customer": customer,
        "contacts": [contact for contact in contacts if contact.is_active],
        "former": [contact for contact in contacts if not contact.is_active],
        "can_add": user.has_perm("customers.add_contact"),
        "can_change": user.has_perm("customers.change_contact"),
    }


def history_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Life cycle and owners since the beginning, and every change of the profile."""
    return {
        "customer": customer,
        "steps": list(customer.state_changes.select_related("created_by")[:20]),
        "assignments": list(customer.assignments.select_related("owner", "team", "created_by")[:20]),
        "changes_url": audit_url(customer),
    }


PANELS = (
    Panel(
        "profile",
        _("Customer profile"),
        "customers/panels/profile.html",
        profile_panel,
        "customers.view_customer",
        order=50,
    ),
    Panel(
        "contacts", _("Contacts"), "customers/panels/contacts.html", contacts_panel, "customers.view_contact", order=45
    ),
    Panel(
        "history",
        _("History"),
        "customers/panels/history.html",
        history_panel,
        "customers.view_customer",
        order=90,
    ),
)
