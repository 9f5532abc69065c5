"""Pure decisions of collection: when a step is reached, how a promise is judged, what a call is likely to bring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

from crm.core.money import ZERO, round_money

# Share collected while in a bucket, taken until the company has a history of its own: by days overdue from.
USUAL_RATES: Mapping[int, Decimal] = {
    1: Decimal("0.75"),
    31: Decimal("0.50"),
    61: Decimal("0.35"),
    91: Decimal("0.25"),
    181: Decimal("0.15"),
    366: Decimal("0.05"),
}


class Rung(Protocol):
    """What the ladder needs to know of a step."""

    code: str
    position: int
    days: int
    fraction: Decimal | None
    gap_days: int


def reached_after(days: int, fraction: Decimal | None, term_days: int) -> int:
    """Days overdue at which a step is reached: at a fraction of the term, 4/3 of 60 days is 20 days overdue."""
    if fraction is None:
        return days
    beyond = (Decimal(term_days) * (Decimal(fraction) - 1)).to_integral_value(rounding=ROUND_CEILING)
    return max(days, int(beyond))


def next_rung(steps: Iterable[Rung], *, term_days: int, taken: Iterable[str]) -> Rung | None:
    """The step that comes next: of those not taken yet the one reached first; None at the top of the ladder."""
    gone = set(taken)
    left = [step for step in steps if step.days > 0 and step.code not in gone]
    return min(left, key=lambda step: (reached_after(step.days, step.fraction, term_days), step.position), default=None)


@dataclass(frozen=True)
class FormulaLine:
    """A part of the expected recovery: what is open in a bucket times the share that is likely to come.

    `source` is 'history' (the bucket's collection rate) or 'prediction' (of each invoice; `rate` is their average).
    """

    days_from: int
    days_to: int | None
    source: str
    open_amount: Decimal
    rate: Decimal
    expected: Decimal


def formula_lines(stored: Sequence[Sequence[str | None]]) -> list[FormulaLine]:
    """The formula of a case as it was kept: [from, to, source, open, rate, expected]."""
    return [
        FormulaLine(
            int(line[0] or 0),
            int(line[1]) if line[1] else None,
            str(line[2]),
            Decimal(line[3] or 0),
            Decimal(line[4] or 0),
            Decimal(line[5] or 0),
        )
        for line in stored
    ]


def stored_lines(lines: Iterable[FormulaLine]) -> list[list[str | None]]:
    return [
        [
            str(line.days_from),
            None if line.days_to is None else str(line.days_to),
            line.source,
            str(line.open_amount),
            str(line.rate),
            str(line.expected),
        ]
        for line in lines
    ]


def without(lines: Iterable[FormulaLine], days: int, amount: Decimal) -> list[FormulaLine]:
    """The formula when `amount` that is `days` overdue is chased no more (or, negative, is chased again)."""
    left = amount
    changed = []
    for line in lines:
        inside = line.days_from <= days and (line.days_to is None or days <= line.days_to)
        part = min(left, line.open_amount) if inside else ZERO
        left -= part
        opened = line.open_amount - part
        expected = min(round_money(opened * line.rate), opened) if part else line.expected
        changed.append(FormulaLine(line.days_from, line.days_to, line.source, opened, line.rate, expected))
    return [line for line in changed if line.open_amount > ZERO]


def expected_of(lines: Iterable[FormulaLine]) -> Decimal:
    return sum((line.expected for line in lines), ZERO)
