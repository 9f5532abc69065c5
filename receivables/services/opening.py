"""How the posting of one receipt begins: one statement that takes the request's key, the keys of what will be written,
and the locks, in the order of the house: idempotency key, legal entity (shared), credit account.

What depends on other rows than the locked ones is read by later statements: this one sees what was there before it
waited for the locks.
"""

import datetime as dt
from functools import cache
from typing import NamedTuple

from django.db import connection

from credit.models import CreditAccount
from credit.services import entries, lock_account
from crm.core import periods
from crm.core.idempotency import Claim, claim_of
from crm.core.periods import Facts, Posting, facts_of_rows
from crm.core.prepared import execute
from crm.core.setbased import array
from receivables.selectors.books import OLDEST
from receivables.services.entering import ReceiptKey, posting_of
from receivables.services.rows import ReceiptRow

SCOPE = "post_receipt"
OPEN = """
WITH keys AS MATERIALIZED (
    SELECT nextval('receivables_receipt_id_seq') AS id,
           CASE WHEN given.number = '' THEN 'R' || lpad(nextval('receivables_receipt_number_seq')::text, 8, '0')
                ELSE given.number END AS number,
           ARRAY(SELECT nextval('receivables_allocation_id_seq') FROM generate_series(1, %s::int)) AS allocation_ids
    FROM (SELECT %s::varchar AS number) given
), claimed AS (
    INSERT INTO core_idempotencykey (scope, key, fingerprint, result_ids, created_at)
    SELECT asked.scope, asked.key, asked.fingerprint, ARRAY[keys.id], now()
    FROM keys, (SELECT %s::varchar AS scope, %s::varchar AS key, %s::varchar AS fingerprint) asked
    WHERE asked.key <> ''
    ON CONFLICT (scope, key) DO NOTHING
    RETURNING id
), posting AS MATERIALIZED ({facts}), account AS MATERIALIZED ({account})
SELECT keys.id, keys.number, keys.allocation_ids, claimed.id, ({oldest}), posting.*, account.*
FROM keys LEFT JOIN claimed ON true LEFT JOIN posting ON true LEFT JOIN account ON true
"""


class Opening(NamedTuple):
    """What one receipt may be posted with."""

    claim: Claim
    key: ReceiptKey
    allocation_ids: list[int]
    facts: dict[Posting, Facts]
    account: CreditAccount
    oldest: dt.date | None  # of the documents in the books


@cache
def _statement(facts: str, account: str) -> str:
    """The counts make sure that the database takes one lock after the other."""
    return OPEN.format(
        oldest=OLDEST,
        facts=facts.format(after="WHERE (SELECT count(*) FROM claimed) >= 0"),
        account=account.format(columns=entries.COLUMNS, after="AND (SELECT count(*) FROM posting) >= 0"),
    )


def open_receipt(row: ReceiptRow, *, idempotency_key: str, fingerprint: str) -> Opening:
    """Begin; the caller looks at `claim.earlier` before anything else."""
    posting = posting_of(row)
    params = [
        *(len(row.lines), row.number.strip(), SCOPE, idempotency_key, fingerprint),
        *(array([part]) for part in posting),
        row.customer_id,
    ]
    with connection.cursor() as cursor:
        execute(cursor, _statement(periods.FACTS, entries.LOCK_ACCOUNT), params)
        pk, number, allocation_ids, claim_id, oldest, *found = cursor.fetchone()
    claim = claim_of(SCOPE, idempotency_key, fingerprint, claim_id)
    told, locked = found[: len(periods.COLUMNS)], found[len(periods.COLUMNS) :]
    facts = facts_of_rows([posting], [told] if told[0] else []) if claim.earlier is None else {}
    account = entries.account_of_row(locked) if locked[0] else lock_account(customer_id=row.customer_id)
    return Opening(claim, ReceiptKey(pk, number), allocation_ids, facts, account, oldest)
