"""The world is built once for a module and rolled back after it: its tests look, and undo what they try."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, TestCase

from tests.world import World, add_collection, add_contracts, add_own_records, add_ratings, build_world


class Frame(TestCase):
    """Django's own way of holding a transaction open around several tests."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        frame = Frame._enter_atomics()
        try:
            built = build_world()
            add_collection(built)
            add_ratings(built)
            add_contracts(built)
            add_own_records(built)
            yield built
        finally:
            Frame._rollback_atomics(frame)


@pytest.fixture(scope="module")
def clients(world: World) -> dict[str, Client]:
    """Somebody signed in for each person."""
    made = {}
    for username, user in world.users.items():
        made[username] = Client(raise_request_exception=False)
        made[username].force_login(user)
    return made
