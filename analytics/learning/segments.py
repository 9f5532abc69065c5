"""Groups of customers that buy alike (k-means on logged, winsorised, standardised figures), and how they keep names.

Everything speaks of columns in the order of FEATURES. A centre is kept in logged units, so that it means the same
tomorrow, when mean and spread have moved a little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray

FEATURES = ("recency_days", "days_bought_12m", "revenue_12m", "growth")
FEWEST, MOST = 3, 8
SAMPLE = 2_000  # customers the silhouette is computed on
LEARN = 50_000  # customers the centres are fitted on
NEAR = 0.02  # silhouettes this close are about equal
STAYS = 0.06  # yesterday's number of groups stays until another is better by this much, so that names stay too
FAR = 1.75  # a centre farther from all of yesterday's than this (in spreads) is a new group
ASLEEP, YOUNG = 300.0, 200.0  # days since the last, and since the first purchase
TAIL = 0.01
OUTLYING = 2.5  # spreads beyond which a figure is cut, so that one who buys nothing is not far from everybody
SEED = 7


@dataclass(frozen=True)
class Scale:
    """How a logged figure becomes a standardised one: cut at both tails, less the mean, by the spread."""

    low: "Array"
    high: "Array"
    mean: "Array"
    spread: "Array"

    def apply(self, logged: "Array") -> "Array":
        import numpy as np

        standard = (np.clip(logged, self.low, self.high) - self.mean) / self.spread
        return np.clip(standard, -OUTLYING, OUTLYING)


@dataclass(frozen=True)
class Grouping:
    """The groups found: `centres` in logged units, `labels` and `distances` (in spreads) by customer."""

    scale: Scale
    centres: "Array"
    labels: "Array"
    distances: "Array"
    silhouettes: Mapping[int, float]

    @property
    def standard_centres(self) -> "Array":
        return self.scale.apply(self.centres)


def logged(columns: Mapping[str, "Array"]) -> "Array":
    """Figures as the groups are made of: amounts, counts and days logged; growth stands as it is."""
    import numpy as np

    needed = (*(name for name in FEATURES if name != "growth"), "revenue_6m", "revenue_6m_before")
    columns = {name: np.asarray(columns[name], dtype=float) for name in needed}
    found = []
    for name in FEATURES:
        if name == "growth":
            found.append(growth(columns["revenue_6m"], columns["revenue_6m_before"]))
        else:
            found.append(np.log1p(np.maximum(columns[name], 0)))
    return np.column_stack(found)


def growth(now: "Array", before: "Array") -> "Array":
    """From -1 (nothing any more) to 1 (nothing before): the change by the sum of both."""
    import numpy as np

    now, before = np.maximum(now, 0), np.maximum(before, 0)
    return np.where(now + before > 0, (now - before) / np.maximum(now + before, 1e-9), 0.0)


def scale_of(rows: "Array") -> Scale:
    import numpy as np

    low, high = np.quantile(rows, [TAIL, 1 - TAIL], axis=0)
    cut = np.clip(rows, low, high)
    spread = cut.std(axis=0)
    return Scale(low, high, cut.mean(axis=0), np.where(spread > 1e-9, spread, 1.0))


def group(rows: "Array", *, former: "Array | None" = None) -> Grouping:
    """k-means with the best silhouette, or the finest grouping about as good.

    `former` centres (logged) are where the search begins for as many groups.
    """
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    scale = scale_of(rows)
    points = scale.apply(rows)
    rng = np.random.default_rng(SEED)
    learn = points if len(points) <= LEARN else points[np.sort(rng.choice(len(points), LEARN, replace=False))]
    sample = learn if len(learn) <= SAMPLE else learn[np.sort(rng.choice(len(learn), SAMPLE, replace=False))]
    distinct = len(np.unique(sample, axis=0))
    fits, silhouettes = {}, {}
    for k in range(FEWEST, min(MOST, distinct - 1) + 1):
        begin = [scale.apply(former)] if former is not None and len(former) == k else []
        tries = [KMeans(k, init=start, n_init=1, random_state=SEED).fit(learn) for start in begin]
        tries.append(KMeans(k, n_init=4, random_state=SEED).fit(learn))
        best = min(tries, key=lambda found: found.inertia_)
        if begin and tries[0].inertia_ <= best.inertia_ * 1.02:
            best = tries[0]
        labels = best.predict(sample)
        if len(np.unique(labels)) > 1:
            fits[k], silhouettes[k] = best, float(silhouette_score(sample, labels))
    best_of_all = max(silhouettes.values())
    # Of groupings told apart about equally well the finer one says more.
    chosen = max(k for k, value in silhouettes.items() if value >= best_of_all - NEAR)
    if former is not None and silhouettes.get(len(former), -1.0) >= best_of_all - STAYS:
        chosen = len(former)
    centres = fits[chosen].cluster_centers_
    distances = np.sqrt(((points[:, None, :] - centres[None]) ** 2).sum(axis=2)) if len(points) <= LEARN else None
    if distances is None:
        labels = fits[chosen].predict(points)
        nearest = np.sqrt(((points - centres[labels]) ** 2).sum(axis=1))
    else:
        labels, nearest = distances.argmin(axis=1), distances.min(axis=1)
    return Grouping(scale, centres * scale.spread + scale.mean, labels, nearest, silhouettes)


def match(centres: "Array", former: "Array", scale: Scale) -> list[int | None]:
    """Which of yesterday's groups each of today's is: the pairing of least distance in all (Hungarian method)."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    found: list[int | None] = [None] * len(centres)
    if not len(former):
        return found
    distance = np.sqrt(((scale.apply(centres)[:, None, :] - scale.apply(former)[None]) ** 2).sum(axis=2))
    for now, then in zip(*linear_sum_assignment(distance), strict=True):
        if distance[now, then] <= FAR:
            found[now] = int(then)
    return found


def name(centre: "Array", *, usual_recency: float, usual_tenure: float) -> str:
    """The code of what is most typical of a centre (standardised), read from the strongest statement down.

    `usual_recency` and `usual_tenure` are the days since the last and the first purchase of its customers.
    """
    recency, frequency, money, change = (float(value) for value in centre)
    rules = (
        ("asleep", usual_recency > ASLEEP),
        ("new", usual_tenure < YOUNG and recency < 0.5),
        ("cooling", recency > 1.0),
        ("champions", recency < -0.8 and frequency > 0.3 and money > 0.2),
        ("growing", change > 0.7),
        ("shrinking", change < -0.5),
        ("big_tickets", money > 0.4 and frequency < money - 0.5),
        ("frequent_small", frequency > 0.4 and money < frequency - 0.5),
        ("loyal", frequency > 0.2),
        ("occasional", frequency < -0.3 or money < -0.5),
    )
    return next((code for code, holds in rules if holds), "ordinary")


def typical(centre: "Array") -> list[list[str | float]]:
    """The features by which a centre differs most from all customers, the largest difference first."""
    import numpy as np

    order = np.argsort(-np.abs(centre), kind="stable")
    return [[FEATURES[place], round(float(centre[place]), 2)] for place in order]


def quintiles(values: "Array", *, largest_is_best: bool = True) -> "Array":
    """1 to 5 by fifths; equal values get the same score."""
    import numpy as np

    edges = np.quantile(values, [0.2, 0.4, 0.6, 0.8])
    if largest_is_best:
        return np.searchsorted(edges, values, side="right") + 1
    return 5 - np.searchsorted(edges, values, side="left")


def why_moved(
    then: "Array", now: "Array", came_from: "Array", went_to: "Array", names: Sequence[str] = FEATURES
) -> list[tuple[int, float]]:
    """The features that carried a customer from one centre to the other (all standardised): column and weight, the
    heaviest first. A feature counts by how much nearer it brought the customer to the new centre than to the old one.
    """
    import numpy as np

    pulled = ((now - came_from) ** 2 - (now - went_to) ** 2) - ((then - came_from) ** 2 - (then - went_to) ** 2)
    order = np.argsort(-pulled, kind="stable")[: len(names)]
    return [(int(place), float(pulled[place])) for place in order if pulled[place] > 0.05][:3]
