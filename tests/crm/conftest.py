"""The cast of the tests around the house: teams, people, signed-in clients."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from crm.accounts.models import Team, User
from crm.accounts.services import save_team

PASSWORD = "correct horse battery"
MakeUser = Callable[..., User]


@pytest.fixture
def team(db: None) -> Team:
    return save_team(name_zh="销售部", name_en="Sales", parent=None)


@pytest.fixture
def make_user(db: None) -> MakeUser:
    def make(username: str, *roles: str, **fields: object) -> User:
        fields.setdefault("name", username.title())
        fields.setdefault("language", "en")
        user = User.objects.create_user(username, password=PASSWORD, **fields)
        user.groups.set(Group.objects.filter(name__in=roles))
        assert user.groups.count() == len(roles)
        return user

    return make


@pytest.fixture
def alice(make_user: MakeUser, team: Team) -> User:
    return make_user("alice", "sales_rep", team=team)


@pytest.fixture
def adam(make_user: MakeUser) -> User:
    return make_user("adam", "administrator")


@pytest.fixture
def as_alice(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_adam(adam: User) -> Client:
    return signed_in(adam)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
