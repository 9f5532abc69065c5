"""Holes in the books, drift and calibration, on figures that can be worked out by hand."""

import numpy as np
import pytest

from analytics.learning.calendar import Stretch, complete_stretch, holes
from analytics.learning.drift import drifts, stability_index
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
