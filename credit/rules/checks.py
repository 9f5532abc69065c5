"""Pure decisions of the credit check: which rules speak against an order, and what is decided.

A rule that speaks has a strength, from the policy: off (not looked at), warn (told, does not hold), hold. The order is
released when nothing holds it. Findings are codes with the figures they were found on, never sentences.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from credit.rules import exposure as rules
from crm.core.money import ZERO

OFF, WARN, HOLD, LIFTED = "off", "warn", "hold", "lifted"
RELEASED, HELD = "released", "held"
CREDIT, PREPAID = "credit", "prepaid"

BLACKLISTED, NOT_IDENTIFIED, FROZEN, CASH_ONLY = "blacklisted", "not_identified", "frozen", "cash_only"
LIMIT_NEVER_SET, OVER_LIMIT, OVERDUE, REVIEW_OVERDUE = "limit_never_set", "over_limit", "overdue", "review_overdue"
SETTLEMENT, INSTRUMENT, TERM, PREPAYMENT = "settlement", "instrument", "term", "prepayment"
OVER_GROUP_LIMIT = "over_group_limit"
# In the order a reader wants them: who the customer is, what was decided about it, then the money.
RULES = (
    BLACKLISTED, NOT_IDENTIFIED, FROZEN, CASH_ONLY, LIMIT_NEVER_SET, OVER_LIMIT, OVER_GROUP_LIMIT, OVERDUE,
    REVIEW_OVERDUE, SETTLEMENT, INSTRUMENT, TERM, PREPAYMENT,
)  # fmt: skip
# An order paid before the goods leave takes no credit: who the customer is, a stop of supply, a payment form we do not
# take of it and money that is not there can hold it.
OF_PREPAID = frozenset({BLACKLISTED, NOT_IDENTIFIED, FROZEN, INSTRUMENT, PREPAYMENT})
# No two signatures lift these: the first is no customer of ours, the others pay in advance (DOMAIN: no persuasion).
NEVER_LIFTED = frozenset({BLACKLISTED, CASH_ONLY, PREPAYMENT})
UNIDENTIFIED_STATES = frozenset({"lead", "prospect", "lead_customer", "lost"})
REFUSED_STATES = frozenset({"blacklisted", "closed"})


@dataclass(frozen=True)
class Policy:
    """How strictly is checked. Days and amounts up to and including the tolerance pass; amounts in base currency."""

    version: int
    strengths: Mapping[str, str]
    overdue_days: int = 0
    overdue_tolerance: Decimal = ZERO
    limit_tolerance: Decimal = ZERO


@dataclass(frozen=True)
class Figures:
    """What a check sees of an account, in base currency. `limit` None: never set; it is the one that counts that day.

    `prepaid` is the part of `unallocated` that orders paid in advance claim: released, and not invoiced yet.

    `oldest_due_on` is the oldest due date, before the day of the check, on which anything is open. `oldest_amount` is
    what is overdue for more days than the policy lets pass, on all due dates together; where there is no such date,
    what is open on the oldest.

    `group_limit` and `group_exposure` are those of the group with the least headroom among those it stands under, which
    `group_head` (the account of its head) names; None: it stands under no group limit.
    """

    customer_state: str
    status: str = "normal"
    limit: Decimal | None = None
    term_days: int = 0
    settlement: str = ""
    instruments: tuple[str, ...] = ()
    next_review_on: dt.date | None = None
    reserved: Decimal = ZERO
    receivable: Decimal = ZERO
    unallocated: Decimal = ZERO
    uncleared: Decimal = ZERO
    prepaid: Decimal = ZERO
    counts_unallocated: bool = True
    oldest_due_on: dt.date | None = None
    oldest_amount: Decimal | None = None
    group_head: int | None = None
    group_limit: Decimal | None = None
    group_exposure: Decimal | None = None

    @property
    def exposure(self) -> Decimal:
        return rules.exposure(
            reserved=self.reserved,
            receivable=self.receivable,
            uncleared=self.uncleared,
            unallocated=self.unallocated,
            prepaid=self.prepaid,
            counts_unallocated=self.counts_unallocated,
        )


@dataclass(frozen=True)
class Order:
    """What is to be released: its amount in base currency, and the payment it agreed, where it says so.

    `settlement`, `term_days` and `instruments` (how it may be paid) empty: the order says nothing of its own, so those
    of the account hold.
    """

    amount: Decimal
    on: dt.date
    payment: str = CREDIT
    settlement: str = ""
    term_days: int | None = None
    instruments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One rule that speaks: its code, how strongly, and the figures as JSON keeps them."""

    code: str
    severity: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "severity": self.severity, "figures": dict(self.figures)}


def find_blacklisted(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    return {"state": seen.customer_state} if seen.customer_state in REFUSED_STATES else None


def find_not_identified(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    return {"state": seen.customer_state} if seen.customer_state in UNIDENTIFIED_STATES else None


def find_frozen(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    return {} if seen.status == "frozen" else None


def find_cash_only(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    return {} if seen.status == "cash_only" else None


def find_limit_never_set(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    return {"amount": str(order.amount)} if seen.limit is None else None


def find_over_limit(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    """A limit never set counts as nothing; where that holds the order already, `limit_never_set` tells it, not two.

    Of a receipt that is not matched, orders paid in advance take first what they still lack of the money they claim:
    `receipt` is enough all the same. Where money not matched does not count (`counts`), it must be matched.
    """
    if seen.limit is None and policy.strengths[LIMIT_NEVER_SET] == HOLD:
        return None
    over = order.amount - rules.headroom(seen.limit, seen.exposure)
    if over <= policy.limit_tolerance:
        return None
    return {
        "limit": str(seen.limit if seen.limit is not None else ZERO),
        "exposure": str(seen.exposure),
        "amount": str(order.amount),
        "over": str(over),
        "receipt": str(over + max(seen.prepaid - seen.unallocated, ZERO)),
        "counts": seen.counts_unallocated,
        "tolerance": str(policy.limit_tolerance),
    }


def find_over_group_limit(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    """All companies of a group together."""
    if seen.group_limit is None or seen.group_exposure is None:
        return None
    over = order.amount - (seen.group_limit - seen.group_exposure)
    if over <= policy.limit_tolerance:
        return None
    return {
        "head": seen.group_head,
        "limit": str(seen.group_limit),
        "exposure": str(seen.group_exposure),
        "amount": str(order.amount),
        "over": str(over),
        "tolerance": str(policy.limit_tolerance),
    }


def find_overdue(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    """All that is overdue for longer than passes, together: the last due date of it is `until`."""
    if seen.oldest_due_on is None or seen.oldest_amount is None:
        return None
    days = (order.on - seen.oldest_due_on).days
    if days <= policy.overdue_days or seen.oldest_amount <= policy.overdue_tolerance:
        return None
    return {
        "days": days,
        "due_on": str(seen.oldest_due_on),
        "until": str(order.on - dt.timedelta(days=policy.overdue_days + 1)),
        "amount": str(seen.oldest_amount),
        "allowed_days": policy.overdue_days,
    }


def find_review_overdue(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    if seen.next_review_on is None or seen.next_review_on >= order.on:
        return None
    return {"review_on": str(seen.next_review_on), "days": (order.on - seen.next_review_on).days}


def find_settlement(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    """The settlement is not the agreed one; an account settled in cash gives no credit at all."""
    asked = order.settlement or seen.settlement
    if asked == seen.settlement and asked != "cash":
        return None
    return {"asked": order.settlement, "agreed": seen.settlement}


def find_instrument(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    """It may be paid in a form that the account does not accept."""
    if all(code in seen.instruments for code in order.instruments):
        return None
    return {"asked": list(order.instruments), "accepted": list(seen.instruments)}


def find_term(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    if order.term_days is None or order.term_days <= seen.term_days:
        return None
    return {"asked": order.term_days, "agreed": seen.term_days}


def find_prepayment(seen: Figures, order: Order, policy: Policy) -> dict[str, Any] | None:
    """Money received and not matched yet, less what other orders paid in advance claim of it, does not cover it.

    They may claim more than is there (`lacking`): what is missing is that as well.
    """
    short = order.amount - (seen.unallocated - seen.prepaid)
    if short <= policy.limit_tolerance:
        return None
    return {
        "received": str(rules.free_money(seen.unallocated, seen.prepaid)),
        "lacking": str(max(seen.prepaid - seen.unallocated, ZERO)),
        "amount": str(order.amount),
        "short": str(short),
    }


FIND: dict[str, Callable[[Figures, Order, Policy], dict[str, Any] | None]] = {
    BLACKLISTED: find_blacklisted,
    NOT_IDENTIFIED: find_not_identified,
    FROZEN: find_frozen,
    CASH_ONLY: find_cash_only,
    LIMIT_NEVER_SET: find_limit_never_set,
    OVER_LIMIT: find_over_limit,
    OVER_GROUP_LIMIT: find_over_group_limit,
    OVERDUE: find_overdue,
    REVIEW_OVERDUE: find_review_overdue,
    SETTLEMENT: find_settlement,
    INSTRUMENT: find_instrument,
    TERM: find_term,
    PREPAYMENT: find_prepayment,
}


def check(
    seen: Figures, order: Order, policy: Policy, *, lifted: Collection[str] = ()
) -> tuple[str, tuple[Finding, ...]]:
    """The decision and everything that speaks against the order; `lifted` are the rules two directors let it pass.

    A rule made weaker never makes the decision stricter: whoever was let go without a limit is let go over it.
    """
    if seen.limit is None and LIMIT_NEVER_SET in lifted:
        lifted = {*lifted, OVER_LIMIT}
    found = []
    for code, find in FIND.items():
        strength = policy.strengths[code]
        if strength == OFF or not concerns(code, order.payment):
            continue
        figures = find(seen, order, policy)
        if figures is not None:
            spared = code in lifted and strength == HOLD and code not in NEVER_LIFTED
            found.append(Finding(code, LIFTED if spared else strength, figures))
    return decide(found), tuple(found)


def concerns(code: str, payment: str) -> bool:
    """Whether a rule is looked at for an order paid in this way."""
    return code in OF_PREPAID if payment == PREPAID else code != PREPAYMENT


def decide(found: Sequence[Finding]) -> str:
    return HELD if any(finding.severity == HOLD for finding in found) else RELEASED


def holding(findings: Sequence[Finding]) -> list[str]:
    """The rules that hold a document."""
    return [finding.code for finding in findings if finding.severity == HOLD]


# The figures of a check that each rule looks at, as far as they are told where they let a document go.
LOOKS_AT: Mapping[str, tuple[str, ...]] = {
    FROZEN: ("status",),
    CASH_ONLY: ("status",),
    LIMIT_NEVER_SET: ("limit",),
    OVER_LIMIT: ("limit", "reserved", "receivable", "uncleared", "unallocated"),
    OVER_GROUP_LIMIT: ("group_limit", "group_exposure"),
    OVERDUE: ("oldest_amount",),
    PREPAYMENT: ("unallocated", "prepaid"),
}


def looked_at(findings: Sequence[Finding]) -> list[str]:
    """The figures that what holds a document looks at, each once."""
    holding = (LOOKS_AT.get(finding.code, ()) for finding in findings if finding.severity == HOLD)
    return list(dict.fromkeys(name for names in holding for name in names))


def may_be_lifted(findings: Sequence[Finding]) -> bool:
    """Whether nothing holds but what two signatures may lift."""
    return not any(finding.severity == HOLD and finding.code in NEVER_LIFTED for finding in findings)
