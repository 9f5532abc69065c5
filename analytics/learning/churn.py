"""Who is leaving: four ways to tell, compared on later time they have not seen.

Rows are customers as they were known at a past morning; a customer left when it bought nothing in the `horizon` days
from then on. Customers silent longer than `asleep` days, or with a single purchase day, are not asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analytics.learning import bgnbd
from analytics.learning.measures import Calibration, calibrate, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray

RULE, BGNBD, LOGISTIC, BOOSTING = "rule", "bgnbd", "logistic", "boosting"
FEATURES = (
    "silence", "recency_days", "days_bought", "days_bought_12m", "tenure_days", "gap_mean", "gap_variation", "slowing",
    "orders_change", "revenue_change_3m", "revenue_change_6m", "revenue_12m", "order_value", "credited_share",
)  # fmt: skip
AGES = ("tenure_days", "days_bought")  # grow with every day a customer stays, so they tell of no change
# The reason a feature speaks for; several features may stand for one reason.
REASONS = {
    "silence": "silence", "recency_days": "silence", "days_bought": "few_purchases", "days_bought_12m": "few_purchases",
    "tenure_days": "young", "gap_mean": "few_purchases", "gap_variation": "irregular", "slowing": "slowing",
    "orders_change": "fewer_orders", "revenue_change_3m": "falling_3m", "revenue_change_6m": "falling_6m",
    "revenue_12m": "small", "order_value": "small", "credited_share": "credited",
}  # fmt: skip
NEEDED = (
    "recency_days", "gap_median", "gap_mean", "gap_spread", "gap_last", "days_bought", "days_bought_12m",
    "days_bought_3m", "days_bought_3m_before", "tenure_days", "revenue", "revenue_12m", "revenue_3m",
    "revenue_3m_before", "revenue_6m", "revenue_6m_before", "credited_share",
)  # fmt: skip
FEWEST_ROWS, FEWEST_LEFT = 100, 10
SHORTEST_GAP = 3.0
SEED = 11
HIGH, MEDIUM = 2.0, 1.25  # times the usual share that leaves


@dataclass(frozen=True)
class Rows:
    """Customers at a morning: a matrix of FEATURES, what BG/NBD needs, and whether they left (None: not known yet)."""

    matrix: "Array"
    bought: "Array"  # repeat purchase days
    last: "Array"  # days from the first to the last purchase
    observed: "Array"  # days from the first purchase to the morning
    ratio: "Array"  # days silent over the usual gap
    left: "Array | None" = None

    def __len__(self) -> int:
        return len(self.matrix)

    @staticmethod
    def together(parts: "list[Rows]") -> "Rows":
        import numpy as np

        return Rows(
            np.concatenate([part.matrix for part in parts]),
            np.concatenate([part.bought for part in parts]),
            np.concatenate([part.last for part in parts]),
            np.concatenate([part.observed for part in parts]),
            np.concatenate([part.ratio for part in parts]),
            np.concatenate([part.left for part in parts if part.left is not None]),
        )

    def take(self, chosen: "Array | slice") -> "Rows":
        """Some of the customers."""
        left = None if self.left is None else self.left[chosen]
        return Rows(
            self.matrix[chosen], self.bought[chosen], self.last[chosen], self.observed[chosen], self.ratio[chosen], left
        )


def rows_of(columns: Mapping[str, "Array"], left: "Array | None" = None) -> Rows:
    """The rows of customers whose figures (CustomerFeatures) are given by column."""
    import numpy as np

    columns = {name: np.asarray(columns[name], dtype=float) for name in NEEDED}
    recency, gap = columns["recency_days"], np.maximum(columns["gap_median"], SHORTEST_GAP)
    mean_gap = np.maximum(columns["gap_mean"], SHORTEST_GAP)
    ratio = recency / gap
    spread = np.nan_to_num(columns["gap_spread"])

    def change(now: str, before: str) -> "Array":
        first, second = np.maximum(columns[now], 0), np.maximum(columns[before], 0)
        return np.where(first + second > 0, (first - second) / np.maximum(first + second, 1e-9), 0.0)

    known = {
        "silence": np.log1p(ratio),
        "recency_days": np.log1p(recency),
        "days_bought": np.log1p(columns["days_bought"]),
        "days_bought_12m": np.log1p(columns["days_bought_12m"]),
        "tenure_days": np.log1p(columns["tenure_days"]),
        "gap_mean": np.log1p(mean_gap),
        "gap_variation": spread / mean_gap,
        "slowing": np.log(np.maximum(columns["gap_last"], 1) / gap),
        "orders_change": change("days_bought_3m", "days_bought_3m_before"),
        "revenue_change_3m": change("revenue_3m", "revenue_3m_before"),
        "revenue_change_6m": change("revenue_6m", "revenue_6m_before"),
        "revenue_12m": np.log1p(np.maximum(columns["revenue_12m"], 0)),
        "order_value": np.log1p(np.maximum(columns["revenue"], 0) / np.maximum(columns["days_bought"], 1)),
        "credited_share": columns["credited_share"],
    }
    matrix = np.column_stack([known[name] for name in FEATURES])
    tenure = columns["tenure_days"]
    return Rows(matrix, columns["days_bought"] - 1, tenure - recency, tenure, ratio, left)


@dataclass
class Candidate:
    """A way to tell: a raw probability, brought in line by its calibration."""

    name: str
    model: Any = None
    calibration: Calibration = field(default_factory=Calibration)
    horizon: float = 0.0

    def raw(self, rows: Rows) -> "Array":
        import numpy as np

        if self.name == RULE:
            return rows.ratio / (1 + rows.ratio)
        if self.name == BGNBD:
            return bgnbd.buys_nothing(self.model, rows.bought, rows.last, rows.observed, self.horizon)
        found: Array = self.model.predict_proba(rows.matrix)[:, 1]
        return np.asarray(found)

    def predict(self, rows: Rows) -> "Array":
        return self.calibration.apply(self.raw(rows))


def fit(name: str, rows: Rows, horizon: float) -> Candidate | None:
    """Fit one candidate; None when the fit means nothing."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name == RULE:
        return Candidate(RULE, horizon=horizon)
    if name == BGNBD:
        fitted = bgnbd.fit(rows.bought, rows.last, rows.observed)
        return None if fitted.degenerate else Candidate(BGNBD, fitted, horizon=horizon)
    assert rows.left is not None
    model: Any
    if name == LOGISTIC:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=500))
    else:
        model = HistGradientBoostingClassifier(
            learning_rate=0.06, max_iter=120, max_leaf_nodes=15, min_samples_leaf=30, l2_regularization=1.0,
            max_features=0.5, early_stopping=False, random_state=SEED,
        )  # fmt: skip
    return Candidate(name, model.fit(rows.matrix, rows.left), horizon=horizon)


@dataclass(frozen=True)
class Contest:
    """How the candidates did on held-out time; `winner` by log loss, fitted again on all that is known."""

    winner: Candidate
    metrics: Mapping[str, Mapping[str, float]]
    weights: list[tuple[str, float]]  # features of the winner by how much worse it is without them
    degenerate: str = ""  # why BG/NBD was left out


def compare(windows: list[Rows], horizon: float) -> Contest:
    """`windows` in order of time: the last tells who wins, the one before calibrates, those before it teach.

    With two windows the first one does both: teaching and, on its odd rows, calibrating.
    """
    test, older = windows[-1], windows[:-1]
    assert test.left is not None
    if len(older) > 1:
        teach, tune = Rows.together(older[:-1]), older[-1]
    else:
        teach, tune = halves(older[0])
    metrics: dict[str, dict[str, float]] = {}
    found: dict[str, Candidate] = {}
    degenerate = ""
    for name in (RULE, BGNBD, LOGISTIC, BOOSTING):
        candidate = fit(name, teach, horizon)
        if candidate is None:
            degenerate = "parameter_at_limit"
            continue
        assert tune.left is not None
        candidate.calibration = calibrate(candidate.raw(tune), tune.left)
        metrics[name] = measure(candidate.predict(test), test.left)
        found[name] = candidate
    best = min(metrics, key=lambda name: (metrics[name]["log_loss"], name != RULE))
    winner = fit(best, Rows.together(windows), horizon) or found[best]
    winner.calibration = found[best].calibration
    return Contest(winner, metrics, weigh(found[best], test), degenerate)


def halves(rows: Rows) -> tuple[Rows, Rows]:
    """Even and odd rows."""

    return rows.take(slice(0, None, 2)), rows.take(slice(1, None, 2))


def weigh(candidate: Candidate, rows: Rows) -> list[tuple[str, float]]:
    """How much log loss each feature saves: its column shuffled, all else as it is."""
    import numpy as np
    from sklearn.metrics import log_loss

    if candidate.name in (RULE, BGNBD):
        return [("silence", 1.0)] if candidate.name == RULE else [("days_bought", 0.5), ("recency_days", 0.5)]
    rng = np.random.default_rng(SEED)
    base = log_loss(rows.left, candidate.predict(rows), labels=[0, 1])
    found = []
    for place, name in enumerate(FEATURES):
        matrix = rows.matrix.copy()
        matrix[:, place] = rng.permutation(matrix[:, place])
        shuffled = Rows(matrix, rows.bought, rows.last, rows.observed, rows.ratio, rows.left)
        found.append((name, round(float(log_loss(rows.left, candidate.predict(shuffled), labels=[0, 1]) - base), 4)))
    return sorted(found, key=lambda item: -item[1])


def strongest_reasons(candidate: Candidate, rows: Rows, typical: "Array", most: int = 3) -> list[list[str]]:
    """For each customer the codes of what raises its probability most against a customer that stays (`typical`, by
    feature): how much lower it would be with that figure alone as usual. Features of one reason count together.
    """
    import numpy as np

    codes = sorted(set(REASONS.values()))
    raised = np.zeros((len(rows), len(codes)))
    if candidate.name in (RULE, BGNBD):
        # They look at rhythm and silence alone: the other figures speak for themselves, by how unusual they are.
        spread = np.maximum(rows.matrix.std(axis=0), 1e-9)
        signs = np.array([-1.0 if REASONS[name] in FALLING else 1.0 for name in FEATURES])
        unusual = signs * (rows.matrix - typical) / spread
        for place, name in enumerate(FEATURES):
            column = codes.index(REASONS[name])
            raised[:, column] = np.maximum(raised[:, column], unusual[:, place])
        raised[:, codes.index("silence")] += 2 * np.log1p(rows.ratio)
    else:
        base = candidate.raw(rows)
        for code in codes:
            places = [place for place, name in enumerate(FEATURES) if REASONS[name] == code]
            matrix = rows.matrix.copy()
            matrix[:, places] = typical[places]
            usual = Rows(matrix, rows.bought, rows.last, rows.observed, rows.ratio)
            raised[:, codes.index(code)] = base - candidate.raw(usual)
    order = np.argsort(-raised, axis=1, kind="stable")[:, :most]
    worth = np.take_along_axis(raised, order, axis=1) > 0.005
    return [
        [codes[place] for place, counts in zip(places, kept, strict=True) if counts]
        for places, kept in zip(order, worth, strict=True)
    ]


# Reasons that speak when the figure is low.
FALLING = {"few_purchases", "young", "fewer_orders", "falling_3m", "falling_6m", "small"}
