"""A company with a history, days kept of it, and what a night would have found out about its customers."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, TestCase

from analytics.models import (
    CashForecast,
    ChurnScore,
    Contribution,
    CustomerFeatures,
    CustomerSegment,
    ModelVersion,
    Segment,
    SegmentMove,
    SegmentProfile,
)
from analytics.services.snapshots import take_snapshots
from crm.accounts.models import User
from customers.models import Customer
from tests.receivables.ageing.history import History, build_history

DAY = dt.timedelta(days=1)


@dataclass
class Found:
    """The company and the segments its customers are in."""

    history: History
    segments: list[Segment]

    @property
    def today(self) -> dt.date:
        return self.history.today

    @property
    def customers(self) -> list[Customer]:
        return self.history.customers


def add_findings(history: History) -> list[Segment]:
    """What the night stores: every second customer loyal and safe, the others cooling off and at risk."""
    on = history.today
    segments = [
        Segment.objects.create(name="loyal", first_on=on, last_on=on),
        Segment.objects.create(name="cooling", first_on=on, last_on=on),
    ]
    model = ModelVersion.objects.create(
        kind="churn", on=on, version=1, algorithm="boosting", uses="boosting", baseline="rule", trusted=True,
        verdict="better", data_from=on - 700 * DAY, data_until=on - 90 * DAY, tested_from=on - 180 * DAY,
        tested_until=on - 90 * DAY, rows=900, tested_rows=200, drift=0.08, last_trusted_on=on,
        features=[["recency_days", 0.4], ["trend", 0.2]],
        metrics={"boosting": {"auc": 0.84, "brier": 0.12, "rows": 200}, "rule": {"auc": 0.8, "brier": 0.15}},
    )  # fmt: skip
    for segment in segments:
        SegmentProfile.objects.create(
            segment=segment, on=on, customers=4, revenue_12m=Decimal(1000),
            medians={"recency_days": 12.0, "days_bought_12m": 20, "revenue_12m": 250.0, "gap_median": 9.5},
            typical=[["recency_days", -1.2], ["revenue_12m", 0.8]],
        )  # fmt: skip
    for place, customer in enumerate(history.customers):
        risky = place % 2
        CustomerFeatures.objects.create(
            customer=customer, on=on, first_on=on - 700 * DAY, last_on=on - 10 * DAY, recency_days=10 + place,
            tenure_days=700, days_bought=40, days_bought_12m=20, days_bought_3m=5, days_bought_3m_before=5,
            revenue_12m=Decimal(1000 * (place + 1)),
        )  # fmt: skip
        CustomerSegment.objects.create(
            customer=customer, segment=segments[risky], on=on, since=on, previous=segments[1 - risky],
            recency_score=5 - risky, frequency_score=3, monetary_score=place % 5 + 1,
        )  # fmt: skip
        SegmentMove.objects.create(
            customer=customer, on=on, came_from=segments[1 - risky], went_to=segments[risky],
            reasons=[{"code": "recency_days", "before": 12, "after": 44}],
        )  # fmt: skip
        ChurnScore.objects.create(
            customer=customer, on=on, standing="scored", probability=0.8 if risky else 0.05, model_version=model,
            band="high" if risky else "low", days_silent=95, usual_gap=30.0,
            value_at_risk=Decimal(100 * (place + 1)), reasons=[{"code": "silence", "value": 95, "usual": 30}],
        )  # fmt: skip
        Contribution.objects.create(
            customer=customer, on=on, basis="margin", value=Decimal(500 - 90 * place), revenue_12m=Decimal(1000),
            margin_rate=0.2, rank=place + 1, share=0.1, cumulative_share=0.1 * (place + 1),
            value_class="key" if place < 3 else "ordinary",
        )  # fmt: skip
    for week in range(1, 9):
        begin = on + 7 * (week - 1) * DAY
        CashForecast.objects.create(
            on=on, week=week, starts_on=begin, ends_on=begin + 6 * DAY, expected=Decimal(1000),
            low=Decimal(800), high=Decimal(1300),
        )  # fmt: skip
    return segments


class Frame(TestCase):
    """Borrowed for its transaction around everything."""


@pytest.fixture(scope="module")
def found(django_db_setup: None, django_db_blocker: Any) -> Iterator[Found]:
    with django_db_blocker.unblock():
        frame = Frame._enter_atomics()
        try:
            history = build_history(20261122)
            take_snapshots(until=history.today - DAY, most=None)
            yield Found(history, add_findings(history))
        finally:
            Frame._rollback_atomics(frame)


@pytest.fixture
def enter(db: None) -> Callable[..., Client]:
    """Somebody signed in: `enter("mary", "zh-hans")`."""

    def sign_in(name: str, language: str = "en") -> Client:
        User.objects.filter(username=name).update(language=language)
        client = Client()
        client.force_login(User.objects.get(username=name))
        return client

    return sign_in
