"""BG/NBD: how likely a customer that buys without a contract is still one (Fader, Hardie, Lee 2005, "Counting your
customers" the easy way).

While alive a customer buys at a rate drawn from Gamma(r, alpha); after each purchase it leaves with a probability drawn
from Beta(a, b). `x` is the number of repeat purchases, `tx` the time of the last one, `t` the time observed, both from
the first purchase, in any one unit.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray

LIMIT = 1_000.0  # a parameter beyond this says that the data do not hold the mixture up
SMALLEST = 1e-4
PRECISE = {"maxiter": 1000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-9}


@dataclass(frozen=True)
class Fit:
    """The fitted parameters; `degenerate` names why they mean nothing, empty when they do."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    degenerate: str = ""

    def figures(self) -> dict[str, float | str]:
        return asdict(self)


def log_likelihood(x: "Array", tx: "Array", t: "Array", r: float, alpha: float, a: float, b: float) -> "Array":
    """Of each customer (equation 6 of the paper)."""
    import numpy as np
    from scipy.special import betaln, gammaln

    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
    return shared + np.logaddexp(alive, np.where(x > 0, left, -np.inf))


def fit(x: "Array", tx: "Array", t: "Array", *, most: int = 20_000) -> Fit:
    """Maximum likelihood from several starting points; of very many customers an even sample is enough."""
    import numpy as np
    from scipy.optimize import minimize

    if len(x) > most:
        chosen = np.linspace(0, len(x) - 1, most).astype(int)
        x, tx, t = x[chosen], tx[chosen], t[chosen]
    # Equal histories are counted once.
    rows, counts = np.unique(np.column_stack([x, tx, t]), axis=0, return_counts=True)
    x, tx, t = rows.T
    scale = float(t.max()) or 1.0
    weights = counts / counts.sum()

    def loss(logs: "Array") -> float:
        r, alpha, a, b = np.exp(logs)
        return float(-(weights * log_likelihood(x, tx / scale, t / scale, r, alpha, a, b)).sum())

    bounds = [(np.log(SMALLEST / 10), np.log(LIMIT * 10))] * 4
    found = [
        minimize(loss, np.log(start), method="L-BFGS-B", bounds=bounds, options=PRECISE)
        for start in ((1.0, 1.0, 1.0, 1.0), (0.3, 0.1, 0.8, 2.5), (2.0, 0.5, 0.1, 1.0))
    ]
    best = min(found, key=lambda result: result.fun)
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    total = float(log_likelihood(x, tx, t, r, alpha * scale, a, b) @ counts)
    degenerate = ""
    if not np.isfinite(best.fun):
        degenerate = "no_likelihood"
    elif max(r, alpha, a, b) > LIMIT or min(r, alpha, a, b) < SMALLEST:
        degenerate = "parameter_at_limit"
    return Fit(r, alpha * scale, a, b, total, degenerate)


def alive(fitted: Fit, x: "Array", tx: "Array", t: "Array") -> "Array":
    """The probability that the customer is still one at the end of its time."""
    import numpy as np

    r, alpha, a, b = fitted.r, fitted.alpha, fitted.a, fitted.b
    odds = np.log(a / (b + np.maximum(x, 1) - 1)) + (r + x) * (np.log(alpha + t) - np.log(alpha + tx))
    return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def buys_nothing(fitted: Fit, x: "Array", tx: "Array", t: "Array", ahead: float) -> "Array":
    """The probability of no purchase in the time `ahead`: gone already, or alive and silent."""
    silent = ((fitted.alpha + t) / (fitted.alpha + t + ahead)) ** (fitted.r + x)
    living = alive(fitted, x, tx, t)
    return 1 - living + living * silent
