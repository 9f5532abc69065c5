"""The rules of the credit check at every boundary, and what their strength does to the decision."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from credit.rules import checks as rules
from credit.rules.checks import Figures, Order, Policy
from tests.factories import money

ON = dt.date(2026, 3, 31)
DAY = dt.timedelta(days=1)
STRICT = Policy(1, dict.fromkeys(rules.RULES, rules.HOLD), 10, Decimal("100.00"), Decimal("0.00"))
GOOD = Figures("active", limit=Decimal("1000.00"), term_days=30, settlement="rolling", receivable=Decimal("400.00"))
ORDER = Order(Decimal("600.00"), ON)


def codes(seen: Figures, order: Order = ORDER, policy: Policy = STRICT) -> list[str]:
    return [finding.code for finding in rules.check(seen, order, policy)[1]]


@pytest.mark.parametrize(
    ("seen", "order", "expected"),
    [
        (GOOD, ORDER, []),
        (GOOD, replace(ORDER, amount=Decimal("600.01")), ["over_limit"]),
        (replace(GOOD, reserved=Decimal("0.01")), ORDER, ["over_limit"]),
        (replace(GOOD, uncleared=Decimal("0.01")), ORDER, ["over_limit"]),
        (replace(GOOD, unallocated=Decimal("50.00")), replace(ORDER, amount=Decimal("650.00")), []),
        (
            replace(GOOD, unallocated=Decimal("50.00"), counts_unallocated=False),
            replace(ORDER, amount=Decimal("650.00")),
            ["over_limit"],
        ),
        (replace(GOOD, limit=None), ORDER, ["limit_never_set"]),
        (replace(GOOD, limit=Decimal("0.00"), receivable=Decimal("0.00")), ORDER, ["over_limit"]),
        (replace(GOOD, oldest_due_on=ON - 10 * DAY, oldest_amount=Decimal("500.00")), ORDER, []),
        (replace(GOOD, oldest_due_on=ON - 11 * DAY, oldest_amount=Decimal("500.00")), ORDER, ["overdue"]),
        (replace(GOOD, next_review_on=ON), ORDER, []),
        (replace(GOOD, next_review_on=ON - DAY), ORDER, ["review_overdue"]),
        (replace(GOOD, customer_state="lead_customer"), ORDER, ["not_identified"]),
        (replace(GOOD, customer_state="identified"), ORDER, []),
        (replace(GOOD, customer_state="blacklisted"), ORDER, ["blacklisted"]),
        (replace(GOOD, customer_state="closed"), ORDER, ["blacklisted"]),
        (replace(GOOD, status="watch"), ORDER, []),
        (replace(GOOD, status="frozen"), ORDER, ["frozen"]),
        (replace(GOOD, status="cash_only"), ORDER, ["cash_only"]),
        (GOOD, replace(ORDER, settlement="rolling"), []),
        (GOOD, replace(ORDER, settlement="monthly"), ["settlement"]),
        (replace(GOOD, settlement="cash"), ORDER, ["settlement"]),
        (replace(GOOD, instruments=("transfer",)), ORDER, []),
        (replace(GOOD, instruments=("transfer",)), replace(ORDER, instruments=("transfer",)), []),
        (replace(GOOD, instruments=("transfer",)), replace(ORDER, instruments=("cheque",)), ["instrument"]),
        (replace(GOOD, instruments=("transfer",)), replace(ORDER, instruments=("transfer", "cheque")), ["instrument"]),
        (replace(GOOD, instruments=("transfer", "cheque")), replace(ORDER, instruments=("cheque",)), []),
        (GOOD, replace(ORDER, term_days=30), []),
        (GOOD, replace(ORDER, term_days=31), ["term"]),
    ],
)
def test_a_rule_speaks_beyond_its_boundary_and_not_at_it(seen: Figures, order: Order, expected: list[str]) -> None:
    assert codes(seen, order) == expected
    assert rules.check(seen, order, STRICT)[0] == (rules.HELD if expected else rules.RELEASED)


def test_several_reasons_are_all_told_and_each_keeps_its_figures() -> None:
    seen = replace(GOOD, status="frozen", oldest_due_on=ON - 45 * DAY, oldest_amount=Decimal("250.00"))
    _decision, found = rules.check(seen, replace(ORDER, amount=Decimal("700.00")), STRICT)
    assert [finding.code for finding in found] == ["frozen", "over_limit", "overdue"]
    assert found[1].figures == {
        "limit": "1000.00", "exposure": "400.00", "amount": "700.00", "over": "100.00", "tolerance": "0.00",
        "receipt": "100.00", "counts": True,
    }  # fmt: skip
    assert found[2].figures == {
        "days": 45, "due_on": "2026-02-14", "until": "2026-03-20", "amount": "250.00", "allowed_days": 10,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "frozen"}, ["frozen"]),
        ({"customer_state": "blacklisted"}, ["blacklisted"]),
        ({"limit": None}, []),
        ({"limit": Decimal("1.00")}, []),
        ({"status": "cash_only"}, []),
        ({"settlement": "cash"}, []),
        ({"instruments": ("cash",)}, ["instrument"]),
        ({"instruments": ("cash", "cheque")}, []),
        ({"oldest_due_on": ON - 90 * DAY, "oldest_amount": Decimal("500.00")}, []),
    ],
)
def test_paid_in_advance_passes_credit_but_not_a_stop(change: dict[str, object], expected: list[str]) -> None:
    paid = replace(GOOD, unallocated=ORDER.amount, instruments=("transfer", "cheque"))
    order = replace(ORDER, payment=rules.PREPAID, instruments=("cheque",))
    assert codes(replace(paid, **change), order) == expected  # type: ignore[arg-type]


def test_a_payment_form_not_agreed_is_told_with_both_and_may_be_lifted_or_only_warn() -> None:
    seen, order = replace(GOOD, instruments=("transfer",)), replace(ORDER, instruments=("transfer", "cheque"))
    decision, (found,) = rules.check(seen, order, STRICT)
    assert (decision, found.figures) == ("held", {"asked": ["transfer", "cheque"], "accepted": ["transfer"]})
    decision, (found,) = rules.check(seen, order, STRICT, lifted=["instrument"])
    assert (decision, found.severity) == ("released", "lifted")
    lenient = replace(STRICT, strengths={**STRICT.strengths, "instrument": "warn"})
    decision, (found,) = rules.check(seen, order, lenient)
    assert (decision, found.severity) == ("released", "warn")
    assert codes(seen, order, replace(STRICT, strengths={**STRICT.strengths, "instrument": "off"})) == []


@pytest.mark.parametrize(
    ("received", "claimed", "amount", "expected"),
    [
        ("600.00", "0.00", "600.00", []),
        ("599.99", "0.00", "600.00", ["prepayment"]),
        ("700.00", "100.00", "600.00", []),
        ("700.00", "100.01", "600.00", ["prepayment"]),
        ("0.00", "50.00", "0.01", ["prepayment"]),
    ],
)
def test_paid_in_advance_waits_for_money_no_other_order_claims(
    received: str, claimed: str, amount: str, expected: list[str]
) -> None:
    seen = replace(GOOD, unallocated=Decimal(received), prepaid=Decimal(claimed), counts_unallocated=False)
    order = replace(ORDER, amount=Decimal(amount), payment=rules.PREPAID)
    assert codes(seen, order) == expected
    assert rules.check(seen, order, STRICT, lifted=rules.RULES)[0] == (rules.HELD if expected else rules.RELEASED)
    assert "prepayment" not in codes(seen, ORDER)


@pytest.mark.parametrize(("claimed", "exposure"), [("0.00", "350.00"), ("20.00", "370.00"), ("80.00", "400.00")])
def test_money_that_prepaid_orders_claim_gives_no_headroom(claimed: str, exposure: str) -> None:
    seen = replace(GOOD, unallocated=Decimal("50.00"), prepaid=Decimal(claimed))
    assert seen.exposure == Decimal(exposure)


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        (rules.OFF, ["over_limit"]),
        (rules.WARN, ["limit_never_set", "over_limit"]),
        (rules.HOLD, ["limit_never_set"]),
    ],
)
def test_a_limit_never_set_counts_as_nothing_however_strong_its_own_rule_is(strength: str, expected: list[str]) -> None:
    policy = replace(STRICT, strengths={**STRICT.strengths, rules.LIMIT_NEVER_SET: strength})
    seen = replace(GOOD, limit=None)
    assert codes(seen, ORDER, policy) == expected
    assert rules.check(seen, ORDER, policy)[0] == rules.HELD
    assert rules.check(seen, ORDER, policy, lifted=[rules.LIMIT_NEVER_SET, rules.OVER_LIMIT])[0] == rules.RELEASED


def test_no_rule_made_weaker_makes_a_decision_stricter() -> None:
    """Every rule beside every other one, about orders of which everything speaks but the limit, which may not."""
    spoken = replace(
        GOOD, customer_state="blacklisted", status="frozen", settlement="cash", next_review_on=ON - DAY,
        oldest_due_on=ON - 90 * DAY, oldest_amount=Decimal("500.00"), group_limit=money(0), group_exposure=money(1),
        instruments=("transfer",),
    )  # fmt: skip
    orders = [
        Order(money(600), ON, payment, term_days=60, instruments=("cheque",))
        for payment in (rules.CREDIT, rules.PREPAID)
    ]
    seen = [replace(spoken, limit=limit) for limit in (None, money(0), money(10_000_000))]
    for changed, other, figures, order in product(rules.RULES, rules.RULES, seen, orders):
        for lifted in ((), (changed,)):
            decisions = []
            for strength in (rules.OFF, rules.WARN, rules.HOLD):
                strengths = dict.fromkeys(rules.RULES, rules.OFF) | {other: rules.HOLD} | {changed: strength}
                decisions.append(rules.check(figures, order, Policy(1, strengths), lifted=lifted)[0])
            held = [decision == rules.HELD for decision in decisions]
            assert held == sorted(held), (changed, other, figures.limit, order.payment, lifted)


def test_the_tolerance_over_the_limit_passes_and_one_cent_more_does_not() -> None:
    policy = replace(STRICT, limit_tolerance=Decimal("50.00"))
    assert codes(GOOD, replace(ORDER, amount=Decimal("650.00")), policy) == []
    assert codes(GOOD, replace(ORDER, amount=Decimal("650.01")), policy) == ["over_limit"]


@pytest.mark.parametrize(
    ("strength", "decision", "severities"),
    [(rules.OFF, "released", []), (rules.WARN, "released", ["warn"]), (rules.HOLD, "held", ["hold"])],
)
def test_the_strength_of_a_rule_decides(strength: str, decision: str, severities: list[str]) -> None:
    policy = replace(STRICT, strengths={**STRICT.strengths, rules.FROZEN: strength})
    found = rules.check(replace(GOOD, status="frozen"), ORDER, policy)
    assert (found[0], [finding.severity for finding in found[1]]) == (decision, severities)


def test_a_lift_spares_what_may_be_lifted_and_keeps_it_in_sight() -> None:
    over = replace(ORDER, amount=Decimal("900.00"))
    decision, found = rules.check(GOOD, over, STRICT, lifted=["over_limit"])
    assert (decision, [(finding.code, finding.severity) for finding in found]) == (
        "released", [("over_limit", "lifted")],
    )  # fmt: skip
    for stopped in (replace(GOOD, status="cash_only"), replace(GOOD, customer_state="blacklisted")):
        assert rules.check(stopped, over, STRICT, lifted=rules.RULES)[0] == "held"
    frozen = rules.check(replace(GOOD, status="frozen"), over, STRICT, lifted=["over_limit"])
    assert [(finding.code, finding.severity) for finding in frozen[1]] == [("frozen", "hold"), ("over_limit", "lifted")]
    assert frozen[0] == "held"
