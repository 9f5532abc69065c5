"""Which tier each customer belongs to: judged in one statement by the policy in force, from the figures of the morning.

A tier is the best one whose demands a customer meets. Who has a tier by the same policy keeps it while it meets the
demands relaxed by the policy's margin, and for the least stay in any case; who does not trade any more is in the lowest
at once. Who is judged: whoever ever bought something or has a tier, but for those whose tier a person has set.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from crm.approvals.rules import GRADES
from customers.services.tier_policies import tier_policy_in_force
from customers.services.tiers import JudgedTier, write_judged_tiers
from customers.tier_rules import LOWEST, NOT_TRADING, TIERS, Demand


def best(prefix: str) -> str:
    """The rank of the best tier whose demands (of that prefix) the row `known` meets."""
    return f"""coalesce((
        SELECT min(d.rank) FROM demand d
        WHERE known.trades AND known.value > 0 AND known.ahead < d.{prefix}top
          AND known.bought >= d.{prefix}bought AND known.silent <= d.{prefix}silent
          AND (d.grade IS NULL OR known.grade IS NULL OR known.grade <= d.grade)
    ), %(lowest)s)"""


JUDGE = f"""
WITH demand AS (
    SELECT * FROM unnest(
        %(ranks)s::int[], %(tops)s::float8[], %(boughts)s::int[], %(silents)s::int[], %(grades)s::int[],
        %(loose_tops)s::float8[], %(loose_boughts)s::int[], %(loose_silents)s::int[]
    ) AS d (rank, top, bought, silent, grade, loose_top, loose_bought, loose_silent)
), known AS (
    SELECT c.id, c.state, c.state <> ALL(%(not_trading)s) AS trades, t.rank AS now, t.since, t.source, t.change_id,
           coalesce(t.source = 'computed' AND t.policy_id = %(policy)s, false) AS stands,
           coalesce(b.value, 0) AS value, coalesce(b.basis, '') AS basis,
           CASE WHEN b.share > 0 THEN b.cumulative_share - b.share END AS ahead,
           coalesce(f.days_bought_12m, 0) AS bought, f.recency_days AS silent, g.rank AS grade
    FROM customers_customer c
    LEFT JOIN customers_customertier t ON t.customer_id = c.id
    LEFT JOIN analytics_customerfeatures f ON f.customer_id = c.id AND f."on" = %(on)s
    LEFT JOIN analytics_contribution b ON b.customer_id = f.customer_id
    LEFT JOIN credit_creditaccount a ON a.customer_id = c.id
    LEFT JOIN credit_accountgrade g ON g.account_id = a.id
    WHERE c.id BETWEEN %(first)s AND %(last)s AND c.merged_into_id IS NULL
      AND (f.customer_id IS NOT NULL OR t.customer_id IS NOT NULL)
      AND (t.source IS DISTINCT FROM 'by_hand' OR t.until < %(on)s)
), judged AS (
    SELECT known.*, {best("")} AS strict, {best("loose_")} AS loose FROM known
), found AS (
    SELECT *, CASE WHEN NOT trades THEN %(lowest)s
                   WHEN NOT stands THEN strict
                   WHEN %(on)s < since + %(stay)s THEN now
                   ELSE least(strict, greatest(now, loose)) END AS rank
    FROM judged
)
SELECT id, rank, change_id, value, basis, ahead, bought, silent, grade, state FROM found
WHERE rank IS DISTINCT FROM now OR source = 'by_hand' ORDER BY id
"""
PIECE = 10_000  # customers
PIECES = """
SELECT min(id), max(id) FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS piece FROM customers_customer
) numbered GROUP BY piece ORDER BY piece
"""
EVERYBODY = {"first": 0, "last": 2**62}


def pieces(on: dt.date) -> Sequence[dict[str, Any]]:
    """Ranges of customers for several workers to share; also who has no credit account may have a tier by hand."""
    with connection.cursor() as cursor:
        cursor.execute(PIECES, [PIECE])
        return [{"first": first, "last": last} for first, last in cursor.fetchall()]


@dataclass(frozen=True)
class TiersFound:
    """The new and changed tiers of a range of customers, ready to be written; no policy in force, nothing found."""

    on: dt.date
    policy_id: int | None
    judged: list[JudgedTier]
    piece: dict[str, Any]


def find_tiers(*, on: dt.date, piece: dict[str, Any] | None = None) -> TiersFound:
    """Judge the customers (of one piece) on the morning of `on`; writes nothing."""
    bounds, policy = piece or EVERYBODY, tier_policy_in_force()
    if policy is None:
        return TiersFound(on, None, [], bounds)
    demands = [rule.demand for rule in policy.rules.all()]
    params = {
        **bounds,
        **columns([demand for demand in demands if demand is not None], policy.margin_percent),
        "on": on,
        "policy": policy.pk,
        "stay": policy.stay_days,
        "lowest": LOWEST,
        "not_trading": list(NOT_TRADING),
    }
    with connection.cursor() as cursor:
        cursor.execute(JUDGE, params)
        judged = [row_of(*row) for row in cursor.fetchall()]
    return TiersFound(on, policy.pk, judged, bounds)


def columns(demands: list[Demand], margin: Any) -> dict[str, list[Any]]:
    """The demands as one array for each column, strict and relaxed."""
    found: dict[str, list[Any]] = {
        "ranks": [demand.rank for demand in demands],
        "grades": [demand.worst_grade for demand in demands],
    }
    for prefix, rows in (("", demands), ("loose_", [demand.relaxed(margin) for demand in demands])):
        found[f"{prefix}tops"] = [float(row.top_percent) / 100 for row in rows]
        found[f"{prefix}boughts"] = [row.days_bought for row in rows]
        found[f"{prefix}silents"] = [row.days_silent for row in rows]
    return found


def row_of(
    customer_id: int, rank: int, change_id: int | None, value: Any, basis: str, ahead: float | None, bought: int,
    silent: int | None, grade: int | None, state: str,
) -> JudgedTier:  # fmt: skip
    figures = {
        "value": str(value),
        "basis": basis,
        "ahead": ahead,
        "days_bought": bought,
        "days_silent": silent,
        "grade": "" if grade is None else GRADES[grade],
        "state": state,
    }
    return JudgedTier(customer_id, TIERS[rank], figures, change_id)


def write_tiers(found: TiersFound) -> dict[str, int]:
    """Write what was found; answers how many customers came into another tier. The caller holds the transaction."""
    if found.policy_id is None:
        return {"tiers_changed": 0}
    changed = write_judged_tiers(
        judged=found.judged,
        policy_id=found.policy_id,
        on=found.on,
        first=found.piece["first"],
        last=found.piece["last"],
    )
    return {"tiers_changed": changed}
