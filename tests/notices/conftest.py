"""A kind of notice of the tests' own, and people with an address."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import gettext

from crm.accounts import roles
from crm.accounts.models import User
from crm.core.registry import NoticeKind, registry
from tests.factories import make_user


def sentence(params: dict[str, Any]) -> str:
    return f"{gettext('Customer')} {params['name']}"


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    registry.add(
        NoticeKind("test.told", "Told", sentence),
        NoticeKind("test.urgent", "Urgent", sentence, digest=False),
        NoticeKind("test.closed", "Closed", sentence, permission="jobs.view_run"),
    )
    yield
    for key in ("test.told", "test.urgent", "test.closed"):
        del registry.notice_kinds[key]


def with_address(username: str, role: str, language: str = "en") -> User:
    user = make_user(username, role)
    user.email, user.language = f"{username}@example.com", language
    user.save()
    return user


@pytest.fixture
def alice(db: None) -> User:
    return with_address("alice", roles.SALES_REP)


@pytest.fixture
def bob(db: None) -> User:
    return with_address("bob", roles.SALES_REP, "zh-hans")


@pytest.fixture
def adam(db: None) -> User:
    return with_address("adam", roles.ADMINISTRATOR)
