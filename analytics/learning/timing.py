"""From a predicted day to when the money comes: the spread of earlier errors, what an open invoice's age says, and sums
by week. All dates are day numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.learning.late_payment import OPEN, Book

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray

STEPS = 40  # points the spread of errors is described by
BANDS = 3  # invoices unlikely, maybe and likely to be late err differently
DRAGGING = 60  # days overdue from which an invoice is paid at a slow steady pace, if at all
SLOWEST = 0.002  # a day: half is paid within a year
FARTHEST = 365
STAYS = 30  # of an overdue invoice: the days asked about


@dataclass(frozen=True)
class Spread:
    """How far off predictions were: quantiles of actual less predicted days, by bands of the chance to be late."""

    edges: "Array"
    errors: "Array"  # bands x STEPS
    pace: float  # share of dragging invoices paid in a day


def spread_of(errors: "Array", chance: "Array", pace: float) -> Spread:
    """From the errors of a trial; without any, payment is expected on the predicted day."""
    import numpy as np

    places = (np.arange(STEPS) + 0.5) / STEPS
    if len(errors) < BANDS * STEPS:
        flat = np.quantile(errors, places) if len(errors) else np.zeros(STEPS)
        return Spread(np.array([]), flat[None], pace)
    edges = np.quantile(chance, np.linspace(0, 1, BANDS + 1)[1:-1])
    band = np.searchsorted(edges, chance, side="right")
    rows = [errors[band == place] if (band == place).any() else errors for place in range(BANDS)]
    return Spread(edges, np.stack([np.quantile(row, places) for row in rows]), pace)


def dragging_pace(book: Book, morning: int) -> float:
    """The share of invoices more than DRAGGING days overdue that is paid in a day."""
    import numpy as np

    begins = book.due + DRAGGING
    known = np.minimum(book.settled, morning)
    exposed = float(np.maximum(known - begins, 0).sum())
    paid = int(((book.settled < min(morning, OPEN)) & (book.settled > begins)).sum())
    return max(paid / exposed, SLOWEST) if exposed else SLOWEST


@dataclass(frozen=True)
class Outlook:
    """Of each open invoice: the day its payment is expected, the chance asked about, and its share by week."""

    expected: "Array"
    chance: "Array"
    weeks: "Array"  # invoices x weeks


def outlook(
    spread: Spread, due: "Array", days: "Array", chance: "Array", *, morning: int, week_ends: "Array"
) -> Outlook:
    """What is still possible for invoices that are open on the morning: earlier days are past.

    The chance is that of being paid late; of one that is late already, that of staying open for STAYS more days.
    `week_ends` are the last days of the weeks.
    """
    import numpy as np

    band = np.searchsorted(spread.edges, chance, side="right") if len(spread.edges) else np.zeros(len(due), dtype=int)
    possible = np.rint((due + days)[:, None] + spread.errors[band])
    ahead = possible >= morning
    some = ahead.sum(axis=1)
    drags = (some < 2) | (due + DRAGGING <= morning)
    paid_by = np.stack([((possible <= end) & ahead).sum(axis=1) for end in week_ends], axis=1)
    slow = 1 - np.exp(-spread.pace * np.maximum(week_ends - morning + 1, 0))
    within = np.where(drags[:, None], slow[None], paid_by / np.maximum(some, 1)[:, None])
    middle = medians(possible, ahead)
    half_life = min(np.log(2) / spread.pace, FARTHEST)
    expected = np.where(drags, morning + half_life, middle)
    later = ((possible >= morning + STAYS) & ahead).sum(axis=1) / np.maximum(some, 1)
    stays = np.where(drags, np.exp(-spread.pace * STAYS), later)
    overdue = due < morning
    return Outlook(
        np.rint(np.maximum(expected, morning)).astype(int),
        np.where(overdue, stays, chance),
        np.diff(np.concatenate([np.zeros((len(due), 1)), within], axis=1), axis=1),
    )


def medians(values: "Array", there: "Array") -> "Array":
    """The median of what is there in each row; 0 where nothing is."""
    import numpy as np

    ordered = np.sort(np.where(there, values, np.inf), axis=1)
    count = there.sum(axis=1)
    found = ordered[np.arange(len(values)), np.maximum(count - 1, 0) // 2]
    return np.where(count > 0, found, 0.0)
