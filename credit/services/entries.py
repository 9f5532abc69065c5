"""The one way money moves on a credit account: entries, running sums and what is open by due date, in one statement."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from credit.models import CreditAccount
from crm.core.prepared import execute
from crm.core.setbased import CHUNK, Part, array, arrays_of, chunks_of, maker_of, run

ACCOUNT = tuple(field.attname for field in CreditAccount._meta.concrete_fields)
stored_account = maker_of(CreditAccount, stored=True)
COLUMNS = ", ".join(f'"{name}"' for name in ACCOUNT)
LOCK_ACCOUNT = "SELECT {columns} FROM credit_creditaccount WHERE customer_id = %s::bigint {after} FOR NO KEY UPDATE"
LOCK_ACCOUNTS = (
    "SELECT {} FROM credit_creditaccount WHERE customer_id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
RECORD = """
moved AS MATERIALIZED (
    SELECT * FROM unnest(
        %s::bigint[], %s::varchar[], %s::varchar[], %s::date[], %s::date[], %s::varchar[],
        %s::numeric[], %s::numeric[], %s::varchar[], %s::bigint[]
    ) WITH ORDINALITY
    AS moved (account_id, balance, verb, day, due_on, currency, amount, base_amount, source_kind, source_id, position)
), entries AS (
    INSERT INTO credit_creditentry (account_id, balance, verb, "on", due_on, currency, amount, base_amount,
                                    source_kind, source_id, created_by_id, recorded_at)
    SELECT account_id, balance, verb, day, due_on, currency, amount, base_amount, source_kind, source_id,
           %s::bigint, %s::timestamptz
    FROM moved ORDER BY position
), due AS (
    SELECT account_id, due_on, sum(base_amount) AS total FROM moved
    WHERE balance = 'receivable' GROUP BY account_id, due_on HAVING sum(base_amount) <> 0
), more_due AS (
    INSERT INTO credit_openbyduedate (account_id, due_on, open_amount)
    SELECT account_id, due_on, total FROM due WHERE total > 0 ORDER BY account_id, due_on
    ON CONFLICT (account_id, due_on)
    DO UPDATE SET open_amount = credit_openbyduedate.open_amount + excluded.open_amount
), less_due AS (
    UPDATE credit_openbyduedate item SET open_amount = item.open_amount + due.total
    FROM due WHERE due.total < 0 AND item.account_id = due.account_id AND item.due_on = due.due_on
    RETURNING 1
), sums AS (
    SELECT account_id,
           coalesce(sum(base_amount) FILTER (WHERE balance = 'reserved'), 0) AS reserved,
           coalesce(sum(base_amount) FILTER (WHERE balance = 'receivable'), 0) AS receivable,
           coalesce(sum(base_amount) FILTER (WHERE balance = 'unallocated'), 0) AS unallocated,
           coalesce(sum(base_amount) FILTER (WHERE balance = 'uncleared'), 0) AS uncleared,
           coalesce(sum(base_amount) FILTER (WHERE balance = 'prepaid'), 0) AS prepaid
    FROM moved GROUP BY account_id
), accounts AS (
    UPDATE credit_creditaccount account
    SET reserved = account.reserved + sums.reserved, receivable = account.receivable + sums.receivable,
        unallocated = account.unallocated + sums.unallocated, uncleared = account.uncleared + sums.uncleared,
        prepaid = account.prepaid + sums.prepaid
    FROM sums WHERE account.id = sums.account_id
    RETURNING 1
)
"""
RECORDED = """(SELECT count(*) FROM accounts) = (SELECT count(*) FROM sums)
   AND (SELECT count(*) FROM less_due) = (SELECT count(*) FROM due WHERE total < 0)"""


class Movement(NamedTuple):
    """A signed movement of one balance; `base_amount` moves the sum, `amount` says it in the document's currency."""

    balance: str
    verb: str
    base_amount: Decimal
    currency: str
    amount: Decimal
    on: dt.date
    due_on: dt.date | None
    source_kind: str
    source_id: int


MOVEMENT = ("balance", "verb", "on", "due_on", "currency", "amount", "base_amount", "source_kind", "source_id")


def lock_account(*, customer_id: int) -> CreditAccount:
    """The customer's account, locked until the transaction ends; made when the customer has none yet."""
    account = _lock_account(customer_id)
    if account is None:
        CreditAccount.objects.bulk_create([CreditAccount(customer_id=customer_id)], ignore_conflicts=True)
        account = _lock_account(customer_id)
    if account is None:
        raise RuntimeError(f"the credit account of customer {customer_id} could not be made")
    return account


def _lock_account(customer_id: int) -> CreditAccount | None:
    with connection.cursor() as cursor:
        execute(cursor, LOCK_ACCOUNT.format(columns=COLUMNS, after=""), [customer_id])
        row = cursor.fetchone()
    return account_of_row(row) if row else None


def account_of_row(row: Sequence[Any]) -> CreditAccount:
    return stored_account(dict(zip(ACCOUNT, row, strict=True)))


def lock_accounts(*, customer_ids: Collection[int]) -> dict[int, CreditAccount]:
    """The accounts of these customers by customer, locked in the order of their keys; made where missing."""
    wanted = set(customer_ids)
    if len(wanted) == 1:
        (customer_id,) = wanted
        return {customer_id: lock_account(customer_id=customer_id)}
    known = set(CreditAccount.objects.filter(customer_id__in=wanted).values_list("customer_id", flat=True))
    CreditAccount.objects.bulk_create(
        [CreditAccount(customer_id=customer_id) for customer_id in sorted(wanted - known)],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ACCOUNTS.format(COLUMNS), [array(wanted)])
        locked = [account_of_row(row) for row in cursor.fetchall()]
    return {account.customer_id: account for account in locked}


def record(
    *,
    account: CreditAccount,
    movements: Iterable[Movement],
    actor_id: int | None = None,
    recorded_at: dt.datetime | None = None,
) -> None:
    """Write movements of one locked account."""
    record_many(rows=[(account.pk, movement) for movement in movements], actor_id=actor_id, recorded_at=recorded_at)


def record_many(
    *,
    rows: Sequence[tuple[int, Movement]],
    actor_id: int | None = None,
    recorded_at: dt.datetime | None = None,
) -> None:
    """Write movements of many accounts (account id, movement); the caller holds their locks, taken in key order."""
    run(list(movement_parts(rows, actor_id, recorded_at or timezone.now())))


def movement_parts(
    rows: Sequence[tuple[int, Movement]], actor_id: int | None, recorded_at: dt.datetime
) -> Iterable[Part]:
    """Movements as parts of a statement that writes more than them; the caller holds the locks of the accounts."""
    for chunk in chunks_of(rows):
        moves = [movement for _account_id, movement in chunk]
        params = [array([account_id for account_id, _movement in chunk]), *arrays_of(moves, MOVEMENT)]
        failure = "a credit movement found no account or no open due date to lower"
        yield Part(RECORD, [*params, actor_id, recorded_at], len(chunk), RECORDED, failure)
