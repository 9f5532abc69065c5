"""Who is leaving, found every night: windows of the past teach, later ones test, today's customers are scored."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.db import connection

from analytics.learning import churn as learning
from analytics.learning.calendar import Stretch, complete_stretch, holes
from analytics.learning.drift import drifts, has_drifted, typical
from analytics.learning.measures import Calibration
from analytics.learning.threads import one_thread
from analytics.models import Algorithm, ChurnScore, ModelKind, ModelVersion, RiskBand, Standing, Verdict
from analytics.services.features import features_frame, stored_features
from analytics.services.register import register_model

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    Array = NDArray

EPOCH = dt.date(2000, 1, 1)
RUN_UP = 120  # days of books before the first window
HORIZONS = (90, 60, 30)  # days ahead, the longest that leaves two windows
MOST_WINDOWS = 4
SHORTEST_SILENCE, LONGEST_SILENCE = 180.0, 400.0  # days between which the silence lies that is called gone
MONTH = 30
BATCH = 5_000
# Without a model: three times the usual gap is as likely gone as not.
PLAIN_RULE = learning.Candidate(learning.RULE, calibration=Calibration(1.0, -1.0986))

ACTIVITY = """
SELECT "on" - %s AS day, count(*) FROM receivables_invoice
WHERE kind = 'invoice' AND "on" < %s AND (reversed_on IS NULL OR reversed_on >= %s) GROUP BY "on" ORDER BY "on"
"""
BOUGHT = """
SELECT DISTINCT customer_id FROM receivables_invoice
WHERE kind = 'invoice' AND "on" >= %s AND "on" < %s AND reversed_on IS NULL
"""


@dataclass
class Learned:
    """What the past taught: the candidate in use, how all did, and the windows."""

    candidate: learning.Candidate
    verdict: str
    horizon: int
    asleep: float
    usual_share: float = 0.25
    metrics: dict[str, Any] = field(default_factory=dict)
    weights: list[tuple[str, float]] = field(default_factory=list)
    cuts: list[dt.date] = field(default_factory=list)
    rows: int = 0
    tested_rows: int = 0
    matrix: "Array | None" = None
    stayed: "Array | None" = None  # what is usual of customers that stay, by feature
    degenerate: str = ""
    winner: str = ""


@dataclass(frozen=True)
class ChurnFound:
    """Everything the night found, ready to be written."""

    on: dt.date
    learned: Learned
    scores: list[ChurnScore]
    drifts: dict[str, float]
    began: float


def day_number(on: dt.date) -> int:
    return (on - EPOCH).days


def date_of(day: int) -> dt.date:
    return EPOCH + dt.timedelta(days=day)


def find_churn(*, on: dt.date) -> ChurnFound:
    """Learn from the past and score the customers of the morning; writes nothing."""
    import numpy as np

    began = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITY, [EPOCH, on, on])
        activity = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    end = day_number(on)
    frame = stored_features(on=on)
    with one_thread():
        learned = learn(frame, complete_stretch(activity[:, 0], activity[:, 1], end=end))
        rows = learning.rows_of(frame)
        asked = standings(frame, learned.asleep, holes(activity[:, 0], end=end))
        scored = np.flatnonzero(asked == Standing.SCORED)
        found = {}
        if learned.matrix is not None and len(scored):
            found = drifts(learned.matrix, rows.matrix[scored], list(learning.FEATURES), learning.AGES)
            if learned.verdict == Verdict.BETTER and has_drifted(found):
                learned.candidate, learned.verdict = PLAIN_RULE, Verdict.DRIFTED
        scores = score(frame, rows, asked, learned, on)
    return ChurnFound(on, learned, scores, found, began)


def asked_about(frame: "DataFrame", asleep: float) -> "Array":
    """Customers there is something to ask about: a rhythm of at least two purchase days, not asleep yet."""
    return ((frame["days_bought"] >= 2) & (frame["recency_days"] <= asleep)).to_numpy()


def learn(frame: "DataFrame", stretch: Stretch | None) -> Learned:
    """Cut the complete stretch of the books into windows and let the candidates compete on the last one."""
    import numpy as np

    gaps = frame["gap_last"].dropna()
    longest = float(np.quantile(gaps, 0.99)) if len(gaps) else 0.0
    horizon = next((days for days in HORIZONS if len(cuts_of(stretch, days)) > 1), HORIZONS[-1])
    learned = Learned(
        PLAIN_RULE,
        Verdict.TOO_LITTLE,
        horizon,
        asleep=min(max(longest, 2.0 * horizon, SHORTEST_SILENCE), LONGEST_SILENCE),
    )
    cuts = cuts_of(stretch, horizon)
    if len(cuts) < 2:
        return learned
    windows = []
    for cut in cuts:
        past = features_frame(on=cut)
        past = past[asked_about(past, learned.asleep)]
        with connection.cursor() as cursor:
            cursor.execute(BOUGHT, [cut, cut + dt.timedelta(days=horizon)])
            came_back = np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)
        left = ~np.isin(past["customer_id"].to_numpy(), came_back)
        windows.append(learning.rows_of(past, left.astype(int)))
    learned.cuts = cuts
    learned.rows = sum(len(window) for window in windows[:-1])
    learned.tested_rows = len(windows[-1])
    counts = [(len(window), int(window.left.sum())) for window in windows if window.left is not None]
    enough = all(
        rows >= learning.FEWEST_ROWS and learning.FEWEST_LEFT <= left <= rows - learning.FEWEST_LEFT
        for rows, left in (counts[-1], tuple(map(sum, zip(*counts[:-1], strict=True))))
    )
    if not enough:
        return learned
    contest = learning.compare(windows, float(horizon))
    learned.metrics = {name: dict(figures) for name, figures in contest.metrics.items()}
    learned.winner, learned.weights, learned.degenerate = contest.winner.name, contest.weights, contest.degenerate
    together = learning.Rows.together(windows)
    assert together.left is not None
    learned.matrix = together.matrix
    learned.stayed = np.median(together.matrix[together.left == 0], axis=0)
    learned.usual_share = float(together.left.mean())
    learned.candidate = contest.winner
    learned.verdict = Verdict.RULE_WINS if contest.winner.name == learning.RULE else Verdict.BETTER
    return learned


def cuts_of(stretch: Stretch | None, horizon: int) -> list[dt.date]:
    """Mornings at which customers are looked at, each with `horizon` days of complete books after it, in order."""
    if stretch is None:
        return []
    days = range(stretch.last + 1 - horizon, stretch.first + RUN_UP - 1, -horizon)
    return [date_of(day) for day in days][:MOST_WINDOWS][::-1]


def standings(frame: "DataFrame", asleep: float, found: list[Stretch]) -> "Array":
    """What can be said of each customer. Whose silence covers a hole in the books is not called gone: who knows."""
    import numpy as np

    last = np.array([day_number(dt.date.fromisoformat(text)) for text in frame["last_on"]], dtype=np.int64)
    standing = np.full(len(frame), str(Standing.SCORED), dtype=object)
    standing[(frame["days_bought"] < 2).to_numpy()] = Standing.NEW
    standing[(frame["recency_days"] > asleep).to_numpy()] = Standing.GONE
    for hole in found:
        standing[last < hole.first] = Standing.GAP
    return standing


def score(frame: "DataFrame", rows: learning.Rows, asked: "Array", learned: Learned, on: dt.date) -> list[ChurnScore]:
    """A row for each customer; probabilities, bands and reasons for those that are scored."""
    import numpy as np

    scored = np.flatnonzero(asked == Standing.SCORED)
    part = rows.take(scored)
    chance = np.full(len(frame), np.nan)
    reasons: dict[int, list[dict[str, Any]]] = {}
    if len(scored):
        chance[scored] = learned.candidate.predict(part)
        stayed = learned.stayed if learned.stayed is not None else np.median(part.matrix, axis=0)
        codes = learning.strongest_reasons(learned.candidate, part, stayed, most=6)
        usual = {name: float(frame[name].median()) for name in ("days_bought_12m", "revenue_12m", "tenure_days")}
        records = frame.iloc[scored].to_dict("records")
        for row, record, found in zip(scored, records, codes, strict=True):
            reasons[int(row)] = [told for code in found if (told := figures(code, record, usual))][:3]
    earlier = chance_a_month_ago(learned, on)
    high, medium = bands(learned.usual_share)
    found_rows = []
    columns = zip(
        frame["customer_id"], frame["recency_days"], frame["gap_median"], frame["revenue_12m"], chance, strict=True
    )
    for place, (customer, recency, gap, revenue, value) in enumerate(columns):
        known = bool(np.isfinite(value))
        found_rows.append(
            ChurnScore(
                customer_id=int(customer),
                on=on,
                standing=str(asked[place]),
                probability=round(float(value), 4) if known else None,
                before=earlier.get(int(customer)) if known else None,
                band=(RiskBand.HIGH if value >= high else RiskBand.MEDIUM if value >= medium else RiskBand.LOW)
                if known
                else "",
                days_silent=int(recency),
                usual_gap=round(float(gap), 1) if np.isfinite(gap) else None,
                value_at_risk=Decimal(str(round(max(float(revenue), 0.0) * float(value), 2))) if known else Decimal(0),
                reasons=reasons.get(place, []),
            )
        )
    return found_rows


def bands(usual: float) -> tuple[float, float]:
    """From which probability the risk is high, and from which it is medium, by the share that usually leaves."""
    return min(max(learning.HIGH * usual, 0.4), 0.75), min(max(learning.MEDIUM * usual, 0.2), 0.5)


def chance_a_month_ago(learned: Learned, on: dt.date) -> dict[int, float]:
    """What the same model would have said a month ago, by customer."""
    past = features_frame(on=on - dt.timedelta(days=MONTH))
    past = past[asked_about(past, learned.asleep)]
    if not len(past):
        return {}
    chance = learned.candidate.predict(learning.rows_of(past))
    return dict(zip(past["customer_id"].astype(int), (round(float(value), 4) for value in chance), strict=True))


def figures(code: str, of: dict[str, Any], usual: dict[str, float]) -> dict[str, Any] | None:
    """A reason with the customer's own figures; nothing where they do not bear it out."""

    def told(value: float, limit: float, **more: float) -> dict[str, Any] | None:
        rounded = {name: round(float(figure), 2) for name, figure in {"value": value, **more}.items()}
        return {"code": code, **rounded} if value < limit else None

    def above(value: float, limit: float, **more: float) -> dict[str, Any] | None:
        return told(-value, -limit) and told(value, value + 1, **more)

    gap = of["gap_median"]
    match code:
        case "silence":
            return above(of["recency_days"], 1.2 * gap, usual=gap)
        case "slowing":
            return above(of["gap_last"], 1.3 * gap, usual=gap)
        case "irregular":
            return above(of["gap_spread"] if of["gap_spread"] == of["gap_spread"] else 0, of["gap_mean"], usual=gap)
        case "fewer_orders":
            return told(of["days_bought_3m"], of["days_bought_3m_before"], before=of["days_bought_3m_before"])
        case "falling_3m":
            return told(of["revenue_3m"], 0.9 * of["revenue_3m_before"], before=of["revenue_3m_before"])
        case "falling_6m":
            return told(of["revenue_6m"], 0.9 * of["revenue_6m_before"], before=of["revenue_6m_before"])
        case "credited":
            return above(of["credited_share"], 0.02)
        case "few_purchases":
            return told(of["days_bought_12m"], usual["days_bought_12m"], usual=usual["days_bought_12m"])
        case "small":
            return told(of["revenue_12m"], usual["revenue_12m"], usual=usual["revenue_12m"])
        case "young":
            return told(of["tenure_days"], min(usual["tenure_days"], 365.0))
    return None


def write_churn(found: ChurnFound) -> dict[str, int]:
    """Write the register and a row for each customer. The caller holds the transaction."""
    version = write_version(found)
    for row in found.scores:
        row.model_version = version
    ChurnScore.objects.all().delete()
    ChurnScore.objects.bulk_create(found.scores, batch_size=BATCH)
    high = sum(row.band == RiskBand.HIGH for row in found.scores)
    return {"customers": len(found.scores), "high_risk": high}


def write_version(found: ChurnFound) -> ModelVersion:
    learned = found.learned
    trusted = learned.verdict == Verdict.BETTER
    cuts = learned.cuts
    return register_model(
        kind=ModelKind.CHURN,
        on=found.on,
        trusted=trusted,
        algorithm=learned.winner or Algorithm.RULE,
        uses=learned.winner if trusted else Algorithm.RULE,
        baseline=Algorithm.RULE,
        verdict=learned.verdict,
        data_from=cuts[0] if len(cuts) > 1 else None,
        data_until=cuts[-1] - dt.timedelta(days=1) if len(cuts) > 1 else None,
        tested_from=cuts[-1] if len(cuts) > 1 else None,
        tested_until=cuts[-1] + dt.timedelta(days=learned.horizon - 1) if len(cuts) > 1 else None,
        rows=learned.rows,
        tested_rows=learned.tested_rows,
        features=[[name, weight] for name, weight in learned.weights],
        parameters={
            "horizon_days": learned.horizon,
            "asleep_days": round(learned.asleep, 1),
            "usual_share": round(learned.usual_share, 4),
            "calibration": [learned.candidate.calibration.slope, learned.candidate.calibration.intercept],
            "bgnbd_left_out": learned.degenerate,
        },
        metrics=learned.metrics,
        drift=typical(found.drifts),
        drifts=found.drifts,
        seconds=round(perf_counter() - found.began, 2),
    )
