"""manage.py verify: derive every cached figure again from the append-only rows and report what differs."""

import json
import os
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.core.registry import registry


def shell_language() -> str:
    """The language of whoever typed the command: Chinese where the shell is Chinese, otherwise English."""
    told = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh-hans" if told.lower().startswith("zh") else "en"


class Command(BaseCommand):
    help = "Derive open amounts, running sums, due dates and reservations again and print every difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the differences as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(shell_language()), transaction.atomic():
            if (
                not connection.savepoint_ids
            ):  # one snapshot, so that what is posted meanwhile does not look like an error
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = self.differences(quiet=options["json"])
            if options["json"]:
                self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
            elif found:
                count = len(found)
                self.stderr.write(ngettext("%(count)s difference", "%(count)s differences", count) % {"count": count})
        if found:
            sys.exit(1)

    def differences(self, *, quiet: bool) -> list[dict[str, str]]:
        """Run every verifier; unless quiet, print differences as they are found."""
        found: list[dict[str, str]] = []
        for name, verifier in registry.verifiers.items():
            started = time.monotonic()
            before = len(found)
            for item in verifier():
                row = {
                    "code": item.code,
                    "label": str(item.label),
                    "key": str(item.key),
                    "expected": str(item.expected),
                    "found": str(item.found),
                }
                found.append(row)
                if not quiet:
                    self.stdout.write(_("%(label)s %(key)s: expected %(expected)s, found %(found)s") % row)
            if not quiet and len(found) == before:
                seconds = f"{time.monotonic() - started:.1f}"
                self.stdout.write(_("%(name)s: no differences (%(seconds)s s)") % {"name": name, "seconds": seconds})
        return found
