"""The rules of receivables at their edges, without a database."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.core.errors import AmountNotPositive
from crm.core.money import ZERO, round_money, share_of, split, to_base
from receivables.errors.documents import AmountPlaces
from receivables.rules.documents import Candidate, bucket_index, check_amount, due_on, is_named, period_end, suggest

D = dt.date.fromisoformat
money = st.integers(1, 10**12).map(lambda cents: Decimal(cents).scaleb(-2))


@pytest.mark.parametrize(
    ("settlement", "on", "term", "expected"),
    [
        ("cash", "2026-01-15", 30, "2026-01-15"),
        ("rolling", "2026-01-15", 0, "2026-01-15"),
        ("rolling", "2026-01-31", 30, "2026-03-02"),
        ("rolling", "2024-02-28", 1, "2024-02-29"),
        ("floor_stock", "2026-01-15", 60, "2026-03-16"),
        ("consignment", "2026-01-15", 30, "2026-02-14"),
        ("monthly", "2026-01-01", 0, "2026-01-31"),
        ("monthly", "2026-01-31", 30, "2026-03-02"),
        ("monthly", "2026-02-01", 0, "2026-02-28"),
        ("monthly", "2024-02-29", 0, "2024-02-29"),
        ("monthly", "2024-02-10", 1, "2024-03-01"),
        ("monthly", "2026-12-31", 1, "2027-01-01"),
        ("quarterly", "2026-01-01", 0, "2026-03-31"),
        ("quarterly", "2026-03-31", 30, "2026-04-30"),
        ("quarterly", "2026-04-01", 0, "2026-06-30"),
        ("quarterly", "2026-12-01", 15, "2027-01-15"),
        ("yearly", "2026-01-01", 0, "2026-12-31"),
        ("yearly", "2026-12-31", 60, "2027-03-01"),
        ("yearly", "2023-06-01", 60, "2024-02-29"),
    ],
)
def test_due_date_by_term_and_settlement(settlement: str, on: str, term: int, expected: str) -> None:
    assert due_on(D(on), term, settlement) == D(expected)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.sampled_from([1, 3, 12]))
def test_a_period_ends_on_the_last_day_of_its_last_month(on: dt.date, months: int) -> None:
    end = period_end(on, months)
    assert on <= end
    assert (end + dt.timedelta(days=1)).day == 1
    assert end.month % months == 0
    assert (end - on).days < months * 31


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-400, 0), (-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (36_500, 4)],
)
def test_bucket_edges(days: int, bucket: int) -> None:
    assert bucket_index(days, [30, 60, 90]) == bucket


@given(st.integers(-500, 5000), st.lists(st.integers(1, 1000), min_size=1, max_size=8, unique=True).map(sorted))
def test_every_age_has_one_bucket_and_the_last_is_open_ended(days: int, bounds: list[int]) -> None:
    index = bucket_index(days, bounds)
    low = 0 if index == 0 else 1 if index == 1 else bounds[index - 2] + 1
    if index == 0:
        assert days <= 0
    else:
        assert days >= low
        assert index == len(bounds) + 1 or days <= bounds[index - 1]


@given(money, st.lists(st.integers(1, 1000), min_size=1, max_size=12), st.decimals("0.0001", "9999", places=4))
@example(Decimal("0.04"), [3, 12, 3, 1], Decimal(1))
def test_base_amounts_of_the_parts_add_up_to_the_cent(whole: Decimal, weights: list[int], rate: Decimal) -> None:
    """However an amount is settled in parts, nothing of its base amount is lost, invented or negative."""
    open_amount, open_base = whole, to_base(whole, rate)
    given_up = ZERO
    parts = [part for part in split(whole, [Decimal(weight) for weight in weights]) if part > 0]
    for part in parts:
        if part > open_amount:  # a few cents over many weights: parts rounded up leave less than nothing for the last
            break
        share = share_of(part, open_amount, open_base)
        assert 0 <= share <= open_base
        given_up += share
        open_amount -= part
        open_base -= share
    if open_amount == 0:
        assert open_base == 0
        assert given_up == to_base(whole, rate)


@given(money, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_split_gives_the_remainder_to_the_last_part(amount: Decimal, weights: list[int]) -> None:
    parts = split(amount, [Decimal(weight) for weight in weights])
    assert sum(parts, ZERO) == amount
    total = sum(weights)
    for part, weight in zip(parts[:-1], weights[:-1], strict=True):
        assert part == round_money(amount * weight / total)


def test_an_amount_cannot_be_split_over_nothing() -> None:
    with pytest.raises(ValueError, match="over nothing"):
        split(Decimal("1.00"), [Decimal(0)])


@pytest.mark.parametrize(
    ("amount", "places", "expected"),
    [("0.005", 2, "0.01"), ("0.0049", 2, "0.00"), ("-0.005", 2, "-0.01"), ("0.5", 0, "1.00"), ("2.5", 0, "3.00")],
)
def test_money_is_rounded_half_up(amount: str, places: int, expected: str) -> None:
    assert round_money(Decimal(amount), places) == Decimal(expected)


def test_amounts_are_positive_and_fit_their_currency() -> None:
    check_amount(Decimal("0.01"), "CNY", 2)
    check_amount(Decimal("100.00"), "JPY", 0)
    for amount in ("0.00", "-1.00"):
        with pytest.raises(AmountNotPositive):
            check_amount(Decimal(amount), "CNY", 2)
    with pytest.raises(AmountPlaces):
        check_amount(Decimal("100.50"), "JPY", 0)
    with pytest.raises(AmountPlaces):
        check_amount(Decimal("1.005"), "CNY", 2)


def candidate(pk: int, amount: str, due: str = "2026-01-31", number: str = "") -> Candidate:
    return Candidate(pk, number or f"A{pk}", D("2026-01-01"), D(due), Decimal(amount))


def told(candidates: list[Candidate], amount: str, reference: str = "") -> list[tuple[int, str, str]]:
    found = suggest(candidates, Decimal(amount), reference)
    return [(item.candidate.invoice_id, str(item.amount), item.reason) for item in found]


def test_the_reference_comes_first_then_the_exact_amount_then_the_oldest() -> None:
    waiting = [
        candidate(1, "50.00", "2026-01-10"),
        candidate(2, "70.00", "2026-01-20"),
        candidate(3, "30.00", "2026-01-30"),
    ]
    assert told(waiting, "100.00", "pays a3, thanks") == [(3, "30.00", "reference"), (2, "70.00", "exact")]
    assert told(waiting, "60.00") == [(1, "50.00", "oldest"), (2, "10.00", "oldest")]
    assert told(waiting, "30.00") == [(3, "30.00", "exact")]
    assert told(waiting, "500.00") == [(1, "50.00", "oldest"), (2, "70.00", "oldest"), (3, "30.00", "oldest")]
    assert told([], "500.00", "A1") == []


def test_a_small_amount_settles_part_of_the_invoice_named() -> None:
    assert told([candidate(1, "50.00"), candidate(2, "20.00")], "20.00", "A1") == [(1, "20.00", "reference")]


@pytest.mark.parametrize(
    ("number", "reference", "named"),
    [
        ("INV-7", "payment of inv-7.", True),
        ("INV-7", "INV-77", False),
        ("7", "invoice 17", False),
        ("7", "发票7号", True),
        ("A.1", "AX1", False),
        ("", "anything", False),
    ],
)
def test_a_number_is_named_only_as_a_word_of_its_own(number: str, reference: str, named: bool) -> None:
    assert is_named(number, reference) is named


@given(st.lists(money, max_size=8), money)
def test_suggestions_never_exceed_what_there_is(opens: list[Decimal], amount: Decimal) -> None:
    waiting = [candidate(pk, str(item)) for pk, item in enumerate(opens)]
    found = suggest(waiting, amount, "A0 A3")
    assert sum((item.amount for item in found), ZERO) == min(amount, sum(opens, ZERO))
    assert all(0 < item.amount <= item.candidate.open_amount for item in found)
    assert len({item.candidate.invoice_id for item in found}) == len(found)
