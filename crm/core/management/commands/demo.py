"""Build the demo company into an empty database."""

import datetime as dt
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from crm.core.dates import business_today
from crm.core.demo import DemoCompany
from crm.core.registry import registry


class Command(BaseCommand):
    help = "Build the demo company: customers, invoices, receipts of 24 months. Refused where there is data already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--end", type=dt.date.fromisoformat, help="last business day, default today")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there are customers already")

    def handle(self, *args: Any, **options: Any) -> None:
        steps = sorted(registry.demo_steps.values(), key=lambda step: step.order)
        if any(not step.is_empty() for step in steps):
            if options["if_empty"]:
                return
            raise CommandError("There is data already: the demo company is built into an empty database only.")
        company = DemoCompany(seed=options["seed"], end_on=options["end"] or business_today())
        with transaction.atomic():
            for step in steps:
                began = time.perf_counter()
                step.build(company)
                self.stdout.write(f"{step.key}: {time.perf_counter() - began:.1f} s")
        call_command("verify", stdout=self.stdout)
