"""The choice of a chain by a matrix of conditions at every edge; superiors; who is passed over."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.approvals.rules import (
    GRADES,
    UNRATED,
    Conditions,
    Facts,
    Leader,
    edges,
    first_gap,
    route,
    still_to_ask,
    superiors,
)


@dataclass(frozen=True)
class Rule:
    name: str
    conditions: Conditions


def rule(name: str, **conditions: object) -> Rule:
    return Rule(name, Conditions(**conditions))  # type: ignore[arg-type]


MATRIX = (
    rule("leaving", variants=("decrease",)),
    rule("unusual", deviation=True),
    rule(
        "small",
        amount_up_to=Decimal(500000),
        days_up_to=60,
        grades=("AAA", "AA", "A", "BBB", UNRATED),
    ),
    rule("middle", amount_over=Decimal(0), amount_up_to=Decimal(3000000), days_up_to=90),
    rule("long", days_over=90, days_up_to=180),
    rule("rest"),
)


@pytest.mark.parametrize(
    ("amount", "days", "grade", "deviation", "variant", "expected"),
    [
        ("0", 0, "", False, "new", "small"),
        ("500000", 60, "AAA", False, "new", "small"),
        ("500000.01", 60, "AAA", False, "new", "middle"),
        ("499999.99", 60, "AAA", False, "new", "small"),
        ("500000", 61, "AAA", False, "new", "middle"),
        ("500000", 60, "BBB", False, "new", "small"),
        ("500000", 60, "BB", False, "new", "middle"),
        ("500000", 60, "D", False, "new", "middle"),
        ("500000", 60, "", False, "new", "small"),
        ("800000", 60, "BBB", False, "increase", "middle"),
        ("3000000", 90, "", False, "new", "middle"),
        ("3000000.01", 90, "", False, "new", "rest"),
        ("3000000", 91, "", False, "new", "long"),
        ("0", 91, "", False, "new", "long"),
        ("0", 61, "", False, "new", "rest"),  # 'over 0' does not hold for 0
        ("0.01", 61, "", False, "new", "middle"),
        ("1", 180, "", False, "new", "long"),
        ("1", 181, "", False, "new", "rest"),
        ("1", 30, "AAA", True, "new", "unusual"),
        ("99999999", 999, "D", True, "new", "unusual"),
        ("99999999", 999, "D", True, "decrease", "leaving"),
        ("99999999", 999, "D", False, "decrease", "leaving"),
    ],
)
def test_the_first_rule_that_holds_counts(
    amount: str, days: int, grade: str, deviation: bool, variant: str, expected: str
) -> None:
    found = route(MATRIX, Facts(Decimal(amount), days, grade, deviation, variant))
    assert found is not None
    assert found.name == expected


def test_a_chain_whose_last_rule_takes_everything_has_no_gap() -> None:
    assert first_gap(MATRIX) is None


@pytest.mark.parametrize(
    ("rules", "gap"),
    [
        ((), Facts(Decimal(0), 0)),
        ((rule("a", amount_up_to=Decimal(100)),), Facts(Decimal("100.01"), 0)),
        ((rule("a", amount_over=Decimal(0)),), Facts(Decimal(0), 0)),
        ((rule("a", days_up_to=30),), Facts(Decimal(0), 31)),
        ((rule("a", deviation=False),), Facts(Decimal(0), 0, deviation=True)),
        ((rule("a", grades=(*GRADES,)),), Facts(Decimal(0), 0, "")),
        ((rule("a", grades=(UNRATED,)),), Facts(Decimal(0), 0, "A")),
        ((rule("a", amount_up_to=Decimal(5)), rule("b", amount_over=Decimal(6))), Facts(Decimal("5.01"), 0)),
        ((rule("a", variants=("new",)),), Facts(Decimal(0), 0, variant="")),
    ],
)
def test_a_gap_is_found_at_the_edge_where_it_begins(rules: tuple[Rule, ...], gap: Facts) -> None:
    assert first_gap(rules) == gap


ranges = st.one_of(st.none(), st.integers(0, 6))


@given(
    rules=st.lists(
        st.builds(
            lambda over, width, days, deviation, grades: rule(
                "r",
                amount_over=None if over is None else Decimal(over),
                amount_up_to=None if width is None else Decimal((over or 0) + width + 1),
                days_up_to=days,
                deviation=deviation,
                grades=grades,
            ),
            ranges,
            ranges,
            ranges,
            st.sampled_from([None, True, False]),
            st.sampled_from([(), ("A",), ("A", UNRATED)]),
        ),
        max_size=5,
    ),
    amount=st.decimals(0, 20, places=2),
    days=st.integers(0, 10),
    grade=st.sampled_from(["", "A", "D"]),
    deviation=st.booleans(),
)
def test_no_gap_at_the_edges_means_no_gap_anywhere(
    rules: list[Rule], amount: Decimal, days: int, grade: str, deviation: bool
) -> None:
    if first_gap(rules) is None:
        assert route(rules, Facts(amount, days, grade, deviation)) is not None
    assert all(isinstance(facts, Facts) for facts in edges(rules))


LEADERS = [Leader(1, "/1/"), Leader(2, "/1/2/"), Leader(3, "/1/2/3/"), Leader(4, "/1/2/3/"), Leader(9, "/1/8/")]


@pytest.mark.parametrize(
    ("path", "applicant", "expected"),
    [
        ("/1/2/3/", 50, [[3, 4], [2], [1]]),  # a rep of the smallest team
        ("/1/2/", 50, [[2], [1]]),
        ("/1/2/3/", 3, [[2], [1]]),  # a leader's colleague is not the superior
        ("/1/2/3/", 2, [[1]]),  # a leader who asks for a team further below
        ("/1/2/3/", 1, []),  # nobody above
        ("/1/8/", 50, [[9], [1]]),
        ("/1/8/", 3, [[9], [1]]),  # leads another team: here a colleague like any other
        ("/7/", 50, []),
    ],
)
def test_superiors_are_those_of_the_own_team_and_of_those_above(
    path: str, applicant: int, expected: list[list[int]]
) -> None:
    assert superiors(LEADERS, path=path, applicant_id=applicant) == expected


@pytest.mark.parametrize(
    ("candidates", "approved", "needs_all", "expected"),
    [
        ([1, 2], [], False, [1, 2]),
        ([1, 2], [3], False, [1, 2]),
        ([1, 2], [2], False, []),
        ([1, 2], [2], True, [1]),
        ([1, 2], [1, 2], True, []),
        ([], [1], True, []),
    ],
)
def test_who_approved_before_is_passed_over(
    candidates: list[int], approved: list[int], needs_all: bool, expected: list[int]
) -> None:
    assert still_to_ask(candidates, approved=approved, needs_all=needs_all) == expected
