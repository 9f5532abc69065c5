"""Operations of a migration that render Django's historical models once instead of anew after each of them.

`together` finds them for our `migrate` of an empty database. Changing a model of a state whose models have been
rendered renders again all that it is related to, which here is nearly everything: that was nine tenths of the time
`migrate` took.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RunSQL,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

FIELDS = (AddField, AlterField, RemoveField)
ADDED = (AddField, AddConstraint, AddIndex, AddTrigger)
REMOVED = (RemoveField, RemoveConstraint, RemoveIndex, RemoveTrigger)
TOGETHER = (CreateModel, AlterField, *ADDED, *REMOVED)


class AtOnce(Operation):
    """Several operations of which none changes what another of them has made: new models, or changes of models that
    were there before."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"operations": self.operations}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        vars(state).pop("apps", None)  # rendered when next asked for
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


def together(operations: Sequence[Operation]) -> list[Operation]:
    """The same operations in the same order; neighbours that do not need each other's state of the models are one."""
    runs: list[list[Operation]] = []
    for operation in operations:
        if runs and joins(operation, runs[-1]):
            runs[-1].append(operation)
        else:
            runs.append([operation])
    return [run[0] if len(run) == 1 else AtOnce(run) for run in runs]


def joins(operation: Operation, run: Sequence[Operation]) -> bool:
    """Whether the operation says the same to the database when it is in the state together with those before it."""
    return all(may_join(one) for one in (operation, *run)) and not any(meet(one, operation) for one in run)


def may_join(operation: Operation) -> bool:
    """Plain SQL asks for no models; whatever runs Python, renames or deletes stands alone."""
    if isinstance(operation, RunSQL):
        return not operation.state_operations
    return type(operation) in TOGETHER


def meet(first: Operation, second: Operation) -> bool:
    """Whether two operations change the same thing, so that one would see what the other does at its own turn."""
    if isinstance(first, RunSQL) or isinstance(second, RunSQL):
        return False
    if model_of(first) != model_of(second):
        return False
    if isinstance(first, CreateModel):
        return not isinstance(second, AddTrigger)  # a new table has its fields, constraints and indexes at once
    if isinstance(first, (AddConstraint, AddIndex)) and isinstance(second, AlterField):
        return True  # a constraint is written for the field as it was
    renewed = isinstance(first, REMOVED) and isinstance(second, ADDED)
    return thing_of(first) == thing_of(second) and not renewed


def model_of(operation: Any) -> str:
    name = operation.name if isinstance(operation, CreateModel) else operation.model_name
    return str(name).lower()


def thing_of(operation: Any) -> tuple[bool, str]:
    """The field, constraint, index or trigger that an operation is about."""
    for kept in ("constraint", "index", "trigger"):
        if hasattr(operation, kept):
            return False, getattr(operation, kept).name
    return isinstance(operation, FIELDS), getattr(operation, "name", "")
