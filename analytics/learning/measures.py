"""How good a probability is, on rows it has not seen, and how it is brought in line with what happens."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

TINY = 1e-6
TENTHS = 10


def logit(chance: "NDArray") -> "NDArray":
    import numpy as np

    clipped = np.clip(chance, TINY, 1 - TINY)
    return np.log(clipped / (1 - clipped))


@dataclass(frozen=True)
class Calibration:
    """Platt scaling: the line through the log-odds that fits what happened."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, chance: "NDArray") -> "NDArray":
        import numpy as np

        return 1 / (1 + np.exp(-(self.slope * logit(chance) + self.intercept)))


def calibrate(chance: "NDArray", happened: "NDArray") -> Calibration:
    """Fitted on rows the model did not learn from; a score that does not rise with what happens is flattened."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    if happened.min() == happened.max():
        return Calibration()
    line = LogisticRegression(C=1e3).fit(logit(chance)[:, None], happened)
    return (
        Calibration(float(max(line.coef_[0, 0], 0.0)), float(line.intercept_[0]))
        if np.isfinite(line.coef_).all()
        else Calibration()
    )


def measure(chance: "NDArray", happened: "NDArray") -> dict[str, float]:
    """AUC, log loss, Brier score, and the mean distance from what happened over tenths (calibration error)."""
    import numpy as np
    from sklearn.metrics import log_loss, roc_auc_score

    happened = happened.astype(float)
    clipped = np.clip(chance, TINY, 1 - TINY)
    order = np.argsort(clipped, kind="stable")
    error = sum(
        abs(clipped[part].mean() - happened[part].mean()) * len(part)
        for part in np.array_split(order, TENTHS)
        if len(part)
    )
    mixed = happened.min() != happened.max()
    return {
        "auc": round(float(roc_auc_score(happened, clipped)), 4) if mixed else 0.5,
        "log_loss": round(float(log_loss(happened, clipped, labels=[0, 1])), 4),
        "brier": round(float(((clipped - happened) ** 2).mean()), 4),
        "calibration_error": round(float(error / len(clipped)), 4),
        "rate": round(float(happened.mean()), 4),
        "rows": len(clipped),
    }
