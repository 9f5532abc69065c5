"""How far the customers of today are from those a model learned from: the population stability index."""

from collections.abc import Collection, Mapping
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
ROWS_A_BIN = 10  # of the smaller side, else chance alone would look like a change
SOME, MUCH = 0.1, 0.25  # the usual reading: below .1 little, above .25 much
FEWEST = 50  # rows on either side below which nothing is said


def stability_index(then: "NDArray", now: "NDArray") -> float | None:
    """PSI of one feature over tenths of its values then: sum of (now - then) ln(now / then); None where too few are
    known, wider parts than tenths where few are. A part nobody is in counts as if one row of the smaller side were:
    nothing is concluded from an empty one.
    """
    import numpy as np

    then, now = then[np.isfinite(then)], now[np.isfinite(now)]
    smaller = min(len(then), len(now))
    if smaller < FEWEST:
        return None
    edges = np.unique(np.quantile(then, np.linspace(0, 1, min(BINS, smaller // ROWS_A_BIN) + 1)[1:-1]))
    floor = 1 / smaller
    shares = []
    for values in (then, now):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append(np.maximum(counts / counts.sum(), floor))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def drifts(then: "NDArray", now: "NDArray", names: list[str], left_out: Collection[str] = ()) -> dict[str, float]:
    """The index of each feature (column) that can be compared. Left out are those that change by themselves: ages, and
    places in the calendar.
    """
    found = {}
    for place, name in enumerate(names):
        index = None if name in left_out else stability_index(then[:, place], now[:, place])
        if index is not None:
            found[name] = round(index, 4)
    return found


def typical(found: Mapping[str, float]) -> float | None:
    """The median over the features: by it a model is judged. One feature that changed is not a changed company."""
    return round(median(found.values()), 4) if found else None


def has_drifted(found: Mapping[str, float]) -> bool:
    """Whether more than half of the features have changed much: then the model is not used."""
    return (typical(found) or 0.0) > MUCH
