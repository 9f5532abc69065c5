"""When will an invoice be paid? Boosting on absolute error over what was known of the customer at a moment.

Dates are day numbers. The moment of an invoice is the morning 15 days before its due date, or that of the day it was
posted, if later. Of other invoices only those posted before that morning, and settlements before it, are known.
"""

from bisect import insort
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analytics.learning.threads import one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray

LEAD = 15  # days before the due date
RIPE = 15  # days after it, before which an open invoice says too little of when it will be paid
OPEN = 10**6  # settled: not yet
SPAN = 10**6 + 1  # more than any day number
RECENT = 60  # settlements of the customer looked at one by one
CHUNK = 20_000
WINDOWS = (30, 60, 120)
EARLIEST, LATEST = -30.0, 60.0  # days late beyond which a mean would speak of one invoice alone
FADING = 0.9
SHARED = {"max_features": 0.3, "early_stopping": False}
BOOSTING = {"learning_rate": 0.08, "max_iter": 200, "min_samples_leaf": 40, **SHARED}
FEW = 10_000  # invoices below which smaller trees learn less by heart
CAREFUL = {"learning_rate": 0.05, "max_iter": 120, "min_samples_leaf": 60, "max_leaf_nodes": 7, **SHARED}
SEED = 20260101

HISTORY = tuple(f"{name}_{span}" for span in ("all", *WINDOWS) for name in ("count", "late_rate", "mean", "early_rate"))
LAST = (
    "last_1", "last_2", "last_3", "median_5", "median_20", "median_60", "quarter", "three_quarters", "late_rate_10",
    "spread_20", "fading_mean", "fading_late_rate", "days_since_settled", "weekday_mean", "weekday_late_rate",
    "weekday_median", "amount_against_usual", "mean_of_amount", "late_rate_of_amount",
)  # fmt: skip
PAYDAYS = tuple(f"pays_on_{weekday}" for weekday in range(5))
OWN = (
    "amount", "weekday", "day_of_month", "days_to_month_end", "days_to_payday", "overdue_open", "same_day", "billed_30",
    "company_late_rate",
)  # fmt: skip
NAMES = (*HISTORY, *LAST, *PAYDAYS, *OWN)
# Ages, places in the calendar, and what is the same for all invoices of a day: they differ between any two months.
CHANGING = ("count_all", "weekday", "day_of_month", "days_to_month_end", "days_to_payday", "company_late_rate")


@dataclass(frozen=True)
class Book:
    """Invoices, an array for each figure; `settled` is OPEN while something is open. Customers are numbered from 0."""

    customer: "Array"
    issued: "Array"
    due: "Array"
    settled: "Array"
    amount: "Array"

    def __len__(self) -> int:
        return len(self.due)

    def where(self, chosen: "Array") -> "Book":
        return Book(*(getattr(self, name)[chosen] for name in ("customer", "issued", "due", "settled", "amount")))

    @property
    def late(self) -> "Array":
        """Days late; meaningless while open."""
        return (self.settled - self.due).astype(float)

    @property
    def moment(self) -> "Array":
        import numpy as np

        return np.maximum(self.due - LEAD, self.issued)


class Memory:
    """What the book knew of a customer at any moment: sorted once, then read by position."""

    def __init__(self, book: Book) -> None:
        import numpy as np

        self.customers = int(book.customer.max()) + 1 if len(book) else 0
        done = np.flatnonzero(book.settled < OPEN)
        order = done[np.lexsort((book.due[done], book.settled[done], book.customer[done]))]
        self.customer, self.due, self.settled = book.customer[order], book.due[order], book.settled[order]
        self.late, self.size = book.late[order], np.log1p(np.maximum(book.amount[order], 0))
        self.key = self.customer * SPAN + self.settled
        self.first = np.searchsorted(self.customer, np.arange(self.customers + 1))
        capped = np.clip(self.late, EARLIEST, LATEST)
        self.sums = {
            name: np.concatenate([[0.0], np.cumsum(values)])
            for name, values in (("late_rate", self.late > 0), ("mean", capped), ("early_rate", self.late < -2))
        }
        everywhere = np.argsort(self.settled, kind="stable")
        self.all_settled = self.settled[everywhere]
        self.all_late = np.concatenate([[0.0], np.cumsum(self.late[everywhere] > 0)])
        self.issued_key = np.sort(book.customer * SPAN + book.issued)
        self.due_key = np.sort(book.customer * SPAN + book.due)
        self.done_key = np.sort(book.customer[done] * SPAN + np.maximum(book.settled[done], book.due[done]))
        self.same_key = np.sort((book.customer * SPAN + book.due) * SPAN + book.issued)

    @cached_property
    def medians(self) -> "Array":
        """The median days late of all the customer had settled, up to and with each settlement."""
        import numpy as np

        found, late = np.empty(len(self.late)), self.late.tolist()
        for begin, end in pairwise(self.first.tolist()):
            ordered: list[float] = []
            for place in range(begin, end):
                insort(ordered, late[place])
                half, odd = divmod(len(ordered), 2)
                found[place] = ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2
        return found

    def known(self, customer: "Array", moment: "Array") -> tuple["Array", "Array"]:
        """From where to where the customer's settlements before the moment stand."""
        import numpy as np

        return self.first[customer], np.searchsorted(self.key, customer * SPAN + moment)

    def count(self, key: "Array", customer: "Array", since: Any, until: "Array") -> "Array":
        """How many of the sorted keys of the customer lie in [since, until)."""
        import numpy as np

        return np.searchsorted(key, customer * SPAN + until) - np.searchsorted(key, customer * SPAN + since)

    def features(self, wanted: Book, moment: "Array") -> "Array":
        """A row of NAMES for each invoice asked about, as known at its moment."""
        import numpy as np

        found = np.empty((len(wanted), len(NAMES)), dtype=np.float32)
        for start in range(0, len(wanted), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._features(wanted.where(np.arange(len(wanted))[part]), moment[part])
        return found

    def _features(self, wanted: Book, moment: "Array") -> "Array":
        import numpy as np

        customer, columns = wanted.customer, []
        first, last = self.known(customer, moment)
        for span in ("all", *WINDOWS):
            begin = first
            if span != "all":
                begin = np.maximum(np.searchsorted(self.key, customer * SPAN + np.maximum(moment - span, 0)), first)
            count = last - begin
            columns.append(count)
            some = np.where(count > 0, count, np.nan)
            columns += [(total[last] - total[begin]) / some for total in self.sums.values()]
        with np.errstate(invalid="ignore", divide="ignore"):
            columns += self._last(wanted, moment, first, last)
        return np.column_stack(columns)

    def _last(self, wanted: Book, moment: "Array", first: "Array", last: "Array") -> list["Array"]:
        """Figures of the last settlements one by one, of the usual days of payment, and of the invoice itself."""
        import numpy as np

        place = last[:, None] - 1 - np.arange(RECENT)[None]
        there = place >= first[:, None]
        place = np.where(there, place, 0)
        if len(self.late):
            late, size = np.where(there, self.late[place], np.nan), np.where(there, self.size[place], np.nan)
            due, settled = self.due[place], self.settled[place]
        else:
            late, size = np.full(place.shape, np.nan), np.full(place.shape, np.nan)
            due = settled = np.zeros(place.shape, dtype=int)
        capped, was_late = np.clip(late, EARLIEST, LATEST), np.where(there, late > 0, np.nan)
        own_size = np.log1p(np.maximum(wanted.amount, 0))
        weekday = wanted.due % 7
        alike = there & (due % 7 == weekday[:, None])
        fading = np.where(there, FADING ** np.arange(RECENT), 0.0)
        near = np.where(there, np.exp(-np.abs(size - own_size[:, None]) / 0.5), 0.0)
        seen = np.where(alike, late, np.nan)
        paydays = [mean(np.where(there, settled % 7 == day, np.nan)) for day in range(5)]
        usual = np.argmax(np.nan_to_num(np.column_stack(paydays)), axis=1)
        newest = self.settled[place[:, 0]] if len(self.late) else np.zeros(len(wanted))
        day, left = month_days(wanted.due)
        earlier, now = (
            np.searchsorted(self.all_settled, np.maximum(moment - 30, 0)),
            np.searchsorted(self.all_settled, moment),
        )
        overdue = self.count(self.due_key, wanted.customer, 0, moment)
        overdue -= self.count(self.done_key, wanted.customer, 0, moment)
        same = (wanted.customer * SPAN + wanted.due) * SPAN
        return [
            late[:, 0], late[:, 1], late[:, 2],
            quantile(late[:, :5], 0.5), quantile(late[:, :20], 0.5), quantile(late, 0.5),
            quantile(late[:, :30], 0.25), quantile(late[:, :30], 0.75),
            mean(was_late[:, :10]), np.sqrt(np.maximum(mean(late[:, :20] ** 2) - mean(late[:, :20]) ** 2, 0)),
            np.nansum(capped * fading, axis=1) / fading.sum(axis=1),
            np.nansum(was_late * fading, axis=1) / fading.sum(axis=1),
            np.where(there[:, 0], moment - newest, np.nan),
            mean(np.clip(seen, EARLIEST, LATEST)), mean(np.where(alike, was_late, np.nan)), quantile(seen, 0.5),
            own_size - mean(size),
            np.nansum(near * np.nan_to_num(capped), axis=1) / near.sum(axis=1),
            np.nansum(near * np.nan_to_num(was_late), axis=1) / near.sum(axis=1),
            *paydays,
            own_size, weekday, day, left, (usual - weekday) % 7,
            overdue,
            np.searchsorted(self.same_key, same + moment) - np.searchsorted(self.same_key, same),
            self.count(self.issued_key, wanted.customer, np.maximum(moment - 30, 0), moment),
            (self.all_late[now] - self.all_late[earlier]) / np.maximum(now - earlier, 1),
        ]  # fmt: skip


def mean(rows: "Array") -> "Array":
    """Mean of what is there in each row; nan where nothing is."""
    import numpy as np

    return np.nansum(rows, axis=1) / np.isfinite(rows).sum(axis=1)


def quantile(rows: "Array", share: float) -> "Array":
    """The quantile of what is there in each row (linear between neighbours)."""
    import numpy as np

    ordered = np.sort(rows, axis=1)  # nan stands last
    count = np.isfinite(rows).sum(axis=1)
    place = np.maximum(count - 1, 0) * share
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    row = np.arange(len(rows))
    return ordered[row, below] + (place - below) * (ordered[row, above] - ordered[row, below])


def month_days(days: "Array") -> tuple["Array", "Array"]:
    """Day of the month and days left in it; day numbers count from 1970-01-05, a Monday."""
    import numpy as np

    dates = days.astype("timedelta64[D]") + np.datetime64("1970-01-05")
    months = dates.astype("datetime64[M]")
    return (dates - months).astype(int) + 1, ((months + 1).astype("datetime64[D]") - dates).astype(int)


def customer_median(memory: Memory, wanted: Book, moment: "Array", usual: float) -> "Array":
    """The naive answer: the median days late of all the customer has settled by then, else everybody's."""
    import numpy as np

    first, last = memory.known(wanted.customer, moment)
    found = np.full(len(wanted), usual)
    some = last > first
    found[some] = memory.medians[last[some] - 1]
    return found


def customer_late_rate(memory: Memory, wanted: Book, moment: "Array", usual: float) -> "Array":
    """The naive probability: the share of all the customer has settled by then that was late, else everybody's."""
    import numpy as np

    first, last = memory.known(wanted.customer, moment)
    late = memory.sums["late_rate"]
    return np.where(last > first, (late[last] - late[first]) / np.maximum(last - first, 1), usual)


@dataclass
class Model:
    """Two boosted forests: the days late, and whether late at all."""

    days: Any = field(default=None)
    chance: Any = field(default=None)

    def predict(self, rows: "Array") -> tuple["Array", "Array"]:
        return self.days.predict(rows), self.chance.predict_proba(rows)[:, 1]


def fit(rows: "Array", late: "Array") -> Model:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    settings = BOOSTING if len(rows) >= FEW else CAREFUL
    with one_thread():
        return Model(
            HistGradientBoostingRegressor(loss="absolute_error", random_state=SEED, **settings).fit(rows, late),
            HistGradientBoostingClassifier(random_state=SEED, **settings).fit(rows, late > 0),
        )


@dataclass(frozen=True)
class Trial:
    """A model tested on invoices due after all it learned from, beside the naive answers on the same invoices."""

    metrics: dict[str, dict[str, float]]
    residuals: "Array"  # actual less predicted days, of the model
    predicted: "Array"
    chance: "Array"
    happened: "Array"

    @property
    def mae_ratio(self) -> float:
        return self.metrics["boosting"]["mae"] / max(self.metrics["customer_median"]["mae"], 1e-9)

    @property
    def auc_gain(self) -> float:
        return self.metrics["boosting"]["auc"] - self.metrics["customer_median"]["auc"]

    @property
    def is_better(self) -> bool:
        return self.mae_ratio < 1 and self.auc_gain > 0


def asked(book: Book) -> "Array":
    """Invoices there was something to ask about: still open at their moment."""
    return book.settled >= book.moment


def days_known(book: Book, morning: int) -> "Array":
    """Days late as known on a morning after the due date: of what is still open, the days so far. So nobody is left out
    for not having paid yet, and whether late or not is known of everybody.
    """
    import numpy as np

    return (np.minimum(book.settled, morning) - book.due).astype(float)


def trial(memory: Memory, book: Book, *, cut: int, end: int) -> tuple[Trial, Model]:
    """Learn from what was due by the moment of the first invoice due on the day `cut`; predict those due from then on.

    What is learned is what was known on that morning, of invoices then due for some time: nothing is used that was not
    known when the test begins. `end` is the morning the outcome is looked at.
    """
    import numpy as np
    from sklearn.metrics import roc_auc_score

    begins = cut - LEAD
    open_then = asked(book)
    older, newer = book.where(open_then & (book.due < begins - RIPE)), book.where(open_then & (book.due >= cut))
    late_older, late_newer = days_known(older, begins), days_known(newer, end)
    model = fit(memory.features(older, older.moment), late_older)
    days, chance = model.predict(memory.features(newer, newer.moment))
    happened = late_newer > 0
    usual, rate = float(np.median(late_older)), float((late_older > 0).mean())
    answers = {
        "boosting": (days, chance),
        "customer_median": (
            customer_median(memory, newer, newer.moment, usual),
            customer_late_rate(memory, newer, newer.moment, rate),
        ),
        "everybody": (np.full(len(newer), usual), np.full(len(newer), rate)),
    }
    mixed = happened.min() != happened.max()
    metrics = {
        name: {
            "mae": round(float(np.abs(late_newer - guess).mean()), 4),
            "auc": round(float(roc_auc_score(happened, score)), 4) if mixed else 0.5,
            "brier": round(float(((score - happened) ** 2).mean()), 4),
            "rows": len(newer),
        }
        for name, (guess, score) in answers.items()
    }
    return Trial(metrics, late_newer - days, days, chance, happened), model
