"""What a tier of customers asks for, and what of it a customer misses. No database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from customers.rules import BLACKLISTED, CLOSED, LOST

# The tiers, the best first: the place of a tier here is its rank.
TIERS = ("vip", "major", "ordinary", "small")
LOWEST = len(TIERS) - 1
NOT_TRADING = (LOST, CLOSED, BLACKLISTED)


class Criterion(StrEnum):
    """What tiers are judged by."""

    TRADING = "trading"
    CONTRIBUTION = "contribution"
    FREQUENCY = "frequency"
    RECENCY = "recency"
    GRADE = "grade"


@dataclass(frozen=True)
class Demand:
    """What one tier asks for.

    `top_percent`: the customers before it, the best first, bring less than this share of the contribution of all;
    `days_bought`: at least so many purchase days in 12 months; `days_silent`: at most so many days since the last one;
    `worst_grade`: the rank of the worst credit grade, None where any will do.
    """

    rank: int
    top_percent: Decimal
    days_bought: int
    days_silent: int
    worst_grade: int | None = None

    def relaxed(self, margin_percent: Decimal) -> "Demand":
        """What is asked of a customer that has the tier already; grades have their own approval and no margin."""
        margin = Decimal(margin_percent) / 100
        return Demand(
            self.rank,
            self.top_percent * (1 + margin),
            int((self.days_bought * (1 - margin)).to_integral_value(ROUND_CEILING)),
            int((self.days_silent * (1 + margin)).to_integral_value(ROUND_FLOOR)),
            self.worst_grade,
        )


def in_order(demands: Sequence[Demand]) -> bool:
    """Whether a better tier asks for no less than the one below it."""
    any_grade = 99
    return all(
        better.top_percent < lower.top_percent
        and better.days_bought >= lower.days_bought
        and better.days_silent <= lower.days_silent
        and (any_grade if better.worst_grade is None else better.worst_grade)
        <= (any_grade if lower.worst_grade is None else lower.worst_grade)
        for better, lower in pairwise(demands)
    )


def missed(demand: Demand, figures: Mapping[str, Any], grades: Sequence[str]) -> list[Criterion]:
    """What of a demand the figures of a tier change do not meet; `grades` are all grades, the best first."""
    found = []
    if figures["state"] in NOT_TRADING:
        found.append(Criterion.TRADING)
    ahead = figures["ahead"]
    if Decimal(figures["value"]) <= 0 or ahead is None or ahead >= float(demand.top_percent) / 100:
        found.append(Criterion.CONTRIBUTION)
    if figures["days_bought"] < demand.days_bought:
        found.append(Criterion.FREQUENCY)
    if figures["days_silent"] is None or figures["days_silent"] > demand.days_silent:
        found.append(Criterion.RECENCY)
    grade = figures["grade"]
    if demand.worst_grade is not None and grade and grades.index(grade) > demand.worst_grade:
        found.append(Criterion.GRADE)
    return found
