"""The tier of a customer, why it is that, and what it is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.accounts.roles import Scope
from crm.approvals.rules import GRADES
from customers.models import Customer, CustomerTier, TierChange, TierPolicy, TierRule, TierSource
from customers.tier_rules import LOWEST, TIERS, Criterion, missed


@dataclass(frozen=True)
class Weighed:
    """One criterion of a tier: the customer's figure, what its tier asked for, and what the next better one asks."""

    criterion: Criterion
    figure: Any
    asked: Any
    asked_next: Any
    missed_next: bool


def tier_of(customer_id: int) -> str:
    """The tier a customer has now; empty where it has none."""
    found = CustomerTier.objects.filter(customer=customer_id).values_list("tier", flat=True).first()
    return found or ""


def changes_of(customer: Customer, shown: int) -> list[TierChange]:
    """The newest changes of a customer's tier, newest first."""
    rows = TierChange.objects.filter(customer=customer).select_related("created_by", "policy")
    return list(rows.order_by("-pk")[:shown])


def rule_of(policy: TierPolicy | None, rank: int) -> TierRule | None:
    return next((rule for rule in policy.rules.all() if rule.rank == rank), None) if policy else None


def weighed(change: TierChange, user: Any) -> Sequence[Weighed]:
    """How the night came to a tier, by the policy it judged with; nothing for a tier that a person set.

    The share of those before a customer says what the whole company brings, so it is for those who see all customers.
    """
    if change.source != TierSource.COMPUTED or change.policy is None:
        return []
    figures, rank = change.figures, TIERS.index(change.to_tier)
    own, better = rule_of(change.policy, rank), rule_of(change.policy, rank - 1)
    lacking = missed(better.demand, figures, GRADES) if better and better.demand else []
    sees_all = user.scope is Scope.ALL

    def row(criterion: Criterion, figure: Any, name: str) -> Weighed:
        asked, asked_next = (getattr(rule, name) if rule and name else None for rule in (own, better))
        return Weighed(criterion, figure, asked, asked_next, criterion in lacking)

    ahead = figures["ahead"] if sees_all else None
    found = [
        row(Criterion.CONTRIBUTION, ahead, "top_percent"),
        row(Criterion.FREQUENCY, figures["days_bought"], "days_bought"),
        row(Criterion.RECENCY, figures["days_silent"], "days_silent"),
        row(Criterion.GRADE, figures["grade"], "worst_grade"),
    ]
    if Criterion.TRADING in lacking and rank == LOWEST:
        found.insert(0, row(Criterion.TRADING, figures["state"], ""))
    return found
