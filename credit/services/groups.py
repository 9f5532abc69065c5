"""Group limits: who stands under which, in which order their rows are locked, and how a limit is set.

The accounts of a group name the group accounts above them (`CreditAccount.groups`, root first), so that a check knows
at no cost that there are none. What they name changes with a group limit that begins or ends and with the parent of a
company, each under the lock of the tree of companies (customers.services.lock_tree), under the locks of the groups
that are left or joined, and under those of the accounts that are written.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import pghistory
from django.db import connection

from credit.models import CreditAccount
from credit.models.groups import GroupAccount
from credit.services.entries import lock_account, lock_accounts
from crm.core.prepared import execute
from crm.core.setbased import array
from customers.services import lock_tree, record_event

LOCK = "FOR NO KEY UPDATE OF head"
ABOVE = """
SELECT head.account_id
FROM credit_creditaccount account
CROSS JOIN LATERAL unnest(account.groups) WITH ORDINALITY AS part (head_id, place)
JOIN credit_groupaccount head ON head.account_id = part.head_id
WHERE account.customer_id = %s::bigint ORDER BY part.place
"""
THESE = """
SELECT head.account_id
FROM credit_groupaccount head
JOIN credit_creditaccount account ON account.id = head.account_id
WHERE head.account_id = ANY(%s::bigint[])
ORDER BY cardinality(account.groups) NULLS LAST, head.account_id
"""
LOCK_ALONE = "SELECT id FROM credit_creditaccount WHERE customer_id = %s::bigint AND groups IS NULL FOR NO KEY UPDATE"
# The group accounts above a company and every one below it as the tree of companies has them now, where the account
# says something else.
STRAYED = """
WITH RECURSIVE limited AS (
    SELECT head.account_id AS head_id, account.customer_id
    FROM credit_groupaccount head JOIN credit_creditaccount account ON account.id = head.account_id
    WHERE head."limit" IS NOT NULL
), above AS (
    SELECT id, parent_id, 0 AS steps FROM customers_customer WHERE id = %s
    UNION ALL
    SELECT parent.id, parent.parent_id, above.steps + 1
    FROM above JOIN customers_customer parent ON parent.id = above.parent_id WHERE above.steps < 100
), below AS (
    SELECT above.id, ARRAY(
        SELECT head_id FROM above step JOIN limited ON limited.customer_id = step.id ORDER BY step.steps DESC
    ) AS path, 0 AS steps
    FROM above WHERE above.steps = 0
    UNION ALL
    SELECT child.id, CASE WHEN limited.head_id IS NULL THEN below.path ELSE below.path || limited.head_id END,
           below.steps + 1
    FROM below
    JOIN customers_customer child ON child.parent_id = below.id
    LEFT JOIN limited ON limited.customer_id = child.id
    WHERE below.steps < 100
)
SELECT below.id, account.groups, nullif(below.path, '{}')
FROM below LEFT JOIN credit_creditaccount account ON account.customer_id = below.id
WHERE account.groups IS DISTINCT FROM nullif(below.path, '{}')
ORDER BY below.id
"""
REGROUP = """
UPDATE credit_creditaccount account SET groups = %s::bigint[] WHERE customer_id = ANY(%s::bigint[])
"""


def lock_groups_above(*, customer_id: int) -> list[int]:
    """The group accounts a customer stands under, its own among them, locked from the root down; empty: none."""
    with connection.cursor() as cursor:
        execute(cursor, ABOVE + LOCK, [customer_id])
        return [row[0] for row in cursor.fetchall()]


def lock_groups(*, head_ids: Iterable[int]) -> None:
    """Lock group accounts in the order in which checks lock them."""
    with connection.cursor() as cursor:
        execute(cursor, THESE + LOCK, [array(sorted(set(head_ids)))])


def lock_for_check(*, customer_id: int) -> None:
    """What a check of an order on credit will lock: the groups above the customer, then its account."""
    with connection.cursor() as cursor:
        execute(cursor, LOCK_ALONE, [customer_id])
        if cursor.fetchone():
            return
    lock_groups_above(customer_id=customer_id)
    lock_account(customer_id=customer_id)


def set_group_limit(
    *, account: CreditAccount, limit: Decimal | None, reason: str, actor_id: int | None, on: dt.date
) -> None:
    """Set, change or (None) end the group limit of the company that `account` belongs to, inside the transaction of
    the decision. Keeps the history with its reason, and tells the timeline.
    """
    lock_tree()
    head, _made = GroupAccount.objects.get_or_create(account=account)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(groups) FROM credit_creditaccount WHERE groups @> ARRAY[%s::bigint]", [head.pk]
        )
        lock_groups(head_ids=[head.pk, *(row[0] for row in cursor.fetchall())])
    head.refresh_from_db()
    before = head.limit
    if before == limit:
        return
    head.limit = limit
    with pghistory.context(reason=reason, user=actor_id):
        head.save(update_fields=["limit"])
    if (before is None) != (limit is None):
        regroup(customer_id=account.customer_id)
    change = [None if value is None else str(value) for value in (before, limit)]
    record_event(
        customer_id=account.customer_id,
        kind="terms_changed",
        on=on,
        data={"reason": reason, "changes": {"group_limit": change}},
        actor_id=actor_id,
    )


def regroup(*, customer_id: int) -> int:
    """Let the accounts of a company and of all below it name the group accounts above them; answers how many changed.

    Belongs to the transaction that changed the tree of companies or the group limit, which holds the lock of the tree.
    A company that comes under a group limit is given an account, so that none is ever made beside its group.
    """
    with connection.cursor() as cursor:
        cursor.execute(STRAYED, [customer_id])
        strayed = cursor.fetchall()
    if not strayed:
        return 0
    lock_groups(head_ids=[head for _id, before, after in strayed for head in (*(before or ()), *(after or ()))])
    lock_accounts(customer_ids=[customer for customer, _before, _after in strayed])
    together: dict[tuple[int, ...] | None, list[int]] = {}
    for customer, _before, after in strayed:
        together.setdefault(None if after is None else tuple(after), []).append(customer)
    with connection.cursor() as cursor:
        for groups, customers in together.items():
            cursor.execute(REGROUP, [None if groups is None else list(groups), customers])
    return len(strayed)


def company_moved(customer_id: int) -> None:
    """A company has another parent, or begins with one (crm.core.registry, `moved_companies`)."""
    regroup(customer_id=customer_id)
