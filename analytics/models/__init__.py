"""Analytics: what the nightly chain works out about customers, kept as codes and figures, never as sentences."""

from analytics.models.contribution import Basis, Contribution, ValueClass
from analytics.models.features import CustomerFeatures
from analytics.models.forecast import CashForecast
from analytics.models.register import Algorithm, ModelKind, ModelVersion, Verdict
from analytics.models.risk import ChurnScore, RiskBand, Standing
from analytics.models.segments import CustomerSegment, Segment, SegmentMove, SegmentName, SegmentProfile
from analytics.models.snapshot import DailySnapshot, SnapshotDay

__all__ = [
    "Algorithm",
    "Basis",
    "CashForecast",
    "ChurnScore",
    "Contribution",
    "CustomerFeatures",
    "CustomerSegment",
    "DailySnapshot",
    "ModelKind",
    "ModelVersion",
    "RiskBand",
    "Segment",
    "SegmentMove",
    "SegmentName",
    "SegmentProfile",
    "SnapshotDay",
    "Standing",
    "ValueClass",
    "Verdict",
]
