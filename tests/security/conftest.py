"""The world is built once for a module and rolled back after it: its tests look, and undo what they try."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TestCase

from tests.world import World, build_world


class Frame(TestCase):
    """Django's own way of holding a transaction open around several tests."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        frame = Frame._enter_atomics()
        try:
            yield build_world()
        finally:
            Frame._rollback_atomics(frame)
