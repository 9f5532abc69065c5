"""Reads of group limits: what a group owes together, and who of it a reader sees."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from credit.columns import exposure_of
from credit.models import CreditAccount
from credit.rules.checks import OVER_GROUP_LIMIT, Finding
from crm.core.money import ZERO

SHOWN = 20  # members of a group by name, those with the largest exposure
# credit.rules.exposure.exposure of the account `member`, where the database adds it up
MEMBER_EXPOSURE = """member.reserved + member.receivable + member.uncleared
    - CASE WHEN member.counts_unallocated THEN greatest(member.unallocated - member.prepaid, 0) ELSE 0 END"""
# Also of a company that has no group limit yet: what it and all below it owe, at every level.
SUMS = f"""
WITH RECURSIVE tree AS (
    SELECT account.id AS head_id, account.customer_id, 0 AS steps
    FROM credit_creditaccount account WHERE account.id = ANY(%s)
    UNION ALL
    SELECT tree.head_id, child.id, tree.steps + 1
    FROM tree JOIN customers_customer child ON child.parent_id = tree.customer_id WHERE tree.steps < 100
)
SELECT tree.head_id, head."limit", count(*), coalesce(sum({MEMBER_EXPOSURE}), 0)
FROM tree
LEFT JOIN credit_creditaccount member ON member.customer_id = tree.customer_id
LEFT JOIN credit_groupaccount head ON head.account_id = tree.head_id
GROUP BY tree.head_id, head."limit"
"""


@dataclass(frozen=True)
class GroupSums:
    """A company and all below it together, in base currency. `limit` None: no group limit."""

    limit: Decimal | None
    members: int
    exposure: Decimal

    @property
    def headroom(self) -> Decimal | None:
        return None if self.limit is None else self.limit - self.exposure


@dataclass(frozen=True)
class GroupSheet:
    """A group limit as one reader sees it: `head` and `rows` (account, with its exposure as `taken`) are those of
    customers the reader sees; `others` is what the rest of the group owes, so that the sums agree."""

    head: CreditAccount | None
    sums: GroupSums
    rows: list[Any]
    others: Decimal
    unnamed: int


def sums_of_groups(head_ids: Collection[int]) -> dict[int, GroupSums]:
    """What each company owes together with all below it, by the account of the company (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(SUMS, [list(head_ids)])
        return {head: GroupSums(limit, members, exposure) for head, limit, members, exposure in cursor.fetchall()}


def group_sheets(account: CreditAccount, user: Any) -> list[GroupSheet]:
    """The group limits an account stands under, the root first; nothing is read where there are none.

    Two queries, and one for each group.
    """
    if not account.groups:
        return []
    sums = sums_of_groups(account.groups)
    seen = CreditAccount.objects.visible_to(user).select_related("customer")
    heads = {head.pk: head for head in seen.filter(pk__in=account.groups)}
    sheets = []
    for head_id in account.groups:
        found = seen.filter(groups__contains=[head_id]).annotate(taken=exposure_of())
        rows: list[Any] = list(found.order_by("-taken", "pk")[:SHOWN])
        others = sums[head_id].exposure - sum((row.taken for row in rows), ZERO)
        sheets.append(GroupSheet(heads.get(head_id), sums[head_id], rows, others, sums[head_id].members - len(rows)))
    return sheets


def heads_seen(findings: Iterable[Finding], user: Any) -> Mapping[int, str]:
    """The names of the group heads that findings speak of, as far as the reader sees them (a query where any does)."""
    heads = {finding.figures["head"] for finding in findings if finding.code == OVER_GROUP_LIMIT}
    if not heads:
        return {}
    seen = CreditAccount.objects.visible_to(user).filter(pk__in=heads)
    return dict(seen.values_list("pk", "customer__name"))
