"""How strongly a scorecard is held back is chosen on companies, and judged on others that had no part in the choice.

Nested validation: each of the five folds is tested by the card whose penalty was chosen by three folds of the other
four. Beside it stands the plain figure of the penalty that is kept, which is chosen by the five folds themselves and
so is a little too kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from credit.learning.scorecard import FOLDS, Options, Validation, check_failures, prepare, tested, weigh

INNER = 3
PENALTIES = (0.01, 0.03, 0.1)


@dataclass(frozen=True)
class Choice:
    """The options that are kept, how they do by five folds, and how choosing them does (AUC of each fold)."""

    options: Options
    seen: Validation
    nested: list[float]

    @property
    def auc(self) -> float:
        return float(np.mean(self.nested))


def choose(ratios: np.ndarray, failed: np.ndarray, options: Options) -> Choice:
    """Choose the penalty. Raises TooFewFailures."""
    check_failures(failed)
    tried = [replace(options, penalty=penalty) for penalty in PENALTIES]
    parts: list[list[Validation]] = [[] for _each in tried]
    nested = []
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=options.seed).split(ratios, failed):
        best = inner_best(ratios[learn], failed[learn], tried)
        kept = prepare(ratios[learn], failed[learn], options)
        for place, each in enumerate(tried):
            card = weigh(kept, ratios[learn], failed[learn], each)
            parts[place].append(tested(card, ratios, failed, learn, test))
        nested.append(parts[best][-1].folds[0])
    whole = [Validation.joined(each) for each in parts]
    chosen = max(range(len(tried)), key=lambda place: whole[place].auc)
    return Choice(tried[chosen], whole[chosen], nested)


def inner_best(ratios: np.ndarray, failed: np.ndarray, tried: Sequence[Options]) -> int:
    """The place of the options that do best by three folds."""
    found = np.zeros(len(tried))
    for learn, test in StratifiedKFold(INNER, shuffle=True, random_state=tried[0].seed).split(ratios, failed):
        kept = prepare(ratios[learn], failed[learn], tried[0])
        for place, each in enumerate(tried):
            card = weigh(kept, ratios[learn], failed[learn], each)
            found[place] += roc_auc_score(failed[test], card.log_odds(ratios[test]))
    return int(np.argmax(found))
