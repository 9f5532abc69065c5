"""The first load of limits and terms, from a file on the server."""

import csv
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from credit.models import AccountStatus, Settlement
from credit.services import OpeningTerms, set_opening_terms
from crm.core.dates import business_today
from crm.core.errors import DomainError
from customers.models import Customer

COLUMNS = ("code", "limit", "term_days", "settlement")
OPTIONAL = "instruments"  # codes between spaces, such as: transfer cheque; empty: all of them


class Command(BaseCommand):
    help = (
        "Load limits and terms agreed before this product was there: code,limit,term_days,settlement and, if you like, "
        "instruments (transfer cheque ...). All or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would be loaded, and load nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        with options["file"].open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise CommandError(f"The file needs the columns {', '.join(COLUMNS)}.")
            rows = list(reader)
        faults: list[str] = []
        with transaction.atomic():
            for number, row in enumerate(rows, 2):
                try:
                    with transaction.atomic():
                        self.load(row)
                except (DomainError, InvalidOperation, ValueError, Customer.DoesNotExist) as error:
                    faults.append(f"line {number}: {error}")
            if faults or options["dry_run"]:
                transaction.set_rollback(True)
        if faults:
            raise CommandError("Nothing was loaded.\n" + "\n".join(faults))
        self.stdout.write(f"{len(rows)} accounts {'would be ' if options['dry_run'] else ''}loaded")

    def load(self, row: dict[str, str]) -> None:
        customer = Customer.objects.get(code=row["code"].strip())
        terms = OpeningTerms(
            customer_id=customer.pk,
            limit=Decimal(row["limit"].replace(",", "")),
            term_days=int(row["term_days"]),
            settlement=Settlement(row["settlement"].strip()),
            instruments=(row.get(OPTIONAL) or "").split() or None,
            status=AccountStatus.NORMAL,
        )
        set_opening_terms(rows=[terms], reason="First load", on=business_today())
