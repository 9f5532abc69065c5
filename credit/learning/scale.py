"""The master scale: which probability of failure is which grade, and how the grades fare on companies not seen.

The nine bounds between AAA, AA ... C and D lie on the log odds of failure, in equal steps from the share of companies
`scale_from` to the share `scale_to` of those that were learnt from: each grade's odds are a fixed multiple of the
odds of the grade above. Where a grade would hold fewer than `least_in_grade` of them, the bound below it moves towards
the better until it holds so many; where they are too few or too much alike for that, grades stay empty. Nothing of
the companies that are tested takes part.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from crm.approvals.rules import GRADES

BETWEEN = 1.959964  # standard deviations of an interval of 95%


@dataclass(frozen=True)
class MasterScale:
    """`bounds`: the chance of failure up to which each grade from AAA to C reaches, rising; above the last is D."""

    bounds: tuple[float, ...]

    def places(self, chances: np.ndarray) -> np.ndarray:
        """0 for AAA to 9 for D; a chance on a bound belongs to the better grade."""
        found: np.ndarray = np.searchsorted(np.array(self.bounds), chances)
        return found


def choose_scale(log_odds: np.ndarray, *, low: float, high: float, least: float) -> MasterScale:
    """The scale of those that were learnt from; `low`, `high` and `least` are shares of them."""
    ordered, count = np.sort(log_odds), len(log_odds)
    wanted, fewest = len(GRADES), max(1, math.ceil(least * len(log_odds)))
    first, last = np.quantile(ordered, [low, high])
    steps = np.linspace(float(first), float(last), wanted - 1)
    bounds: list[float] = []
    above = count  # how many lie at or below the bound before, from the worst grade on
    for step in reversed(steps):
        place = min(int(np.searchsorted(ordered, step, side="right")), above - fewest)  # how many lie below it
        while 0 < place < above and ordered[place - 1] == ordered[place]:
            place -= 1  # companies of the same odds are of the same grade
        if place < fewest:  # the rest are too few or too much alike to be told apart: the grades between stay empty
            bounds.append(bounds[-1] if bounds else float(ordered[-1]))
            continue
        bounds.append(float((ordered[place - 1] + ordered[place]) / 2))
        above = place
    return MasterScale(tuple(float(f"{chance_of(bound):.6g}") for bound in reversed(bounds)))


def chance_of(log_odds: Any) -> Any:
    return 1 / (1 + np.exp(-log_odds))


def table_of(places: np.ndarray, chances: np.ndarray, failed: np.ndarray) -> list[dict[str, Any]]:
    """By grade: companies, failures, bad rate with its interval of 95%, and the chance that was predicted."""
    rows = []
    for place, grade in enumerate(GRADES):
        here = places == place
        companies, failures = int(here.sum()), int(failed[here].sum())
        low, high = interval(failures, companies)
        rows.append(
            {
                "grade": grade,
                "companies": companies,
                "share": companies / len(failed),
                "failed": failures,
                "rate": failures / companies if companies else None,
                "predicted": float(chances[here].mean()) if companies else None,
                "low": low,
                "high": high,
            }
        )
    return rows


def interval(failed: int, companies: int) -> tuple[float, float]:
    """Wilson's interval of 95% for a rate of failure; everything where there is nobody."""
    if not companies:
        return 0.0, 1.0
    rate, square = failed / companies, BETWEEN**2
    middle = (rate + square / (2 * companies)) / (1 + square / companies)
    half = BETWEEN / (1 + square / companies) * math.sqrt(rate * (1 - rate) / companies + square / (4 * companies**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def breaches(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of neighbours, the better grade first, of which the worse failed less often; empty grades do not count."""
    filled = [row for row in rows if row["companies"]]
    return [(better["grade"], worse["grade"]) for better, worse in pairwise(filled) if worse["rate"] < better["rate"]]
