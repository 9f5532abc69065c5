"""The one way money moves on a credit account: entries, running sums and what is open by due date, in one statement."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from credit.models import Balance, CreditAccount, Verb
from crm.core.money import ZERO
from crm.core.prepared import execute
from crm.core.setbased import CHUNK, Part, array, arrays_of, chunks_of, maker_of, run

ACCOUNT = tuple(field.attname for field in CreditAccount._meta.concrete_fields)
stored_account = maker_of(CreditAccount, stored=True)
COLUMNS = ", ".join(f'"{name}"' for name in ACCOUNT)
LOCK_ACCOUNT = "SELECT {columns} FROM credit_creditaccount WHERE customer_id = %s::bigint {after} FOR NO KEY UPDATE"
LOCK_ACCOUNTS = (
    "SELECT {} FROM credit_creditaccount WHERE customer_id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
ENTRIES = """
entries AS (
    INSERT INTO credit_creditentry (account_id, balance, verb, "on", due_on, currency, amount, base_amount,
                                    source_kind, source_id, created_by_id, recorded_at)
    SELECT account_id, balance, verb, day, due_on, currency, amount, base_amount, source_kind, source_id,
           %s::bigint, %s::timestamptz
    FROM unnest(
        %s::bigint[], %s::varchar[], %s::varchar[], %s::date[], %s::date[], %s::varchar[],
        %s::numeric[], %s::numeric[], %s::varchar[], %s::bigint[]
    ) WITH ORDINALITY
    AS moved (account_id, balance, verb, day, due_on, currency, amount, base_amount, source_kind, source_id, position)
    ORDER BY position
)"""
ACCOUNTS = """
accounts AS (
    UPDATE credit_creditaccount account
    SET reserved = account.reserved + sums.reserved, receivable = account.receivable + sums.receivable,
        unallocated = account.unallocated + sums.unallocated, uncleared = account.uncleared + sums.uncleared
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
    AS sums (account_id, reserved, receivable, unallocated, uncleared)
    WHERE account.id = sums.account_id
    RETURNING 1
)"""
MORE_DUE = """
more_due AS (
    INSERT INTO credit_openbyduedate (account_id, due_on, open_amount)
    SELECT account_id, due_on, total
    FROM unnest(%s::bigint[], %s::date[], %s::numeric[]) AS due (account_id, due_on, total)
    ORDER BY account_id, due_on
    ON CONFLICT (account_id, due_on)
    DO UPDATE SET open_amount = credit_openbyduedate.open_amount + excluded.open_amount
)"""
LESS_DUE = """
less_due AS (
    UPDATE credit_openbyduedate item SET open_amount = item.open_amount + due.total
    FROM unnest(%s::bigint[], %s::date[], %s::numeric[]) AS due (account_id, due_on, total)
    WHERE item.account_id = due.account_id AND item.due_on = due.due_on
    RETURNING 1
)"""
ALL_FOUND = "(SELECT count(*) FROM {}) = %s::bigint"


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


SUMS = ("reserved", "receivable", "unallocated", "uncleared")
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
        moved = [array([account_id for account_id, _movement in chunk]), *arrays_of(moves, MOVEMENT)]
        yield Part(ENTRIES, [actor_id, recorded_at, *moved], len(chunk))
        sums: dict[int, dict[str, Decimal]] = {}
        due: dict[tuple[int, dt.date | None], Decimal] = {}
        for account_id, move in chunk:
            account = sums.setdefault(account_id, dict.fromkeys(SUMS, ZERO))
            account[move.balance] += move.base_amount
            if move.balance == Balance.RECEIVABLE:
                key = (account_id, move.due_on)
                due[key] = due.get(key, ZERO) + move.base_amount
        columns = [array(sums), *(array([account[name] for account in sums.values()]) for name in SUMS)]
        yield Part(ACCOUNTS, columns, len(sums), *all_found("accounts", len(sums)))
        more = [(*key, total) for key, total in due.items() if total > 0]
        less = [(*key, total) for key, total in due.items() if total < 0]
        if more:
            yield Part(MORE_DUE, [array(column) for column in zip(*more, strict=True)], len(more))
        if less:
            columns = [array(column) for column in zip(*less, strict=True)]
            yield Part(LESS_DUE, columns, len(less), *all_found("less_due", len(less)))


def all_found(name: str, count: int) -> tuple[str, list[int], str]:
    return ALL_FOUND.format(name), [count], "a credit movement found no account or no open due date to lower"


def charge(*, account: CreditAccount, movement: Movement, actor_id: int | None = None) -> None:
    """The customer owes more, or a credit note stands to be matched."""
    _record_verb(account, movement, Verb.CHARGE, actor_id)


def settle(*, account: CreditAccount, movement: Movement, actor_id: int | None = None) -> None:
    """Money came in, was matched with an invoice, or cleared."""
    _record_verb(account, movement, Verb.SETTLE, actor_id)


def reverse(*, account: CreditAccount, movement: Movement, actor_id: int | None = None) -> None:
    """An earlier movement is undone."""
    _record_verb(account, movement, Verb.REVERSE, actor_id)


def _record_verb(account: CreditAccount, movement: Movement, verb: Verb, actor_id: int | None) -> None:
    if movement.verb != verb or movement.balance == Balance.RESERVED:
        raise ValueError(f"{movement.verb} of {movement.balance} is not to {verb}")
    record(account=account, movements=[movement], actor_id=actor_id)
