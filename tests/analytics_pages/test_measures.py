"""The measures against examples worked out by hand, and at their edges."""

from decimal import Decimal

import pytest

from analytics.measures import (
    Stretch,
    average_days_delinquent,
    best_possible_dso,
    collection_effectiveness,
    count_back_dso,
    days_sales_outstanding,
    top_share,
    turnover,
)

D = Decimal


def test_dso_is_its_best_and_what_late_payment_costs() -> None:
    """300,000 owed, 200,000 of it not due, 450,000 billed in 90 days."""
    dso = days_sales_outstanding(D(300_000), D(450_000), 90)
    best = best_possible_dso(D(200_000), D(450_000), 90)
    assert (dso, best) == (D(60), D(40))
    assert average_days_delinquent(dso, best) == D(20)


def test_counting_back_takes_the_season_out() -> None:
    """Owed 250: the 100 of 31 days, the 100 of 30 days, and half of the 100 of 31 days before."""
    months = [Stretch(31, D(100)), Stretch(30, D(100)), Stretch(31, D(100))]
    assert count_back_dso(D(250), months) == D("76.5")
    assert count_back_dso(D(100), months) == D(31)
    assert count_back_dso(D(0), months) == D(0)
    assert count_back_dso(D(301), months) is None


def test_a_month_of_more_credit_notes_than_invoices_counts_its_days_alone() -> None:
    assert count_back_dso(D(100), [Stretch(30, D(-20)), Stretch(31, D(100))]) == D(61)


def test_collection_effectiveness_is_one_when_all_that_fell_due_came() -> None:
    assert collection_effectiveness(D(100), D(50), D(30), D(30)) == D(1)
    assert collection_effectiveness(D(100), D(50), D(90), D(30)) == D("0.5")


@pytest.mark.parametrize("billed", [D(0), D(-5)])
def test_nothing_is_said_where_nothing_was_billed(billed: Decimal) -> None:
    assert days_sales_outstanding(D(10), billed, 90) is None
    assert best_possible_dso(D(10), billed, 90) is None
    assert average_days_delinquent(None, D(1)) is None
    assert collection_effectiveness(D(0), D(0), D(0), D(0)) is None
    assert turnover(D(10), 365, []) is None
    assert turnover(D(10), 365, [D(0)]) is None
    assert top_share([], D(0)) is None


def test_turnover_is_of_a_year() -> None:
    assert turnover(D(600), 365, [D(90), D(110)]) == D(6)
    assert turnover(D(300), 73, [D(100)]) == D(15)


def test_concentration() -> None:
    assert top_share([D(30), D(20)], D(200)) == D("0.25")
