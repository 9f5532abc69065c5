"""`manage.py rewrite_search`: contracts are found by all that a newer version of this product finds them by."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from contracts.services.searching import rewrite_search_texts


class Command(BaseCommand):
    help = (
        "Write the texts by which contracts are found again, after an upgrade that finds them by more. May run again "
        "at any time, while others work; stopped, it is gone on with by --after and the last number it told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, help="leave out the contracts up to this one")

    def handle(self, *args: Any, **options: Any) -> None:
        changed = 0
        for last, stale in rewrite_search_texts(after=options["after"]):
            changed += stale
            self.stdout.write(f"--after {last}: {changed} written")
