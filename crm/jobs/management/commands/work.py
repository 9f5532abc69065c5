"""`manage.py work`: do waiting runs in this process, for installations and shells without Celery."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from crm.jobs.chores import do_chores
from crm.jobs.worker import BEAT_SECONDS, STALE_SECONDS, work_off


class Command(BaseCommand):
    help = "Work off waiting runs; with --once stop when none is left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when no run waits.")
        parser.add_argument("--poll", type=float, default=2.0, help="Seconds between two looks.")
        parser.add_argument("--beat", type=float, default=BEAT_SECONDS, help="Seconds between two signs of life.")
        parser.add_argument("--stale-after", type=float, default=STALE_SECONDS, help="Seconds without one: lost.")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            try:
                do_chores()
                count = work_off(beat_every=options["beat"], stale_after=options["stale_after"])
            except (OperationalError, InterfaceError) as error:
                # The database is away or starts again: whoever looks for work goes on looking.
                if options["once"]:
                    raise
                self.stderr.write(f"{error}")
                connection.close()
                count = 0
            if options["once"]:
                self.stdout.write(f"{count}")
                return
            close_old_connections()
            time.sleep(options["poll"])
