"""Columns of the customer list, to which other apps add through the registry, and of what hangs on a customer."""

from collections.abc import Callable
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.core.addresses import record_url
from crm.core.columns import Column
from crm.core.display import Badge, state_badge
from crm.core.language import in_chinese
from customers.models import Customer, CustomerTier


def second_line(customer: Customer) -> str:
    """The number, and the name the reader may know the customer by."""
    known_as = customer.short_name
    if not in_chinese():
        known_as = customer.english_name or known_as
    return f"{customer.code} · {known_as}" if known_as else customer.code


def owner_or_nobody(customer: Customer) -> Any:
    return customer.owner or ""


def tier_badge(customer: Customer) -> Badge | None:
    """The tier a customer has now, of one that was read with it."""
    tier: CustomerTier | None = getattr(customer, "customer_tier", None)
    return None if tier is None else state_badge(tier, "tier")


def annotate_tier(user: Any) -> dict[str, Any]:
    return {"tier_rank": F("customer_tier__rank")}


CODE = Column("code", _("Customer number"), order_by="code", default=False)
CUSTOMER_COLUMNS = (
    Column(
        "name",
        _("Customer"),
        url=Customer.get_absolute_url,
        detail=second_line,
        order_by=("pinyin",),
        export_with=(CODE,),
    ),
    Column("state", _("State"), "badge", order_by="state"),
    Column(
        "tier",
        _("Tier"),
        "badge",
        value=tier_badge,
        related=("customer_tier",),
        annotate=annotate_tier,
        reads_annotation=False,
        order_by="tier_rank",
        permission="customers.view_customertier",
    ),
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
    CODE,
    Column("short_name", _("Short name"), order_by="short_name", default=False),
    Column("english_name", _("English name"), order_by="english_name", default=False),
    Column("uscc", _("Unified social credit code"), default=False),
    Column("foreign_number", _("Foreign registration number"), default=False),
    Column("phone", _("Phone"), default=False),
    Column("email", _("E-mail"), default=False),
    Column("address", _("Address"), default=False),
    Column("english_address", _("English address"), default=False),
    Column("kind", _("Kind"), value=Customer.get_kind_display, default=False),
    Column("parent", _("Parent company"), value=lambda row: row.parent or "", related=("parent",), default=False),
    Column("created_at", _("Created"), "date", order_by="created_at", default=False),
)


def customer_page(row: Any) -> str:
    """The page of the customer a record hangs on."""
    return record_url("customers:detail", row.customer_id)


def customer_column(
    path: str = "customer", *, url: Callable[[Any], str] | None = customer_page, with_code: bool = False
) -> Column:
    """The customer a record hangs on, in the order its name is spoken.

    `path` leads to it, with dots; `url` says where the name leads, None: nowhere, as in lists whose reader may see a
    record without its customer. `with_code` puts the customer's number below the name; an export has it in a column
    of its own in any case.
    """
    relation = path.replace(".", "__")
    return Column(
        "customer",
        _("Customer"),
        value=f"{path}.name",
        url=url,
        detail=(lambda row: row.customer.code) if with_code else None,
        related=(relation,),
        order_by=f"{relation}__pinyin",
        export_with=(customer_code_column(path),),
    )


def customer_code_column(path: str = "customer") -> Column:
    """The number of the customer a record hangs on, where it is asked for."""
    relation = path.replace(".", "__")
    return Column(
        "code",
        _("Customer number"),
        value=f"{path}.code",
        related=(relation,),
        order_by=f"{relation}__code",
        default=False,
    )


def customer_owner_column() -> Column:
    """Who looks after the customer a record hangs on."""
    return Column(
        "owner",
        _("Owner"),
        value=lambda row: row.customer.owner or "",
        related=("customer__owner",),
        order_by="customer__owner__name",
    )
