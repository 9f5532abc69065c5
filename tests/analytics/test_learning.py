"""Holes in the books, drift and calibration, on figures that can be worked out by hand."""

import numpy as np
import pytest

from analytics.learning import late_payment
from analytics.learning.calendar import Stretch, complete_stretch, holes
from analytics.learning.drift import drifts, has_drifted, stability_index, typical
from analytics.learning.measures import Calibration, calibrate, measure


def test_a_hole_is_longer_than_a_holiday() -> None:
    days = np.array([0, 1, 2, 20, 60, 61])
    assert holes(days, end=62) == [Stretch(21, 59)]
    assert holes(days, end=100) == [Stretch(21, 59), Stretch(62, 99)]
    assert holes(np.array([], dtype=int), end=100) == []


def test_books_that_begin_again_are_learned_from_on_the_longer_side() -> None:
    days = np.concatenate([np.arange(0, 300), np.arange(400, 450)])
    assert complete_stretch(days, np.ones(len(days)), end=450) == Stretch(0, 299)


def test_weeks_that_thin_out_before_a_hole_are_left_away() -> None:
    days = np.arange(0, 210)
    counts = np.full(210, 10)
    counts[-21:] = 2
    assert complete_stretch(days, counts, end=400) == Stretch(0, 188)
    assert complete_stretch(days, counts, end=210) == Stretch(0, 209), "today's books are as they are"
    assert complete_stretch(np.array([], dtype=int), np.array([]), end=10) is None


def test_the_same_customers_have_not_drifted_and_others_have() -> None:
    rng = np.random.default_rng(2)
    then, same, other = rng.normal(size=5000), rng.normal(size=5000), rng.normal(1, 1, size=5000)
    assert stability_index(then, same) < 0.02
    assert stability_index(then, other) > 0.25
    assert drifts(np.column_stack([then, then]), np.column_stack([same, other]), ["a", "b"])["b"] > 0.25


def test_a_value_nobody_has_any_more_and_few_rows_are_no_alarm() -> None:
    """A tenth that is empty counts as one row; below fifty rows nothing is said; ages are left out."""
    then = np.repeat(np.arange(10.0), 40)
    now = np.repeat(np.arange(1.0, 10.0), 20)
    index = stability_index(then, now)
    assert index is not None
    assert 0.1 < index < 0.5, "with a floor of 0.0001 this would be 0.7"
    assert stability_index(then, now[:49]) is None
    columns = np.column_stack([then, then])
    assert list(drifts(columns, columns + 5, ["tenure_days", "b"], ["tenure_days"])) == ["b"]


def test_the_median_decides_and_one_feature_does_not() -> None:
    found = {"a": 4.5, "b": 0.1, "c": 0.2}
    assert typical(found) == 0.2
    assert not has_drifted(found)
    assert has_drifted({**found, "b": 0.3})
    assert typical({}) is None
    assert not has_drifted({})


@pytest.mark.thorough
def test_calibration_brings_exaggerated_odds_in_line() -> None:
    rng = np.random.default_rng(3)
    true = rng.uniform(0.05, 0.95, 20_000)
    happened = (rng.random(20_000) < true).astype(int)
    boasting = true**3 / (true**3 + (1 - true) ** 3)
    line = calibrate(boasting, happened)
    assert line.slope == pytest.approx(1 / 3, abs=0.03)
    assert measure(line.apply(boasting), happened)["calibration_error"] < 0.015
    assert measure(boasting, happened)["calibration_error"] > 0.05
    assert measure(line.apply(boasting), happened)["auc"] == measure(boasting, happened)["auc"]


def test_a_score_that_falls_with_what_happens_says_nothing() -> None:
    chance = np.linspace(0.1, 0.9, 100)
    assert calibrate(chance, (chance < 0.5).astype(int)).slope == 0.0
    assert calibrate(chance, np.ones(100)) == Calibration()


def test_the_naive_answer_is_the_median_of_what_was_settled_by_then() -> None:
    rng = np.random.default_rng(3)
    due = rng.integers(100, 500, 400)
    book = late_payment.Book(
        customer=np.sort(rng.integers(0, 9, 400)),
        issued=due - 30,
        due=due,
        settled=np.where(rng.random(400) < 0.1, late_payment.OPEN, due + rng.integers(-9, 40, 400)),
        amount=rng.integers(1, 9, 400).astype(float),
    )
    found = late_payment.customer_median(late_payment.Memory(book), book, book.moment, 3.5)
    for place, moment in enumerate(book.moment):
        by_then = (book.customer == book.customer[place]) & (book.settled < moment)
        assert found[place] == (np.median(book.late[by_then]) if by_then.any() else 3.5)
