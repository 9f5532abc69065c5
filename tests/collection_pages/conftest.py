"""Alice's customer, overdue since the end of January, with its case and the letter the night prepared for it."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts import roles
from crm.accounts.models import User
from receivables.models import Case, Letter
from receivables.services.collection import prepare_letters
from tests.collection.nights import nights, the_case
from tests.factories import Company, day, make_company, make_invoice, make_rate, make_user

TODAY = dt.date(2026, 2, 4)
NOON = dt.datetime.combine(TODAY, dt.time(4), tzinfo=dt.UTC)  # noon in Shanghai
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def today() -> Iterator[dt.date]:
    """Nobody's test depends on the day it runs."""
    with patch.object(timezone, "now", return_value=NOON):
        yield TODAY


@pytest.fixture
def company(db: None) -> Company:
    make_rate("USD", "7.10")
    return make_company()


@pytest.fixture
def carol(company: Company) -> User:
    """The credit controller: calls, resolves disputes, takes out of dunning, sends letters."""
    return make_user("carol", roles.CREDIT_CONTROLLER)


@pytest.fixture
def overdue(company: Company) -> Any:
    """1,000.00 due on 31 January: a call on 1 February, the notice of overdue items on 4 February."""
    return make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)


@pytest.fixture
def case(company: Company, overdue: Any) -> Case:
    nights("2026-02-01", "2026-02-04")
    return the_case(company.customer)


@pytest.fixture
def letter(case: Case) -> Letter:
    prepare_letters(on=day("2026-02-04"))
    return Letter.objects.get(case=case)


@pytest.fixture
def sign_in() -> SignIn:
    """A browser of that user, in that user's language."""

    def enter(user: User, language: str = "en") -> Client:
        User.objects.filter(pk=user.pk).update(language=language)
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    return enter
