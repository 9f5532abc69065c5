"""The groups of ageing: how sums of documents become sums of groups, what a group is called, who is in it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team, User
from crm.approvals.rules import GRADES
from crm.core.addresses import record_url
from crm.core.models import LegalEntity
from crm.core.registry import Text
from customers.models import Customer, Region, Tier

NONE = "none"  # the key of documents whose customer has no owner, team, region, grade or tier
NUMBER, CODE = re.compile(r"[0-9]{1,18}"), re.compile(r"[A-Za-z0-9]{1,8}")


@dataclass(frozen=True)
class Grouping:
    """One way to group what is owed.

    Moves of documents are added up by `moved` first ('{}' is their table); `key` is the group they belong to, read from
    `cells` and what `join` adds. `order` is the join and the expression of a sort by name. `scope` is the field of the
    query that one group of documents sets; of groups of customers `members` are the customers of one.
    `labels(user, keys)` are the records the keys stand for. All that hangs on the customer is as it is today.
    """

    name: str
    title: Text
    order: tuple[str, str]
    labels: Callable[[Any, Sequence[str]], dict[str, Any]]
    moved: str = "{}.customer_id"
    join: str = ""
    key: str = "cells.key"
    scope: str = ""
    members: Callable[[QuerySet[Customer], str], QuerySet[Customer]] | None = None
    keys: re.Pattern[str] = NUMBER
    none: Text = ""  # what customers without any are called; empty: there are none
    permission: str = ""  # beyond that of the report

    def may_be(self, key: str) -> bool:
        """Whether a text can be the key of a group."""
        return (key == NONE and bool(self.none)) or self.keys.fullmatch(key) is not None


@dataclass(frozen=True)
class CustomerName:
    """What a line says of its customer."""

    pk: int
    name: str
    code: str

    def get_absolute_url(self) -> str:
        return record_url("customers:detail", self.pk)

    def __str__(self) -> str:
        return self.name


def customer_labels(user: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Names of customers that are visible since their documents are."""
    chosen = Customer.objects.filter(pk__in=[int(key) for key in keys]).order_by()
    return {str(row[0]): CustomerName(*row) for row in chosen.values_list("pk", "name", "code")}


def company_labels(user: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Names of the heads of groups; who sees a subsidiary need not see the head."""
    chosen = Customer.objects.visible_to(user).filter(pk__in=[int(key) for key in keys]).order_by()
    seen = {str(row[0]): CustomerName(*row) for row in chosen.values_list("pk", "name", "code")}
    return {key: seen.get(key, _("A group you do not see")) for key in keys}


def record_labels(model: type[Model], *fields: str) -> Callable[[Any, Sequence[str]], dict[str, Any]]:
    def fetch(user: Any, keys: Sequence[str]) -> dict[str, Any]:
        return {str(record.pk): record for record in model._default_manager.filter(pk__in=keys).only(*fields)}

    return fetch


def codes(user: Any, keys: Sequence[str]) -> dict[str, Any]:
    return {key: key for key in keys}


def tier_labels(user: Any, keys: Sequence[str]) -> dict[str, Any]:
    return {key: label for key, label in Tier.choices if key in keys}


def holding(field: str) -> Callable[[QuerySet[Customer], str], QuerySet[Customer]]:
    """Customers whose field has the key."""
    return lambda customers, key: customers.filter(**{field: None if key == NONE else key})


def within_province(code: str) -> QuerySet[Region]:
    return Region.objects.filter(Q(pk=code) | Q(province=code))


def of_province(customers: QuerySet[Customer], key: str) -> QuerySet[Customer]:
    return customers.filter(region=None) if key == NONE else customers.filter(region__in=within_province(key))


# The head of everybody who belongs to another company.
HEADS = """(
    WITH RECURSIVE above AS (
        SELECT child.id, parent.id AS head_id, parent.parent_id
        FROM customers_customer child JOIN customers_customer parent ON parent.id = child.parent_id
        UNION ALL
        SELECT above.id, parent.id, parent.parent_id
        FROM above JOIN customers_customer parent ON parent.id = above.parent_id
    ) SELECT id, head_id FROM above WHERE parent_id IS NULL
)"""
BELOW = """
    WITH RECURSIVE below AS (
        SELECT %s::bigint AS id
        UNION ALL
        SELECT child.id FROM below JOIN customers_customer child ON child.parent_id = below.id
    ) SELECT id FROM below"""


def of_company(customers: QuerySet[Customer], key: str) -> QuerySet[Customer]:
    """A company and all below it."""
    return customers.filter(pk__in=RawSQL(BELOW, [int(key)]))  # noqa: S611 - the key is a number


GRADED = """(
    SELECT account.customer_id, now.grade
    FROM credit_creditaccount account JOIN credit_accountgrade now ON now.account_id = account.id
)"""
CUSTOMER = "JOIN customers_customer c ON c.id = cells.key"
ALL: Iterable[Grouping] = (
    Grouping(
        "customer",
        _("Customer"),
        ("JOIN customers_customer n ON n.id = grouped.key", "n.pinyin"),
        customer_labels,
        scope="customer_id",
    ),
    Grouping(
        "company",
        _("Group of companies"),
        ("JOIN customers_customer n ON n.id = grouped.key", "n.pinyin"),
        company_labels,
        join=f"LEFT JOIN {HEADS} heads ON heads.id = cells.key",
        key="coalesce(heads.head_id, cells.key)",
        members=of_company,
    ),
    Grouping(
        "owner",
        _("Owner"),
        ("LEFT JOIN accounts_user n ON n.id = grouped.key", "n.name"),
        record_labels(User, "name", "username"),
        join=CUSTOMER,
        key="c.owner_id",
        members=holding("owner"),
        none=_("Not assigned"),
    ),
    Grouping(
        "team",
        _("Team"),
        ("LEFT JOIN accounts_team n ON n.id = grouped.key", "n.path"),
        record_labels(Team, "name_zh", "name_en"),
        join=CUSTOMER,
        key="c.team_id",
        members=holding("team"),
        none=_("Not assigned"),
    ),
    Grouping(
        "region",
        _("Province"),
        ("", "grouped.key"),
        record_labels(Region, "name_zh", "name_en"),
        join=f"{CUSTOMER} LEFT JOIN customers_region g ON g.code = c.region_id",
        key="coalesce(g.province_id, g.code)",
        members=of_province,
        keys=CODE,
        none=_("Not assigned"),
    ),
    Grouping(
        "grade",
        _("Credit grade"),
        ("", f"array_position(ARRAY{list(GRADES)}, grouped.key::text)"),
        codes,
        join=f"LEFT JOIN {GRADED} graded ON graded.customer_id = cells.key",
        key="graded.grade",
        members=holding("credit_account__grade_now__grade"),
        keys=CODE,
        none=_("Not rated"),
        permission="credit.view_rating",
    ),
    Grouping(
        "tier",
        _("Tier"),
        ("", f"array_position(ARRAY{list(Tier.values)}, grouped.key::text)"),
        tier_labels,
        join="LEFT JOIN customers_customertier t ON t.customer_id = cells.key",
        key="t.tier",
        members=holding("customer_tier__tier"),
        keys=CODE,
        none=_("Without a tier"),
        permission="customers.view_customertier",
    ),
    Grouping("currency", _("Currency"), ("", "grouped.key"), codes, moved="{}.currency", scope="currency", keys=CODE),
    Grouping(
        "entity",
        _("Legal entity"),
        ("JOIN core_legalentity n ON n.id = grouped.key", "n.code"),
        record_labels(LegalEntity, "name_zh", "name_en"),
        moved="{}.legal_entity_id",
        scope="legal_entity_id",
    ),
)
GROUPINGS = {grouping.name: grouping for grouping in ALL}


def groupings_of(user: Any) -> dict[str, Grouping]:
    """The groupings a reader of the report may choose from."""
    return {
        name: grouping
        for name, grouping in GROUPINGS.items()
        if not grouping.permission or user.has_perm(grouping.permission)
    }
