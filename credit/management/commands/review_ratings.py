"""The quarterly review of ratings, now instead of at night."""

import datetime as dt
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credit.services import review_ratings
from credit.services.reviews import begin_review, route_review
from crm.core.dates import business_today
from crm.core.errors import DomainError


class Command(BaseCommand):
    help = "Rate every account for the quarter of a day (default today); begun again it goes on where it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=dt.date.fromisoformat, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        on, started = options["on"] or business_today(), monotonic()
        try:
            if begin_review(on=on).finished_at is not None:
                raise CommandError("The review of this quarter is done.")
            review = review_ratings(on=on, tell=lambda seen: self.stderr.write(f"{seen}", ending="\r"))
            sent = route_review(review_id=review.pk, on=on)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{review}: {review.rated} rated, {review.changed} would change, {review.not_rated} not rated, "
            f"{monotonic() - started:.1f} s" + (f", in approval as {sent.label}" if sent else "")
        )
