"""Credit's running sums, derived again from the append-only entries, and limits from the requests that set them."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference

LABELS = {
    "reserved": _("Reserved, by its entries"),
    "receivable": _("Receivable, by its entries"),
    "unallocated": _("Unallocated, by its entries"),
    "uncleared": _("Uncleared, by its entries"),
    "prepaid": _("Claimed by prepaid orders, by its entries"),
    "open_by_due_date": _("Open by due date, by the entries"),
    "reserved_by_reservations": _("Reserved, by the reservations"),
    "prepaid_by_reservations": _("Claimed by prepaid orders, by the reservations"),
    "reservation_remaining": _("Remaining of the reservation, by its entries"),
    "reservation_by_check": _("Reserved in all, by the checks that released"),
    "check_over_limit": _("Exposure after the release, by the limit its check saw"),
    "check_instrument": _("Accepted payment forms its check saw, by those of the document"),
    "check_over_group_limit": _("Exposure of the group after the release, by the group limit its check saw"),
    "groups_by_tree": _("Group accounts of the account, by the parent companies"),
    "group_limit_by_requests": _("Group limit, by the last approved request"),
    "hold_by_check": _("Last check of the hold, by the checks"),
    "limit_by_requests": _("Limit, by the last approved request"),
    "instruments_by_requests": _("Accepted payment forms, by the last approved request"),
    "grade_by_ratings": _("Grade, by the last rating in force"),
}

ACCOUNT_SUMS = """
WITH sums AS (
    SELECT account_id,
           sum(base_amount) FILTER (WHERE balance = 'reserved') AS reserved,
           sum(base_amount) FILTER (WHERE balance = 'receivable') AS receivable,
           sum(base_amount) FILTER (WHERE balance = 'unallocated') AS unallocated,
           sum(base_amount) FILTER (WHERE balance = 'uncleared') AS uncleared,
           sum(base_amount) FILTER (WHERE balance = 'prepaid') AS prepaid
    FROM credit_creditentry GROUP BY account_id
)
SELECT part.code, customer.code, part.expected, part.found
FROM credit_creditaccount account
JOIN customers_customer customer ON customer.id = account.customer_id
LEFT JOIN sums ON sums.account_id = account.id
CROSS JOIN LATERAL (VALUES
    ('reserved', coalesce(sums.reserved, 0), account.reserved),
    ('receivable', coalesce(sums.receivable, 0), account.receivable),
    ('unallocated', coalesce(sums.unallocated, 0), account.unallocated),
    ('uncleared', coalesce(sums.uncleared, 0), account.uncleared),
    ('prepaid', coalesce(sums.prepaid, 0), account.prepaid)
) AS part (code, expected, found)
WHERE part.expected <> part.found
ORDER BY customer.code, part.code
"""

OPEN_BY_DUE_DATE = """
WITH entries AS (
    SELECT account_id, due_on, sum(base_amount) AS total
    FROM credit_creditentry WHERE balance = 'receivable' GROUP BY account_id, due_on
)
SELECT 'open_by_due_date', customer.code || ' ' || coalesce(entries.due_on, item.due_on),
       coalesce(entries.total, 0), coalesce(item.open_amount, 0)
FROM entries
FULL JOIN credit_openbyduedate item ON item.account_id = entries.account_id AND item.due_on = entries.due_on
JOIN credit_creditaccount account ON account.id = coalesce(entries.account_id, item.account_id)
JOIN customers_customer customer ON customer.id = account.customer_id
WHERE coalesce(entries.total, 0) <> coalesce(item.open_amount, 0)
ORDER BY 2
"""

RESERVATIONS = """
WITH held AS (
    SELECT account_id,
           sum(amount - consumed - cancelled) FILTER (WHERE balance = 'reserved') AS reserved,
           sum(amount - consumed - cancelled) FILTER (WHERE balance = 'prepaid') AS prepaid
    FROM credit_reservation GROUP BY account_id
)
SELECT part.code, customer.code, part.expected, part.found
FROM credit_creditaccount account
JOIN customers_customer customer ON customer.id = account.customer_id
LEFT JOIN held ON held.account_id = account.id
CROSS JOIN LATERAL (VALUES
    ('reserved_by_reservations', coalesce(held.reserved, 0), account.reserved),
    ('prepaid_by_reservations', coalesce(held.prepaid, 0), account.prepaid)
) AS part (code, expected, found)
WHERE part.expected <> part.found
UNION ALL
SELECT 'reservation_remaining', reservation.source_kind || ' ' || reservation.source_id,
       coalesce(entries.total, 0), reservation.remaining
FROM (
    SELECT source_kind, source_id, sum(amount - consumed - cancelled) AS remaining
    FROM credit_reservation GROUP BY source_kind, source_id
) reservation
FULL JOIN (
    SELECT source_kind, source_id, sum(base_amount) AS total
    FROM credit_creditentry WHERE balance IN ('reserved', 'prepaid') GROUP BY source_kind, source_id
) entries USING (source_kind, source_id)
WHERE coalesce(entries.total, 0) IS DISTINCT FROM reservation.remaining
"""

# A check that released has its reservation, of the same amount; what is held has no other last check.
CHECKS = """
SELECT 'reservation_by_check', source_kind || ' ' || source_id, checked.amount, reserved.amount
FROM (
    SELECT source_kind, source_id, sum(amount) AS amount FROM credit_creditcheck
    WHERE decision = 'released' GROUP BY source_kind, source_id
) checked
LEFT JOIN (
    SELECT source_kind, source_id, sum(amount) AS amount FROM credit_reservation GROUP BY source_kind, source_id
) reserved USING (source_kind, source_id)
WHERE checked.amount > coalesce(reserved.amount, 0)
UNION ALL
SELECT 'check_over_limit', source_kind || ' ' || source_id, coalesce("limit", 0), exposure + amount
FROM credit_creditcheck checked
JOIN credit_creditcheckpolicy policy ON policy.version = checked.policy_version
WHERE decision = 'released' AND payment = 'credit' AND lift_id IS NULL AND policy.over_limit = 'hold'
  AND exposure + amount > coalesce("limit", 0) + policy.limit_tolerance
UNION ALL
SELECT 'check_over_group_limit', source_kind || ' ' || source_id, group_limit, group_exposure + amount
FROM credit_creditcheck checked
JOIN credit_creditcheckpolicy policy ON policy.version = checked.policy_version
WHERE decision = 'released' AND payment = 'credit' AND lift_id IS NULL AND policy.over_group_limit = 'hold'
  AND group_exposure + amount > group_limit + policy.limit_tolerance
UNION ALL
SELECT 'hold_by_check', hold.source_kind || ' ' || hold.source_id, latest.id, hold.last_check_id
FROM credit_hold hold
JOIN LATERAL (
    SELECT id, decision FROM credit_creditcheck
    WHERE source_kind = hold.source_kind AND source_id = hold.source_id ORDER BY id DESC LIMIT 1
) latest ON true
WHERE latest.id <> hold.last_check_id OR latest.decision <> 'held'
"""

# The last decision about a limit says what it is; a temporary increase that ended says nothing any more.
LIMITS = """
WITH decided AS (
    SELECT DISTINCT ON (request.account_id) request.account_id, approval.granted
    FROM credit_creditrequest request
    JOIN approvals_request approval ON approval.id = request.approval_id
    WHERE approval.state = 'approved' AND request.kind IN ('new', 'increase', 'decrease', 'temporary')
      AND (request.kind <> 'temporary' OR request.ended_on IS NULL)
    ORDER BY request.account_id, approval.decided_on DESC, approval.id DESC
)
SELECT 'limit_by_requests', customer.code, decided.granted, coalesce(account.limit, 0)
FROM decided
JOIN credit_creditaccount account ON account.id = decided.account_id
JOIN customers_customer customer ON customer.id = account.customer_id
WHERE account.limit IS DISTINCT FROM decided.granted
ORDER BY customer.code
"""

# The last decision about payment forms says which are accepted; no check released what asks for others.
INSTRUMENTS = """
WITH decided AS (
    SELECT DISTINCT ON (request.account_id) request.account_id, request.wanted_instruments
    FROM credit_creditrequest request
    JOIN approvals_request approval ON approval.id = request.approval_id
    WHERE approval.state = 'approved' AND request.kind IN ('new', 'instrument') AND request.wanted_instruments <> '{}'
    ORDER BY request.account_id, approval.decided_on DESC, approval.id DESC
)
SELECT 'instruments_by_requests', customer.code, decided.wanted_instruments::text, account.instruments::text
FROM decided
JOIN credit_creditaccount account ON account.id = decided.account_id
JOIN customers_customer customer ON customer.id = account.customer_id
WHERE account.instruments <> decided.wanted_instruments
UNION ALL
SELECT 'check_instrument', source_kind || ' ' || source_id, asked_instruments::text, instruments::text
FROM credit_creditcheck checked
JOIN credit_creditcheckpolicy policy ON policy.version = checked.policy_version
WHERE decision = 'released' AND lift_id IS NULL AND policy.instrument = 'hold' AND NOT asked_instruments <@ instruments
ORDER BY 1, 2
"""

# The last decision about a group limit says what it is.
GROUP_LIMITS = """
WITH decided AS (
    SELECT DISTINCT ON (request.account_id) request.account_id,
           CASE WHEN request.kind = 'group' THEN approval.granted END AS granted
    FROM credit_creditrequest request
    JOIN approvals_request approval ON approval.id = request.approval_id
    WHERE approval.state = 'approved' AND request.kind IN ('group', 'group_end')
    ORDER BY request.account_id, approval.decided_on DESC, approval.id DESC
)
SELECT 'group_limit_by_requests', customer.code, coalesce(decided.granted, 0), coalesce(head."limit", 0)
FROM decided
JOIN credit_creditaccount account ON account.id = decided.account_id
JOIN customers_customer customer ON customer.id = account.customer_id
LEFT JOIN credit_groupaccount head ON head.account_id = decided.account_id
WHERE head."limit" IS DISTINCT FROM decided.granted
ORDER BY customer.code
"""

# Every account names the group accounts above it, by the parent companies; one that does not exist names none.
GROUPS = """
WITH RECURSIVE limited AS (
    SELECT head.account_id AS head_id, account.customer_id
    FROM credit_groupaccount head JOIN credit_creditaccount account ON account.id = head.account_id
    WHERE head."limit" IS NOT NULL
), below AS (
    SELECT head_id, customer_id, 0 AS steps FROM limited
    UNION ALL
    SELECT below.head_id, child.id, below.steps + 1
    FROM below JOIN customers_customer child ON child.parent_id = below.customer_id WHERE below.steps < 100
), wanted AS (
    SELECT customer_id, array_agg(head_id ORDER BY steps DESC) AS groups FROM below GROUP BY customer_id
)
SELECT 'groups_by_tree', customer.code, coalesce(wanted.groups::text, '{}'), coalesce(account.groups::text, '{}')
FROM wanted
FULL JOIN (SELECT customer_id, groups FROM credit_creditaccount WHERE groups IS NOT NULL) account
     ON account.customer_id = wanted.customer_id
JOIN customers_customer customer ON customer.id = coalesce(account.customer_id, wanted.customer_id)
WHERE wanted.groups IS DISTINCT FROM account.groups
ORDER BY customer.code
"""

# The grade an account has is that of its last rating in force.
GRADES = """
WITH last AS (
    SELECT DISTINCT ON (account_id) account_id, id, grade
    FROM credit_rating WHERE state IN ('accepted', 'provisional') ORDER BY account_id, id DESC
)
SELECT 'grade_by_ratings', customer.code, coalesce(last.grade, ''), coalesce(now.grade, '')
FROM last
FULL JOIN credit_accountgrade now ON now.account_id = last.account_id
JOIN credit_creditaccount account ON account.id = coalesce(last.account_id, now.account_id)
JOIN customers_customer customer ON customer.id = account.customer_id
WHERE last.id IS DISTINCT FROM now.rating_id OR last.grade IS DISTINCT FROM now.grade
ORDER BY customer.code
"""


def verify_credit() -> Iterator[Difference]:
    """Differences between the accounts and their entries; nothing when all is well."""
    for sql in (
        ACCOUNT_SUMS,
        OPEN_BY_DUE_DATE,
        RESERVATIONS,
        CHECKS,
        LIMITS,
        INSTRUMENTS,
        GROUP_LIMITS,
        GROUPS,
        GRADES,
    ):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, key, expected, found in cursor.fetchall():
                yield Difference(code, LABELS[code], key, expected, found)
