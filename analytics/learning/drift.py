"""How far the customers of today are from those a model learned from: the population stability index."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
MUCH = 0.25  # the usual reading: below .1 none, above .25 much
FLOOR = 1e-4


def stability_index(then: "NDArray", now: "NDArray") -> float:
    """PSI of one feature over tenths of its values then: sum of (now - then) ln(now / then)."""
    import numpy as np

    then, now = then[np.isfinite(then)], now[np.isfinite(now)]
    if not len(then) or not len(now):
        return 0.0
    edges = np.unique(np.quantile(then, np.linspace(0, 1, BINS + 1)[1:-1]))
    shares = []
    for values in (then, now):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append(np.maximum(counts / counts.sum(), FLOOR))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def drifts(then: "NDArray", now: "NDArray", names: list[str]) -> dict[str, float]:
    """The index of each feature (column)."""
    return {name: round(stability_index(then[:, place], now[:, place]), 4) for place, name in enumerate(names)}
