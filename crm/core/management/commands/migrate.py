"""Django's own `migrate`; an empty database gets its migrations with their operations at once (crm.core.at_once)."""

from typing import Any

from django.core.management.commands import migrate
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from crm.core.at_once import together


class Executor(MigrationExecutor):
    """Brings an empty database up to date; one that holds anything is migrated as Django does it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_empty = not self.connection.introspection.table_names()

    def apply_migration(self, state: ProjectState, migration: Migration, *args: Any, **options: Any) -> ProjectState:
        if self.is_empty:
            migration.operations = together(migration.operations)  # type: ignore[misc]  # of this instance
        return super().apply_migration(state, migration, *args, **options)


vars(migrate)["MigrationExecutor"] = Executor  # the command knows no other way to be given one
Command = migrate.Command
