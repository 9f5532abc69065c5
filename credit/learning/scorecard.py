"""A scorecard fitted to companies whose end is known: monotone bins, weight of evidence, logistic regression, points.

Weight of evidence of a bin: ln(share of the failed in it / share of the others in it); above zero it speaks for
failure. Beside the ratios themselves, differences and quotients of two of them are tried, since two ratios that say
nearly the same say most by what lies between them. Bins keep to one direction (more is never once better and once
worse), a missing figure is a bin of its own. Logistic regression with an L1 penalty keeps the few that count.

Points (Siddiqi, Credit Risk Scorecards, 2006): factor = PDO / ln 2, offset = base points - factor * ln(base odds);
score = offset - factor * ln(odds of failure), shared out among the characteristics.
"""

import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.tree import DecisionTreeClassifier

from credit.errors import TooFewFailures
from credit.learning.scale import MasterScale, chance_of, choose_scale

Operation = Literal["", "-", "/"]
FOLDS = 5
LEAST_FAILURES = 50


@dataclass(frozen=True)
class Options:
    """How a scorecard is fitted. `pdo`: points that double the odds; `base_odds` good to one bad at `base_points`."""

    pairs: int = 600  # the best differences and quotients that are looked at closer
    most_bins: int = 6
    least_in_bin: int = 60
    penalty: float = 0.1  # inverse strength of the L1 penalty
    most_alike: float = 0.9  # correlation up to which two characteristics stand beside each other
    least_value: float = 0.02  # information value below which a characteristic is left out
    smoothing: float = 20.0  # companies that a bin is shrunk towards nothing with
    pdo: float = 20.0
    base_points: float = 600.0
    base_odds: float = 50.0
    scale_from: float = 0.2  # share of the companies at which the bound of AAA lies
    scale_to: float = 0.98  # and that of D
    least_in_grade: float = 0.01  # share of the companies that each grade holds
    seed: int = 0

    @property
    def factor(self) -> float:
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        return self.base_points - self.factor * math.log(self.base_odds)


@dataclass(frozen=True)
class Source:
    """Where a characteristic comes from: one column, or two with what is done to them."""

    first: int
    operation: Operation = ""
    second: int = -1

    def of(self, ratios: np.ndarray) -> np.ndarray:
        """Its values, nan where a figure is missing or the division has no answer."""
        if not self.operation:
            return ratios[:, self.first]
        with np.errstate(all="ignore"):
            left, right = ratios[:, self.first], ratios[:, self.second]
            found: np.ndarray = left - right if self.operation == "-" else left / right
        found[~np.isfinite(found)] = np.nan
        return found

    def name(self, names: Sequence[str]) -> str:
        second = f" {self.operation} {names[self.second]}" if self.operation else ""
        return f"{names[self.first]}{second}"


@dataclass(frozen=True)
class Characteristic:
    """A source with its bins: `edges` from low to high (a value on an edge belongs below it), missing comes last."""

    source: Source
    edges: np.ndarray
    evidence: np.ndarray  # weight of evidence of each bin
    value: float  # information value
    counts: np.ndarray
    failures: np.ndarray
    weight: float = 0.0  # of the regression

    def bins(self, ratios: np.ndarray) -> np.ndarray:
        values = self.source.of(ratios)
        return np.where(np.isnan(values), len(self.edges) + 1, np.searchsorted(self.edges, values))

    def evidence_of(self, ratios: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.evidence[self.bins(ratios)]
        return found


@dataclass(frozen=True)
class Scorecard:
    """The characteristics that count, with their points."""

    characteristics: tuple[Characteristic, ...]
    intercept: float
    options: Options

    def log_odds(self, ratios: np.ndarray) -> np.ndarray:
        """Natural logarithm of the odds of failure."""
        total = np.full(len(ratios), self.intercept)
        for each in self.characteristics:
            total += each.weight * each.evidence_of(ratios)
        return total

    def chances(self, ratios: np.ndarray) -> np.ndarray:
        """Probability of failure."""
        found: np.ndarray = chance_of(self.log_odds(ratios))
        return found

    def points(self, ratios: np.ndarray) -> np.ndarray:
        """Points: more is better."""
        found: np.ndarray = self.options.offset - self.options.factor * self.log_odds(ratios)
        return found

    def points_of(self, each: Characteristic) -> np.ndarray:
        """What each bin of a characteristic gives; the sum over all characteristics is the score."""
        share = (self.options.offset - self.options.factor * self.intercept) / len(self.characteristics)
        found: np.ndarray = share - self.options.factor * each.weight * each.evidence
        return found


def fit(ratios: np.ndarray, failed: np.ndarray, options: Options = Options()) -> Scorecard:
    """Fit a scorecard. Raises TooFewFailures."""
    check_failures(failed)
    return weigh(prepare(ratios, failed, options), ratios, failed, options)


def check_failures(failed: np.ndarray) -> None:
    failures = int(failed.sum())
    if min(failures, len(failed) - failures) < LEAST_FAILURES:
        raise TooFewFailures(failed=failures, companies=len(failed), least=LEAST_FAILURES)


def prepare(ratios: np.ndarray, failed: np.ndarray, options: Options) -> list[Characteristic]:
    """The characteristics that tell something, with their bins and no weight yet: what takes the time."""
    single = [Source(column) for column in range(ratios.shape[1])]
    best = sorted(
        ((quick_value(source.of(ratios), failed), source.first, source.second, source) for source in pairs_of(ratios)),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    tried = [
        make_bins(source, ratios, failed, options) for source in [*single, *(row[3] for row in best[: options.pairs])]
    ]
    return unlike(tried, ratios, options)


def weigh(kept: Sequence[Characteristic], ratios: np.ndarray, failed: np.ndarray, options: Options) -> Scorecard:
    """The regression that gives each its weight, or leaves it out.

    A weight below zero would give the most points where most failed: such a characteristic only corrects others that
    say nearly the same. It is left out, and the rest is weighed anew.
    """
    evidence = np.column_stack([each.evidence_of(ratios) for each in kept])
    places = np.arange(len(kept))
    model = LogisticRegression(
        C=options.penalty, l1_ratio=1.0, solver="liblinear", max_iter=3_000, random_state=options.seed
    )
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(evidence[:, places], failed)
        weights = model.coef_[0]
        if (weights >= 0).all() or len(places) == 1:
            break
        places = places[weights >= 0] if (weights >= 0).any() else places[[int(np.argmax(weights))]]
    chosen = tuple(
        Characteristic(**{**vars(kept[place]), "weight": float(weight)})
        for place, weight in zip(places.tolist(), weights, strict=True)
        if weight > 1e-4
    )
    return Scorecard(chosen, float(model.intercept_[0]), options)


def scale_of(card: Scorecard, ratios: np.ndarray) -> MasterScale:
    """The master scale by the companies the card was learnt from."""
    options = card.options
    return choose_scale(
        card.log_odds(ratios), low=options.scale_from, high=options.scale_to, least=options.least_in_grade
    )


def pairs_of(ratios: np.ndarray) -> Iterator[Source]:
    for first, second in itertools.combinations(range(ratios.shape[1]), 2):
        yield Source(first, "-", second)
        yield Source(first, "/", second)


def value_of(bins: np.ndarray, failed: np.ndarray, count: int) -> float:
    """Information value: sum over the bins of (share of failed - share of others) * weight of evidence."""
    bad = np.bincount(bins, failed, count) + 0.5
    good = np.bincount(bins, 1 - failed, count) + 0.5
    bad, good = bad / bad.sum(), good / good.sum()
    return float(((bad - good) * np.log(bad / good)).sum())


def quick_value(values: np.ndarray, failed: np.ndarray, parts: int = 12) -> float:
    """Information value by equal parts: what a pair promises, before it is given bins."""
    known = ~np.isnan(values)
    if not known.any():
        return 0.0
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, parts + 1)[1:-1]))
    bins = np.where(known, np.searchsorted(edges, values), len(edges) + 1)
    return value_of(bins, failed, len(edges) + 2)


def make_bins(source: Source, ratios: np.ndarray, failed: np.ndarray, options: Options) -> Characteristic:
    """Bins of one direction, the better of the two, by a tree that may split one way only."""
    values = source.of(ratios)
    known = ~np.isnan(values)
    best, edges = -1.0, np.array([])
    for direction in (1, -1):
        if not known.any():
            break
        tree = DecisionTreeClassifier(
            criterion="entropy",
            max_leaf_nodes=options.most_bins,
            min_samples_leaf=options.least_in_bin,
            monotonic_cst=[direction],
            random_state=options.seed,
        ).fit(values[known, None], failed[known])
        found = np.sort(tree.tree_.threshold[tree.tree_.feature >= 0])
        worth = value_of(np.searchsorted(found, values[known]), failed[known], len(found) + 1)
        if worth > best:
            best, edges = worth, found
    while True:
        bad, good, evidence = evidence_by(edges, values, failed, options)
        turn = first_turn(evidence[:-1])
        if turn is None:
            break
        edges = np.delete(edges, turn)  # the two bins on either side become one
    worth = value_of(np.searchsorted(edges, values[known]), failed[known], len(edges) + 1) if known.any() else 0.0
    return Characteristic(source, edges, evidence, worth, bad + good, bad)


def evidence_by(
    edges: np.ndarray, values: np.ndarray, failed: np.ndarray, options: Options
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Failures, others and weight of evidence of each bin, the missing last; small bins are shrunk towards nothing."""
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))
    count = len(edges) + 2
    bad, good = np.bincount(bins, failed, count), np.bincount(bins, 1 - failed, count)
    evidence = np.log(((bad + 0.5) / (failed.sum() + 0.5)) / ((good + 0.5) / ((1 - failed).sum() + 0.5)))
    evidence[bad + good == 0] = 0.0  # nobody was there to learn from
    evidence *= (bad + good) / (bad + good + options.smoothing)
    return bad, good, evidence


def first_turn(evidence: np.ndarray) -> int | None:
    """The first step against the direction of the whole; shrinking a small bin may turn what the tree kept in order."""
    steps = np.diff(evidence)
    direction = 1 if steps.sum() >= 0 else -1
    against = np.flatnonzero(steps * direction < 0)
    return int(against[0]) if len(against) else None


def unlike(tried: Sequence[Characteristic], ratios: np.ndarray, options: Options) -> list[Characteristic]:
    """The most telling first, and none that says nearly what one before it says."""
    evidence = np.column_stack([each.evidence_of(ratios) for each in tried])
    with np.errstate(all="ignore"):
        alike = np.abs(np.nan_to_num(np.corrcoef(evidence.T)))
    kept: list[int] = []
    for place in sorted(range(len(tried)), key=lambda place: -tried[place].value):
        telling = tried[place].value > options.least_value
        if telling and (not kept or alike[place, kept].max() < options.most_alike):
            kept.append(place)
    return [tried[place] for place in kept or [int(np.argmax([each.value for each in tried]))]]


@dataclass(frozen=True)
class Validation:
    """How well a way of fitting does on companies it has not seen: every company scored by the card of another fold.

    `points`, `chances` of failure and `places` (0 for AAA to 9 for D, by the master scale of the other folds) have a
    value for each company, nan or -1 for those not tested yet.
    """

    folds: list[float]  # AUC of each
    points: np.ndarray
    chances: np.ndarray
    places: np.ndarray
    plain: list[float]  # AUC of plain logistic regression, the naive figure beside it

    @property
    def auc(self) -> float:
        return float(np.mean(self.folds))

    @classmethod
    def joined(cls, parts: "Sequence[Validation]") -> "Validation":
        """The folds of one way of fitting together."""
        points, chances, places = (np.array(getattr(parts[0], name)) for name in ("points", "chances", "places"))
        for part in parts[1:]:
            here = part.places >= 0
            points[here], chances[here], places[here] = part.points[here], part.chances[here], part.places[here]
        return cls(
            [auc for part in parts for auc in part.folds],
            points,
            chances,
            places,
            [auc for part in parts for auc in part.plain],
        )


def cross_validate(ratios: np.ndarray, failed: np.ndarray, options: Options = Options()) -> Validation:
    """Five folds with equal shares of failures; pairs, bins, weights and the bounds of the grades are found anew in
    each, without its part. Raises TooFewFailures.
    """
    parts = []
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=options.seed).split(ratios, failed):
        parts.append(tested(fit(ratios[learn], failed[learn], options), ratios, failed, learn, test))
    return Validation.joined(parts)


def tested(card: Scorecard, ratios: np.ndarray, failed: np.ndarray, learn: np.ndarray, test: np.ndarray) -> Validation:
    """One fold: a card fitted to the companies `learn`, and how it does on `test`."""
    points, chances = np.full(len(failed), np.nan), np.full(len(failed), np.nan)
    places = np.full(len(failed), -1)
    unseen = ratios[test]
    points[test], chances[test] = card.points(unseen), card.chances(unseen)
    places[test] = scale_of(card, ratios[learn]).places(chances[test])
    auc = float(roc_auc_score(failed[test], chances[test]))
    return Validation([auc], points, chances, places, [_plain(ratios[learn], failed[learn], unseen, failed[test])])


def _plain(ratios: np.ndarray, failed: np.ndarray, unseen: np.ndarray, ended: np.ndarray) -> float:
    """Logistic regression on the ranks of the ratios, medians and a mark for what misses."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(output_distribution="normal", n_quantiles=min(500, len(failed)), random_state=0),
        LogisticRegression(max_iter=2_000),
    ).fit(ratios, failed)
    return float(roc_auc_score(ended, model.decision_function(unseen)))


def measures(points: np.ndarray, failed: np.ndarray, bands: int = 10) -> dict[str, Any]:
    """AUC, Gini (2 AUC - 1), KS (greatest distance of the two distributions), and failures by band of points."""
    auc = float(roc_auc_score(failed, -points))
    order = np.argsort(points, kind="stable")
    bad = np.cumsum(failed[order]) / failed.sum()
    good = np.cumsum(1 - failed[order]) / (1 - failed).sum()
    edges = np.quantile(points, np.linspace(0, 1, bands + 1)[1:-1])
    where = np.searchsorted(edges, points)
    return {
        "auc": auc,
        "gini": 2 * auc - 1,
        "ks": float(np.abs(bad - good).max()),
        "bands": [
            {
                "low": float(points[where == band].min()),
                "high": float(points[where == band].max()),
                "companies": int((where == band).sum()),
                "failed": int(failed[where == band].sum()),
            }
            for band in range(bands)
            if (where == band).any()
        ],
    }


def stability(expected: np.ndarray, found: np.ndarray, bands: int = 10) -> float:
    """Population stability index of two sets of points: below 0.1 the same, above 0.25 another population."""
    edges = np.quantile(expected, np.linspace(0, 1, bands + 1)[1:-1])
    before = np.bincount(np.searchsorted(edges, expected), minlength=bands) + 0.5
    after = np.bincount(np.searchsorted(edges, found), minlength=bands) + 0.5
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * np.log(after / before)).sum())
