"""`manage.py fit_scorecard FILE`: learn a scorecard from companies whose end is known, and say how good it is."""

from argparse import ArgumentParser
from pathlib import Path
from statistics import mean
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

        parser.add_argument(
            "--quick", action="store_true", help="Keep the usual penalty instead of choosing it by nested validation."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            made = fit_scorecard(
                path=path, name=options["name"] or path.stem, on=business_today(), nested=not options["quick"]
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        found = made.metrics
        folds = ", ".join(f"{fold:.4f}" for fold in found["folds"])
        self.stdout.write(
            f"{made}: {made.companies} companies, {made.failed} failed, {len(made.characteristics)} characteristics\n"
            f"AUC {found['auc']:.4f} by 5 folds ({folds}); plain logistic regression {found['plain']:.4f}\n"
            f"Gini {found['gini']:.4f}, KS {found['ks']:.4f}, stability (PSI) {found['psi']:.4f}, {made.seconds} s"
        )
        if found["nested"]:
            inner = ", ".join(f"{fold:.4f}" for fold in found["nested"])
            self.stdout.write(
                f"AUC {mean(found['nested']):.4f} nested ({inner}): the penalty (of the card:"
                f" {made.options['penalty']}) chosen without the companies it is tested on"
            )
        for row in found["grades"]:
            rate, predicted = ("–" if row[key] is None else f"{row[key]:.2%}" for key in ("rate", "predicted"))
            self.stdout.write(
                f"{row['grade']:>3} {row['companies']:>6} {row['share']:>6.1%}  failed {row['failed']:>4} {rate:>7}"
                f" ({row['low']:.2%} to {row['high']:.2%}), predicted {predicted}"
            )
        worse = ", ".join(f"{better} above {lower}" for better, lower in found["breaches"])
        self.stdout.write(f"Bad rates not in order: {worse}" if worse else "Bad rates rise from grade to grade.")
