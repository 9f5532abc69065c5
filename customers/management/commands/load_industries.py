"""Bring the list of industries (GB/T 4754-2017) up to date; groups and classes come from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.lists import load_industries


class Command(BaseCommand):
    help = "Load sections and divisions of GB/T 4754-2017; deeper levels from a CSV file with the columns code, name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="path", type=Path, help="CSV file with groups and classes: code,name")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["path"]
        if path is not None and not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            count = load_industries(path)
        except (KeyError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} is no CSV file in UTF-8 with the columns code and name.") from error
        self.stdout.write(f"{count} industries")
