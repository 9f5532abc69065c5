"""Columns of the customer list; other apps add theirs through the registry."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.core.columns import Column
from crm.core.language import in_chinese
from customers.models import Customer


def second_line(customer: Customer) -> str:
    """The number, and the name the reader may know the customer by."""
    known_as = customer.short_name
    if not in_chinese():
        known_as = customer.english_name or known_as
    return f"{customer.code} · {known_as}" if known_as else customer.code


def owner_or_nobody(customer: Customer) -> Any:
    return customer.owner or ""


CUSTOMER_COLUMNS = (
    Column("name", _("Customer"), url=Customer.get_absolute_url, detail=second_line, order_by=("pinyin",)),
    Column("state", _("State"), "badge", order_by="state"),
    Column("category", _("Category"), value=Customer.get_category_display, order_by="category", default=False),
    Column("owner", _("Owner"), value=owner_or_nobody, related=("owner",), order_by="owner__name"),
    Column(
        "team", _("Team"), value=lambda row: row.team or "", related=("team",), order_by="team__path", default=False
    ),
    Column("region", _("Region"), value=lambda row: row.region or "", related=("region",), order_by="region_id"),
    Column(
        "industry",
        _("Industry"),
        value=lambda row: row.industry or "",
        related=("industry",),
        order_by="industry_id",
        default=False,
    ),
    Column("code", _("Customer number"), order_by="code", default=False),
    Column("short_name", _("Short name"), order_by="short_name", default=False),
    Column("english_name", _("English name"), order_by="english_name", default=False),
    Column("uscc", _("Unified social credit code"), default=False),
    Column("phone", _("Phone"), default=False),
    Column("email", _("E-mail"), default=False),
    Column("address", _("Address"), default=False),
    Column("kind", _("Kind"), value=Customer.get_kind_display, default=False),
    Column("parent", _("Parent company"), value=lambda row: row.parent or "", related=("parent",), default=False),
    Column("created_at", _("Created"), "date", order_by="created_at", default=False),
)
