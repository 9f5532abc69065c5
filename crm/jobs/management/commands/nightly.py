"""`manage.py nightly`: do the night's work in this process, without Celery."""

import datetime as dt
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from crm.core.dates import business_today
from crm.core.errors import DomainError
from crm.core.management.commands.verify import shell_language
from crm.jobs.models import Night, RunState
from crm.jobs.nightly import repeat_night, repeat_step, start_due, start_night, work_off_night
from crm.jobs.nights import night_page


class Command(BaseCommand):
    help = (
        "Start the night of a date if nobody did, after those that were missed, and work off what is not done. "
        "A night that is done is done again only with --again, one step of it with --step."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=dt.date.fromisoformat, help="business date, default today")
        parser.add_argument("--step", help="do this step again, and after it what depends on it")
        parser.add_argument("--again", action="store_true", help="do all steps of the date again")
        parser.add_argument("--start", action="store_true", help="only start it: the workers do the work")

    def handle(self, *args: Any, **options: Any) -> None:
        on = options["date"] or business_today()
        with translation.override(shell_language()):
            try:
                night = self.prepare(on, step=options["step"], again=options["again"])
            except DomainError as error:
                raise CommandError(str(error)) from error
            if options["start"]:
                return
            for earlier in Night.objects.filter(on__lt=on, runs__state=RunState.WAITING).distinct().order_by("on"):
                work_off_night(earlier)
            work_off_night(night)
            self.report(night)

    def prepare(self, on: dt.date, *, step: str | None, again: bool) -> Night:
        if on == business_today() and not Night.objects.filter(on=on).exists():
            start_due()
        found = Night.objects.filter(on=on).first()
        if step and found:
            return repeat_step(night_id=found.pk, step=step, actor=None)
        if step:
            started = start_night(on=on, steps=[step])
        else:
            started = repeat_night(on=on, actor=None) if again or found is None else None
        return started or Night.objects.get(on=on)

    def report(self, night: Night) -> None:
        page = night_page(night, None)
        for step in page.steps:
            figures = ", ".join(f"{label} {value}" for label, value in step.figures)
            told = f"{step.label}: {step.state.label}"
            self.stdout.write(" · ".join(part for part in (told, step.duration, figures) if part))
            for line in step.errors:
                self.stderr.write(f"  {line.text} {line.detail}".rstrip())
        if page.failed:
            sys.exit(1)
