"""Late payment on a distributor's real invoices: learned from the older ones, tested on the newest fifth.

Known of each invoice is what was known 15 days before its due date, and only invoices still open then are asked about.
Learned from is what was due and known 15 days before the first tested invoice fell due. Both naive answers use all
history at the same moments.
"""

import csv
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from analytics.learning.late_payment import OPEN, Book, Memory, trial

CLOSED = Path(__file__).resolve().parents[3] / "shared/data/ar_closed_invoices.csv"
MONDAY = dt.date(1970, 1, 5)
TERM = 30  # the file has no invoice date

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not CLOSED.exists(), reason="the invoices are not beside the product (../shared/data)"),
]


def read_book() -> Book:
    with CLOSED.open() as file:
        rows = [
            (
                row["cust_number"].lstrip("0"),
                (dt.date.fromisoformat(row["due_date"]) - MONDAY).days,
                (dt.date.fromisoformat(row["clear_date"]) - MONDAY).days,
                float(row["amount"]),
            )
            for row in csv.DictReader(file)
        ]
    rows.sort(key=lambda row: (row[1], row[2]))
    numbers = {name: place for place, name in enumerate(sorted({row[0] for row in rows}))}
    customer = np.array([numbers[row[0]] for row in rows])
    due, settled, amount = (np.array([row[place] for row in rows]) for place in (1, 2, 3))
    return Book(customer, due - TERM, due, settled, amount)


def test_boosting_beats_the_customers_own_median_and_late_rate() -> None:
    book = read_book()
    cut = int(book.due[int(0.8 * len(book))])
    tested, _model = trial(Memory(book), book, cut=cut, end=OPEN)
    print(tested.metrics, f"MAE ratio {tested.mae_ratio:.4f}, AUC gain {tested.auc_gain:.4f}")
    assert tested.metrics["boosting"]["rows"] > 6000
    assert tested.mae_ratio <= 0.92
    assert tested.auc_gain >= 0.06
