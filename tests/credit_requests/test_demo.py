"""The requests of the demo company are possible whatever limits were drawn."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from credit.demo.requests import Teller
from crm.core.demo import DemoCompany


@pytest.mark.parametrize("limit", [10_000, 20_000, 30_000, 250_000])
@pytest.mark.parametrize("share", ["1.2", "1.4", "2"])
def test_an_increase_asks_for_more_than_there_is(monkeypatch: pytest.MonkeyPatch, limit: int, share: str) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(Teller, "ask", lambda self, kind, days_ago, **terms: asked.update(terms))
    company: Any = DemoCompany(seed=7, end_on=dt.date(2026, 11, 30))
    account, people = SimpleNamespace(limit=Decimal(limit)), SimpleNamespace()
    Teller(company, people, account, "").increase(1, share)  # type: ignore[arg-type]
    assert asked["wanted_limit"] > limit
