"""A company with one customer of alice's, and clients signed in as its people. Today is 2026-03-31 everywhere."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from tests.factories import TODAY, Company, make_company, make_rate

SignIn = Callable[[Any], Client]
NOON = dt.datetime.combine(TODAY, dt.time(12), tzinfo=dt.UTC)


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
def sign_in() -> SignIn:
    """A browser of that user, in that user's language."""

    def enter(user: User, language: str = "en") -> Client:
        User.objects.filter(pk=user.pk).update(language=language)
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    return enter


def let_go(answer: Any) -> None:
    """Close the file of a download, without closing the connection of the test as `answer.close()` would."""
    for close in answer._resource_closers:
        close()
