"""`manage.py fit_scorecard FILE`: learn a scorecard from companies whose end is known, and say how good it is."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credit.services.fitted import fit_scorecard
from crm.core.dates import business_today
from crm.core.errors import DomainError


class Command(BaseCommand):
    help = "Fit a scorecard (monotone bins, weight of evidence, logistic regression) and keep it with its validation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="ARFF or CSV: ratios, and in the last column 1 for a company that failed.")
        parser.add_argument("--name", default="", help="What the scorecard is called, default the file's name.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            made = fit_scorecard(path=path, name=options["name"] or path.stem, on=business_today())
        except DomainError as error:
            raise CommandError(str(error)) from error
        found = made.metrics
        folds = ", ".join(f"{fold:.4f}" for fold in found["folds"])
        self.stdout.write(
            f"{made}: {made.companies} companies, {made.failed} failed, {len(made.characteristics)} characteristics\n"
            f"AUC {found['auc']:.4f} by 5 folds ({folds}); plain logistic regression {found['plain']:.4f}\n"
            f"Gini {found['gini']:.4f}, KS {found['ks']:.4f}, stability (PSI) {found['psi']:.4f}, {made.seconds} s"
        )
