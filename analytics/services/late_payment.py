"""When open invoices will be paid: learned every night from what was paid, tested on the newest fifth, written for each
open invoice, and summed up into the cash forecast (docs/models.md)."""

import datetime as dt
import io
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.db import connection

from analytics.learning import late_payment as learning
from analytics.learning.drift import drifts, has_drifted, typical
from analytics.learning.late_payment import OPEN, Book, Memory
from analytics.learning.measures import Calibration, calibrate
from analytics.learning.threads import one_thread
from analytics.learning.timing import Outlook, Spread, dragging_pace, outlook, spread_of
from analytics.models import Algorithm, ModelKind, ModelVersion, Verdict
from analytics.services.reading import copy_rows, read_frame
from analytics.services.register import register_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray

MONDAY = dt.date(1970, 1, 5)  # day 0
YEARS_BACK = 1100  # days of invoices that are looked at
LEARNED_FROM = 60_000  # invoices at most, evenly over the years
FEWEST, FEWEST_EACH = 300, 50  # invoices below which nothing is learned, and of the older and of the tested ones
WEEKS = 8
CHUNK = 50_000
DRIFT_SAMPLE = 20_000

# Days are counted from a Monday. Settled: the day on which nothing was left; null while something is open.
BOOK = """
SELECT i.id, i.customer_id, i."on" - DATE '1970-01-05' AS issued, i.due_on - DATE '1970-01-05' AS due,
       i.base_amount AS amount, i.base_amount - coalesce(a.settled, 0) AS open_base, coalesce(a.paid, 0) AS paid,
       CASE WHEN i.amount = a.amount THEN a.last_on - DATE '1970-01-05' END AS settled
FROM receivables_invoice i
LEFT JOIN (
    SELECT invoice_id, sum(amount) AS amount, sum(base_amount) AS settled,
           sum(base_amount) FILTER (WHERE receipt_id IS NOT NULL) AS paid, max("on") AS last_on
    FROM receivables_allocation WHERE "on" < %(on)s GROUP BY invoice_id
) a ON a.invoice_id = i.id
WHERE i.kind <> 'credit_note' AND i."on" < %(on)s AND i.due_on >= %(since)s
  AND (i.reversed_on IS NULL OR i.reversed_on >= %(on)s)
ORDER BY i.due_on, i.id
"""


def day_number(on: dt.date) -> int:
    return (on - MONDAY).days


def date_of(day: int) -> dt.date:
    return MONDAY + dt.timedelta(days=int(day))


@dataclass(frozen=True)
class Ledger:
    """The invoices as known on a morning, and which documents they are."""

    book: Book
    ids: "Array"
    open_base: "Array"


def read_ledger(*, on: dt.date) -> Ledger:
    """Invoices and debit notes of the last three years; what credit notes settled in full was never to be paid."""
    import numpy as np

    frame = read_frame(BOOK, {"on": on, "since": on - dt.timedelta(days=YEARS_BACK)})
    settled = frame["settled"].to_numpy(dtype=float)
    keep = np.isnan(settled) | (frame["paid"].to_numpy(dtype=float) > 0)
    frame, settled = frame[keep], settled[keep]
    customer = np.unique(frame["customer_id"].to_numpy(dtype=np.int64), return_inverse=True)[1]
    book = Book(
        customer.astype(np.int64),
        frame["issued"].to_numpy(dtype=np.int64),
        frame["due"].to_numpy(dtype=np.int64),
        np.where(np.isnan(settled), OPEN, settled).astype(np.int64),
        frame["amount"].to_numpy(dtype=float),
    )
    is_open = np.isnan(settled)
    open_base = np.where(is_open, frame["open_base"].to_numpy(dtype=float), 0.0)
    return Ledger(book, frame["id"].to_numpy(dtype=np.int64), open_base)


@dataclass
class Learned:
    """How the days of payment are told: by a model, or by what each customer usually does."""

    memory: Memory
    usual_days: float
    usual_rate: float
    spread: Spread
    verdict: str
    model: learning.Model | None = None
    calibration: Calibration | None = None
    trial: learning.Trial | None = None
    cut: int = 0
    first: int = 0
    rows: int = 0
    sample: "Array | None" = None  # rows of features learned from, to tell drift by
    plain_spread: Spread | None = None  # of what each customer usually does

    def distrust(self) -> None:
        """Fall back on what each customer usually does: the invoices of today are not those that were learned from."""
        self.model = self.calibration = None
        self.verdict = Verdict.DRIFTED
        self.spread = self.plain_spread or self.spread

    def predict(self, wanted: Book, moment: "Array") -> tuple["Array", "Array"]:
        """Days late and the chance of being late, as known at the moment."""
        if self.model is None or self.calibration is None:
            return (
                learning.customer_median(self.memory, wanted, moment, self.usual_days),
                learning.customer_late_rate(self.memory, wanted, moment, self.usual_rate),
            )
        days, chance = self.model.predict(self.memory.features(wanted, moment))
        return days, self.calibration.apply(chance)


def learn(ledger: Ledger, *, on: dt.date, with_model: bool = True) -> Learned:
    """Learn from invoices due until some weeks ago; the newest fifth of them tells whether the model is believed."""
    import numpy as np

    book, morning = ledger.book, day_number(on)
    ripe = np.flatnonzero(learning.asked(book) & (book.due < morning - learning.RIPE))
    if len(ripe) > LEARNED_FROM:
        ripe = ripe[np.linspace(0, len(ripe) - 1, LEARNED_FROM).astype(int)]
    known = book.where(ripe)
    days = learning.days_known(known, morning)
    memory = Memory(book)
    pace = dragging_pace(book, morning)
    usual = float(np.median(days)) if len(days) else 0.0
    rate = float((days > 0).mean()) if len(days) else 0.5
    learned = Learned(memory, usual, rate, spread_of(np.array([]), np.array([]), pace), Verdict.TOO_LITTLE)
    learned.rows = len(known)
    if len(known):
        learned.first = int(known.due[0])
        guess = learning.customer_median(memory, known, known.moment, usual)
        chance = learning.customer_late_rate(memory, known, known.moment, rate)
        learned.spread = spread_of(days - guess, chance, pace)
    if not with_model or len(known) < FEWEST:
        return learned
    cut = int(known.due[int(0.8 * len(known))])
    older, newer = days[known.due < cut - learning.LEAD - learning.RIPE], days[known.due >= cut]
    if min(len(older), len(newer)) < FEWEST_EACH or not all(0.02 < (part > 0).mean() < 0.98 for part in (older, newer)):
        return learned
    tested, _model = learning.trial(memory, known, cut=cut, end=morning)
    learned.trial, learned.cut = tested, cut
    learned.verdict = Verdict.BETTER if tested.is_better else Verdict.WORSE
    if not tested.is_better:
        return learned
    rows = memory.features(known, known.moment)
    learned.sample = rows[:: max(len(rows) // DRIFT_SAMPLE, 1)]
    learned.model = learning.fit(rows, days)
    learned.calibration = calibrate(tested.chance, tested.happened.astype(int))
    learned.plain_spread = learned.spread
    learned.spread = spread_of(tested.residuals, learned.calibration.apply(tested.chance), pace)
    return learned


@dataclass(frozen=True)
class PaymentsFound:
    """Everything the night found about open invoices, ready to be written."""

    on: dt.date
    learned: Learned
    ids: "Array"
    expected: "Array"
    chance: "Array"
    by_week: "Array"  # base currency expected of what is open now, by week
    drifts: dict[str, float]
    began: float


def find_payments(*, on: dt.date, with_model: bool = True) -> PaymentsFound:
    """Learn, and tell of every open invoice when it will be paid; writes nothing."""
    import numpy as np

    began = perf_counter()
    ledger = read_ledger(on=on)
    with one_thread():
        learned = learn(ledger, on=on, with_model=with_model)
        found = changes(ledger, learned, on)
        if learned.verdict == Verdict.BETTER and has_drifted(found):
            learned.distrust()
        places = np.flatnonzero(ledger.open_base > 0)
        expected, chances = np.empty(len(places), dtype=int), np.empty(len(places))
        by_week = np.zeros(WEEKS)
        for part, seen in outlooks(ledger, learned, places, on):
            expected[part], chances[part] = seen.expected, np.clip(seen.chance, 0, 1)
            by_week += ledger.open_base[places[part]] @ seen.weeks
    return PaymentsFound(on, learned, ledger.ids[places], expected, chances, by_week, found, began)


def changes(ledger: Ledger, learned: Learned, on: dt.date) -> dict[str, float]:
    """By feature, how far invoices of late are from those that were learned from: each as known at its own moment, as
    those were, and only ones too young to have been among them. Of invoices open today the oldest would be too many.
    """
    import numpy as np

    if learned.sample is None:
        return {}
    book, morning = ledger.book, day_number(on)
    young = learning.asked(book) & (book.due >= morning - learning.RIPE) & (book.moment <= morning)
    places = np.flatnonzero(young)
    some = book.where(places[:: max(len(places) // DRIFT_SAMPLE, 1)])
    now = learned.memory.features(some, some.moment)
    return drifts(learned.sample, now, list(learning.NAMES), learning.CHANGING)


def outlooks(ledger: Ledger, learned: Learned, places: "Array", on: dt.date) -> "Iterator[tuple[slice, Outlook]]":
    import numpy as np

    morning = day_number(on)
    week_ends = morning + 7 * np.arange(1, WEEKS + 1) - 1
    for start in range(0, len(places), CHUNK):
        part = slice(start, min(start + CHUNK, len(places)))
        wanted = ledger.book.where(places[part])
        days, chance = learned.predict(wanted, np.full(len(wanted), morning))
        yield part, outlook(learned.spread, wanted.due, days, chance, morning=morning, week_ends=week_ends)


def write_predictions(found: PaymentsFound) -> dict[str, int]:
    """Write the register and a prediction for each open invoice. The caller holds the transaction."""
    version = write_version(found)
    name = f"{version.uses}:{version.version}"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM receivables_paymentprediction")
    for start in range(0, len(found.ids), CHUNK):
        lines = io.StringIO()
        part = slice(start, start + CHUNK)
        for pk, day, chance in zip(found.ids[part], found.expected[part], found.chance[part], strict=True):
            lines.write(f"{pk}\t{date_of(day)}\t{chance:.4f}\t{name}\t{found.on}\n")
        copy_rows(
            "receivables_paymentprediction", "invoice_id, expected_on, late_probability, model_version, made_on", lines
        )
    return {"invoices": len(found.ids)}


def write_version(found: PaymentsFound) -> ModelVersion:
    learned = found.learned
    trusted = learned.verdict == Verdict.BETTER
    tried: dict[str, Any] = {}
    if learned.trial is not None:
        tried = {
            "tested_from": date_of(learned.cut),
            "tested_until": found.on - dt.timedelta(days=learning.RIPE + 1),
            "tested_rows": len(learned.trial.happened),
            "metrics": learned.trial.metrics,
            "data_until": date_of(learned.cut - learning.LEAD - learning.RIPE - 1),
        }
    return register_model(
        kind=ModelKind.LATE_PAYMENT,
        on=found.on,
        trusted=trusted,
        algorithm=Algorithm.BOOSTING if learned.trial is not None else Algorithm.CUSTOMER_MEDIAN,
        uses=Algorithm.BOOSTING if trusted else Algorithm.CUSTOMER_MEDIAN,
        baseline=Algorithm.CUSTOMER_MEDIAN,
        verdict=learned.verdict,
        data_from=date_of(learned.first) if learned.rows else None,
        rows=learned.rows,
        features=[[name, 1.0] for name in learning.NAMES],
        parameters={"lead_days": learning.LEAD, "pace_of_dragging": round(learned.spread.pace, 5)},
        drift=typical(found.drifts),
        drifts=found.drifts,
        seconds=round(perf_counter() - found.began, 2),
        **tried,
    )
