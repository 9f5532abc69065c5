"""What is known of customers for their rating: read for many accounts at once, in a fixed number of queries."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q

from credit.models import (
    CreditAccount,
    FinancialStatement,
    Investigation,
    InvestigationAnswer,
    PaymentBehaviour,
    Rating,
    RatingState,
    ScorecardVersion,
    Trigger,
)
from credit.models.evidence import FIGURES
from credit.rules import ratings as rules
from crm.core.dates import months_before

WINDOW = 12
FOUR_PLACES, ONE_PLACE = Decimal("0.0001"), Decimal("0.1")
DAYS_OF_YEAR = Decimal("365.25")


@dataclass
class Known:
    """Inputs of one account by item, what they were entered in, and the facts that cap its grade."""

    inputs: dict[str, rules.Value] = field(default_factory=dict)
    founded_on: dt.date | None = None
    bounced_on: dt.date | None = None
    statement_id: int | None = None
    investigation_id: int | None = None

    @property
    def facts(self) -> dict[str, Any]:
        return {"founded_on": self.founded_on, "bounced_on": self.bounced_on}

    @property
    def stored(self) -> dict[str, str]:
        """The inputs as a rating keeps them."""
        return {key: str(value) for key, value in self.inputs.items()}


def read_back(stored: Mapping[str, str]) -> dict[str, rules.Value]:
    """Inputs of a rating as the rules take them."""
    return {key: value if key in rules.WORDS else Decimal(value) for key, value in stored.items()}


def gather(account_ids: Collection[int], *, on: dt.date, version: ScorecardVersion) -> dict[int, Known]:
    """What is known of these accounts on a day (five queries)."""
    found = standing(account_ids, on)
    add_behaviour(found)
    add_statements(found, on, version.statement_months)
    add_investigations(found, on, version.investigation_months)
    add_bounced(found, on, version.bounced_months)
    return found


def standing(account_ids: Collection[int], on: dt.date) -> dict[int, Known]:
    found = {}
    rows = CreditAccount.objects.filter(pk__in=account_ids).values_list(
        "pk", "customer__founded_on", "customer__size", "customer__ownership"
    )
    for pk, founded_on, size, ownership in rows:
        known = found[pk] = Known(founded_on=founded_on)
        if founded_on is not None and founded_on <= on:
            known.inputs["age_years"] = (Decimal((on - founded_on).days) / DAYS_OF_YEAR).quantize(ONE_PLACE)
        if size:
            known.inputs["size"] = size
        if ownership:
            known.inputs["ownership"] = ownership
    return found


def add_behaviour(found: dict[int, Known]) -> None:
    rows = PaymentBehaviour.objects.filter(account__in=found, window_months=WINDOW)
    for row in rows.iterator(chunk_size=5000):
        inputs = found[row.account_id].inputs
        if row.invoices_due:
            inputs["purchases"] = row.amount_due
            for key, value, places in (
                ("collection_rate", row.collection_rate, FOUR_PLACES),
                ("overdue_share", row.overdue_share, FOUR_PLACES),
                ("days_late", row.weighted_days_late, ONE_PLACE),
                ("days_trend", row.trend, ONE_PLACE),
            ):
                if value is not None:
                    inputs[key] = Decimal(str(value)).quantize(places)
        if row.promises_made:
            inputs["promises_kept"] = (Decimal(row.promises_kept) / row.promises_made).quantize(FOUR_PLACES)


def add_statements(found: dict[int, Known], on: dt.date, months: int) -> None:
    """The newest statement of each that counts; one whose year is not over, or ended too long ago, tells nothing."""
    oldest = months_before(on, months)
    rows = FinancialStatement.objects.counting().filter(account__in=found, year__lt=on.year, year__gte=oldest.year)
    latest = rows.order_by("account", "-year", "-pk").distinct("account")
    for pk, account_id, year, *figures in latest.values_list("pk", "account_id", "year", *FIGURES):
        if dt.date(year, 12, 31) >= oldest:
            found[account_id].statement_id = pk
            found[account_id].inputs.update(rules.ratios(dict(zip(FIGURES, figures, strict=True))))


def add_investigations(found: dict[int, Known], on: dt.date, months: int) -> None:
    rows = Investigation.objects.filter(account__in=found, on__lte=on, on__gt=months_before(on, months))
    latest = dict(rows.order_by("account", "-on", "-pk").distinct("account").values_list("pk", "account_id"))
    for investigation_id, account_id in latest.items():
        found[account_id].investigation_id = investigation_id
    answers = InvestigationAnswer.objects.filter(investigation__in=latest)
    for investigation_id, topic, score in answers.values_list("investigation_id", "topic", "score"):
        found[latest[investigation_id]].inputs[topic] = Decimal(score)


def add_bounced(found: dict[int, Known], on: dt.date, months: int) -> None:
    """The last bounce of each; one whose lowered grade was lifted (the bank erred) presses no grade any more."""
    bounced = Q(trigger=Trigger.BOUNCED, on__lte=on, on__gt=months_before(on, months))
    rows = (
        Rating.objects.filter(bounced, account__in=found)
        .exclude(state=RatingState.LIFTED)
        .order_by()
        .values("account_id")
    )
    for account_id, last in rows.annotate(last=Max("on")).values_list("account_id", "last"):
        found[account_id].bounced_on = last
