"""BG/NBD: the published fit, what it says of single customers, and a fit that means nothing."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from analytics.learning import bgnbd

CDNOW = Path(__file__).resolve().parents[3] / "shared/data/cdnow_master.txt"
BEGINS, ENDS = dt.date(1997, 1, 1), dt.date(1997, 9, 30)


def calibration_sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The published 1/10 sample with what it bought in the first 39 weeks; time in weeks.

    It is a systematic sample of the master file: by week of the first purchase, then by spending after the first day,
    then by number; of every ten the last. Spending is the difference of two sums of floats, as it was when the sample
    was drawn: with exact cents equal sums would tie and others would be chosen.
    """
    bought: dict[str, dict[dt.date, float]] = {}
    for line in CDNOW.read_text().splitlines():
        key, on, _units, amount = line.split() or ("", "", "", "")
        if key.isdigit():
            days = bought.setdefault(key, {})
            days[dt.date.fromisoformat(on)] = days.get(dt.date.fromisoformat(on), 0.0) + float(amount)

    def place(key: str) -> tuple[int, float, str]:
        first = min(bought[key])
        known = sum(amount for day, amount in bought[key].items() if day <= ENDS)
        return (first - BEGINS).days // 7, bought[key][first] - known, key

    rows = []
    for key in sorted(bought, key=place)[9::10]:
        days = sorted(day for day in bought[key] if day <= ENDS)
        rows.append((len(days) - 1, (days[-1] - days[0]).days / 7, (ENDS - days[0]).days / 7))
    x, tx, t = np.array(rows, dtype=float).T
    return x, tx, t


@pytest.mark.skipif(not CDNOW.exists(), reason="the CDNOW data are not beside the product (../shared/data)")
def test_the_published_fit_of_cdnow_to_three_digits() -> None:
    x, tx, t = calibration_sample()
    assert len(x) == 2357
    fitted = bgnbd.fit(x, tx, t)
    assert (round(fitted.r, 3), round(fitted.alpha, 3), round(fitted.a, 3), round(fitted.b, 3)) == (
        0.243,
        4.414,
        0.793,
        2.426,
    )
    assert round(fitted.log_likelihood, 1) == -9582.4
    assert not fitted.degenerate


@pytest.mark.thorough
def test_the_unit_of_time_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    x = rng.poisson(3, 400).astype(float)
    t = rng.uniform(100, 300, 400)
    tx = np.where(x > 0, t * rng.uniform(0.2, 1, 400), 0)
    days, weeks = bgnbd.fit(x, tx, t), bgnbd.fit(x, tx / 7, t / 7)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=5e-3)
    assert days.r == pytest.approx(weeks.r, rel=5e-3)
    silence = bgnbd.buys_nothing(days, x, tx, t, 90)
    assert silence == pytest.approx(bgnbd.buys_nothing(weeks, x, tx / 7, t / 7, 90 / 7), rel=1e-2)


def test_the_longer_the_silence_the_less_alive() -> None:
    fitted = bgnbd.Fit(0.243, 4.414, 0.793, 2.426, 0.0)
    x, t = np.full(3, 10.0), np.full(3, 39.0)
    tx = np.array([38.0, 30.0, 10.0])
    living = bgnbd.alive(fitted, x, tx, t)
    assert living[0] > living[1] > living[2]
    nothing = bgnbd.buys_nothing(fitted, x, tx, t, 26.0)
    assert nothing[0] < nothing[1] < nothing[2]
    assert ((nothing >= 0) & (nothing <= 1)).all()
    assert bgnbd.alive(fitted, np.zeros(1), np.zeros(1), np.full(1, 39.0)) == 1.0


@pytest.mark.thorough
def test_a_fit_that_means_nothing_says_so() -> None:
    """Everybody buys like clockwork: there is no mixture of rates to find."""
    x, t = np.full(200, 20.0), np.full(200, 210.0)
    assert bgnbd.fit(x, np.full(200, 200.0), t).degenerate == "parameter_at_limit"
