"""Panels of the customer page that customers bring themselves."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.audit.registry import audit_url
from crm.core.registry import Panel
from customers.models import Customer, TierSource
from customers.selectors.tiers import changes_of, rule_of, weighed
from customers.services.tier_policies import tier_policy_in_force
from customers.tier_words import CRITERIA, words_of

CHANGES = 6


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


def tier_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The tier, what its customers are given, why it is that tier, and the tiers before."""
    user: Any = request.user
    changes, now = changes_of(customer, CHANGES), getattr(customer, "customer_tier", None)
    newest = changes[0] if changes else None
    return {
        "customer": customer,
        "now": now,
        "newest": newest,
        "given": rule_of(tier_policy_in_force(), now.rank) if now else None,
        "rows": [(CRITERIA[row.criterion], *words_of(row), row.missed_next) for row in weighed(newest, user)]
        if newest
        else [],
        "by_hand": now is not None and now.source == TierSource.BY_HAND,
        "earlier": changes[1:],
        "can_set": user.has_perm("customers.set_tier"),
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
    Panel("tier", _("Tier"), "customers/panels/tier.html", tier_panel, "customers.view_tierchange", order=52),
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
