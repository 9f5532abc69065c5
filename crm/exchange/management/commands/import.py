# ruff: noqa: N999 - the name of the command is the word of the business
"""`manage.py import KIND FILE`: the same dry run and the same application as in the browser, from the shell."""

import resource
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import reset_queries

from crm.accounts.models import User
from crm.core.dates import business_today
from crm.core.errors import DomainError
from crm.core.registry import registry
from crm.exchange.kinds import AUTOMATIC, ENCODING
from crm.exchange.models import Import, ImportProfile, StagingRow
from crm.exchange.services import receive_file, start_apply, start_check
from crm.exchange.steps import COUNT_LABELS
from crm.jobs.models import Run, RunState
from crm.jobs.worker import claim_next, execute, sweep, worker_name

SHOWN_FAULTS = 20


class Command(BaseCommand):
    help = "Import a file: dry run first, then everything or nothing. Exits with an error when rows are faulty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help="What the file holds: " + ", ".join(sorted(registry.import_kinds)) + ".")
        parser.add_argument("file", help="An .xlsx workbook or a text file.")
        parser.add_argument("--profile", help="Name of a kept profile of columns and options.")
        parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="An option of the kind.")
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=HEAD", help="The column of a field.")
        parser.add_argument("--sheet", default="", help="The sheet of a workbook; else the first with rows.")
        encodings = [AUTOMATIC, "utf-8-sig", "gb18030", "cp1252"]
        parser.add_argument("--encoding", choices=encodings, help="Of a text file; else the profile's, or found out.")
        parser.add_argument("--keep-profile", default="", metavar="NAME", help="Keep columns and options by this name.")
        parser.add_argument("--dry-run", action="store_true", help="Stop after the dry run.")
        parser.add_argument("--leave-out-faulty", action="store_true", help="Apply the rest without the faulty rows.")
        parser.add_argument("--actor", metavar="USER", help="Login name in whose name it is done; else the system.")
        parser.add_argument("--faults", metavar="FILE", help="Write the workbook of faults and warnings here.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.work(**options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def work(self, *, kind: str, file: str, **options: Any) -> None:
        actor = self.actor(options["actor"])
        path = Path(file)
        if not path.is_file():
            raise CommandError(f"There is no file {file}.")
        profile = self.profile(kind, options["profile"])
        today, chosen = business_today(), pairs(options["option"])
        with path.open("rb") as opened:
            found = receive_file(
                actor=actor,
                kind=kind,
                file=opened,
                file_name=path.name,
                today=today,
                profile_id=profile.pk if profile else None,
                sheet=options["sheet"],
                encoding=options["encoding"] or chosen.get(ENCODING.key, AUTOMATIC),
            )
        mapping = {**found.mapping, **pairs(options["map"])}
        for key, head in sorted(mapping.items()):
            self.stdout.write(f"  {key} <- {head}")
        run = start_check(
            actor=actor,
            import_id=found.pk,
            mapping=mapping,
            options={**found.options, **chosen, ENCODING.key: found.options[ENCODING.key]},
            profile_name=options["keep_profile"],
        )
        self.finish(run)
        found.refresh_from_db()
        self.tell(found.counts)
        self.tell_causes(found)
        if options["faults"] and run.result:
            with run.result.open("rb") as report:
                Path(options["faults"]).write_bytes(report.read())
        if options["dry_run"]:
            return
        if not found.to_apply and not found.faulty:
            self.stdout.write("Nothing is new or changed.")
            return
        run = start_apply(actor=actor, import_id=found.pk, leave_out_faulty=options["leave_out_faulty"])
        self.finish(run)
        self.tell(run.counts)
        if run.counts.get("differences"):
            raise CommandError("The books do not add up: run verify.")

    def actor(self, name: str | None) -> User | None:
        if name is None:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no user {name}.")
        return user

    def profile(self, kind: str, name: str | None) -> ImportProfile | None:
        if name is None:
            return None
        profile = ImportProfile.objects.filter(kind=kind, name=name).first()
        if profile is None:
            raise CommandError(f"There is no profile {name} of {kind}.")
        return profile

    def finish(self, run: Run) -> None:
        """Work the run off here, or wait for the worker that was quicker. Raises CommandError unless it ended well."""
        began = time.monotonic()
        while not run.ended:
            claimed = claim_next(worker=worker_name(), run_id=run.pk)
            if claimed is not None:
                execute(claimed)
            else:
                sweep()
                time.sleep(0.5)
            reset_queries()
            run.refresh_from_db()
        if run.state != RunState.DONE:
            raise CommandError(run.error or run.get_state_display())
        for step in run.steps.all():
            if step.started_at and step.ended_at:
                self.stdout.write(f"  {step.key}: {(step.ended_at - step.started_at).total_seconds():.1f} s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.stdout.write(f"{run.kind}: {time.monotonic() - began:.1f} s, peak {peak:.0f} MB")

    def tell(self, counts: dict[str, Any]) -> None:
        ordered = [*(key for key in COUNT_LABELS if key in counts), *(key for key in counts if key not in COUNT_LABELS)]
        self.stdout.write(", ".join(f"{key} {counts[key]}" for key in ordered))

    def tell_causes(self, found: Import) -> None:
        for code, count in found.causes.items():
            self.stdout.write(f"  {count} x {code}")
        faulty = StagingRow.objects.filter(import_id=found.pk, status="faulty").order_by("number")
        for row in faulty[:SHOWN_FAULTS]:
            for issue in row.found:
                if issue.is_error:
                    self.stderr.write(f"row {row.number} {issue.field} {issue.value!r}: {issue.sentence}")


def pairs(texts: list[str]) -> dict[str, str]:
    """KEY=VALUE arguments. Raises CommandError."""
    found = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign:
            raise CommandError(f"{text} is not KEY=VALUE.")
        found[key.strip()] = value.strip()
    return found
