"""Which neighbours among a migration's operations are done with one rendering of the historical models."""

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from pgtrigger import Protect, Update
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from crm.core.at_once import AtOnce, together

FIELD = models.IntegerField(default=0)
TRIGGER = Protect(name="t", operation=Update)


def create(name: str = "Order") -> Operation:
    return migrations.CreateModel(name, [("id", models.BigAutoField(primary_key=True))])


def add(name: str, model: str = "order") -> Operation:
    return migrations.AddField(model, name, FIELD)


def alter(name: str) -> Operation:
    return migrations.AlterField("order", name, FIELD)


def demand(name: str) -> Operation:
    return migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(a__gt=0), name=name))


def sizes(operations: list[Operation]) -> list[int]:
    found = together(operations)
    done = [step for one in found for step in (one.operations if isinstance(one, AtOnce) else [one])]
    assert done == operations
    return [len(one.operations) if isinstance(one, AtOnce) else 1 for one in found]


@pytest.mark.parametrize(
    "operations",
    [
        [create(), create("Line"), AddTrigger("order", TRIGGER)],
        [
            RemoveTrigger("order", "t"),
            add("a"),
            alter("b"),
            add("a", "line"),
            AddTrigger("order", TRIGGER),
            demand("c"),
        ],
        [migrations.RemoveConstraint("order", "c"), alter("a"), migrations.RunSQL("SELECT 1"), demand("c")],
    ],
)
def test_changes_of_different_things_are_one(operations: list[Operation]) -> None:
    assert sizes(operations) == [len(operations)]


@pytest.mark.parametrize(
    "operations",
    [
        [create(), add("a")],
        [create(), demand("c")],
        [add("a"), alter("a")],
        [demand("c"), alter("a")],
        [demand("c"), migrations.RemoveConstraint("order", "c")],
        [add("a"), migrations.RunPython(migrations.RunPython.noop)],
        [migrations.RenameField("order", "a", "b"), add("c")],
        [add("a"), migrations.RunSQL("SELECT 1", state_operations=[add("b")])],
    ],
)
def test_what_sees_the_change_before_it_waits_for_it(operations: list[Operation]) -> None:
    assert sizes(operations) == [1, 1]
