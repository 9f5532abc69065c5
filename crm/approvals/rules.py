"""Pure decisions of approvals: which rule fits, who is superior to whom, who is passed over. No database, no clock."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

CENT = Decimal("0.01")
UNRATED = "unrated"  # stands for no grade where conditions name grades
GRADES = ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D")


@dataclass(frozen=True)
class Facts:
    """What the choice of a chain depends on."""

    amount: Decimal
    days: int
    grade: str = ""
    deviation: bool = False
    variant: str = ""


@dataclass(frozen=True)
class Conditions:
    """When a rule holds. An edge belongs to the lower range: 'up to 500,000' holds for 500,000, 'over 500,000' not.

    None and empty mean any. `grades` may name UNRATED; `deviation` None means with or without.
    """

    amount_over: Decimal | None = None
    amount_up_to: Decimal | None = None
    days_over: int | None = None
    days_up_to: int | None = None
    grades: tuple[str, ...] = ()
    deviation: bool | None = None
    variants: tuple[str, ...] = ()

    def hold(self, facts: Facts) -> bool:
        return (
            (self.amount_over is None or facts.amount > self.amount_over)
            and (self.amount_up_to is None or facts.amount <= self.amount_up_to)
            and (self.days_over is None or facts.days > self.days_over)
            and (self.days_up_to is None or facts.days <= self.days_up_to)
            and (not self.grades or (facts.grade or UNRATED) in self.grades)
            and (self.deviation is None or facts.deviation == self.deviation)
            and (not self.variants or facts.variant in self.variants)
        )


class Conditional(Protocol):
    """Anything with conditions: a row of the chain, or a test's own."""

    @property
    def conditions(self) -> Conditions: ...


R = TypeVar("R", bound=Conditional)


def route(rules: Sequence[R], facts: Facts) -> R | None:
    """The first rule, in order, whose conditions all hold; None where the chain has a gap."""
    return next((rule for rule in rules if rule.conditions.hold(facts)), None)


def edges(rules: Sequence[Conditional]) -> Iterator[Facts]:
    """Figures on and just beyond every edge of the rules: what holds for all of them holds everywhere."""
    conditions = [rule.conditions for rule in rules]
    amounts, days = {Decimal(0)}, {0}
    grades, variants = {""}, {""}
    for each in conditions:
        for amount in (each.amount_over, each.amount_up_to):
            if amount is not None:
                amounts |= {amount, amount + CENT}
        for count in (each.days_over, each.days_up_to):
            if count is not None:
                days |= {count, count + 1}
        grades |= {grade for grade in each.grades if grade != UNRATED}
        variants |= set(each.variants)
    grades |= set(GRADES)
    for values in itertools.product(sorted(amounts), sorted(days), sorted(grades), (False, True), sorted(variants)):
        yield Facts(*values)


def first_gap(rules: Sequence[Conditional]) -> Facts | None:
    """Figures for which the chain has no rule; None when every figure finds one."""
    return next((facts for facts in edges(rules) if route(rules, facts) is None), None)


@dataclass(frozen=True)
class Leader:
    """Somebody who leads a team: the team's path from the root, '/1/4/'."""

    user_id: int
    path: str


def superiors(leaders: Sequence[Leader], *, path: str, applicant_id: int) -> list[list[int]]:
    """The leaders above an applicant, nearest first, one list for each team that has any.

    They lead the team the request belongs to or one above it. Whoever leads one of those teams has superiors only in
    teams above that one: a colleague beside them is not their superior.
    """
    above = [leader for leader in leaders if path.startswith(leader.path)]
    own = max((len(leader.path) for leader in above if leader.user_id == applicant_id), default=None)
    levels: dict[str, list[int]] = {}
    for leader in above:
        if leader.user_id != applicant_id and (own is None or len(leader.path) < own):
            levels.setdefault(leader.path, []).append(leader.user_id)
    return [sorted(levels[key]) for key in sorted(levels, key=len, reverse=True)]


def still_to_ask(candidates: Collection[int], *, approved: Collection[int], needs_all: bool) -> list[int]:
    """Whom a step must still ask, when some of its people have approved an earlier step in their own name.

    One suffices: if any of them approved before, nobody is asked again. All are needed: only the others are asked.
    """
    before = set(candidates) & set(approved)
    if before and not needs_all:
        return []
    return sorted(set(candidates) - before)
