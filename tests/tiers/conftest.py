"""Customers with figures of a morning, as the night's steps before this one leave them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from analytics.models import Contribution, CustomerFeatures
from analytics.services.tiers import find_tiers, write_tiers
from customers.models import CustomerTier
from tests.factories import Company, make_company

ON = dt.date(2026, 3, 31)
DAY = dt.timedelta(days=1)


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


def figures(
    customer: Any, *, value: str = "1000.00", ahead: float = 0.0, bought: int = 24, silent: int = 5, on: dt.date = ON
) -> None:
    """What the night knows of a customer: its contribution, the share of those before it, how often and how lately."""
    CustomerFeatures.objects.filter(customer=customer, on=on).delete()
    CustomerFeatures.objects.create(
        customer=customer,
        on=on,
        first_on=on - 400 * DAY,
        last_on=on - silent * DAY,
        recency_days=silent,
        tenure_days=400,
        days_bought=bought,
        days_bought_12m=bought,
        days_bought_3m=0,
        days_bought_3m_before=0,
    )
    Contribution.objects.update_or_create(
        customer=customer,
        defaults={
            "on": on,
            "basis": "revenue",
            "value": Decimal(value),
            "rank": 1,
            "share": 0.5,
            "cumulative_share": ahead + 0.5,
            "value_class": "ordinary",
        },
    )


def night(on: dt.date = ON) -> int:
    """The step of a night; how many came into another tier."""
    return write_tiers(find_tiers(on=on))["tiers_changed"]


def tier_of(customer: Any) -> str:
    return CustomerTier.objects.get(customer=customer).tier


def nightly(customer: Any, on: dt.date, **more: Any) -> str:
    """The customer's tier after the night of a day with these figures."""
    figures(customer, on=on, **more)
    night(on)
    return tier_of(customer)
