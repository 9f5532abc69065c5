"""When the books speak: holes in which the company recorded nothing, and the stretch that may be learned from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOLE_DAYS = 28  # longer than any holiday
THIN = 0.5  # a week below half the usual volume at an end of the books is not complete


@dataclass(frozen=True)
class Stretch:
    """Days (numbers) from `first` to `last`, both included, in which the books are complete."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def holes(days: "NDArray", *, end: int, at_least: int = HOLE_DAYS) -> list[Stretch]:
    """Stretches without any posting between the first posting day and the morning `end`; `days` rise."""
    import numpy as np

    if not len(days):
        return []
    marks = np.append(days, end)
    wide = np.flatnonzero(np.diff(marks) - 1 >= at_least)
    return [Stretch(int(marks[place]) + 1, int(marks[place + 1]) - 1) for place in wide]


def complete_stretch(days: "NDArray", counts: "NDArray", *, end: int) -> Stretch | None:
    """The longest stretch without a hole, less thin weeks at its end; None without postings.

    Books that end in the middle of a month, or of which only what was paid is known, thin out: what is missing there
    looks like customers who left.
    """
    import numpy as np

    if not len(days):
        return None
    edges = [int(days[0]) - 1, *[edge for hole in holes(days, end=end) for edge in (hole.first, hole.last)], end]
    parts = [Stretch(edges[place] + 1, edges[place + 1] - 1) for place in range(0, len(edges), 2)]
    best = max(parts, key=lambda part: (part.days, part.last))
    inside = (days >= best.first) & (days <= best.last)
    weeks = (best.last - days[inside]) // 7
    volumes = np.bincount(weeks, weights=counts[inside], minlength=1)
    usual = float(np.median(volumes))
    cut = 0
    while cut < len(volumes) - 1 and volumes[cut] < THIN * usual and best.last < end - 1:
        cut += 1
    return Stretch(best.first, best.last - 7 * cut)
