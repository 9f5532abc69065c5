"""Fit a scorecard to a table of companies whose end is known, and keep it with its validation."""

import datetime as dt
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.db.models import Max

from credit.learning.choosing import choose
from credit.learning.scale import MasterScale, breaches, table_of
from credit.learning.scorecard import (
    Characteristic,
    Options,
    Scorecard,
    cross_validate,
    fit,
    measures,
    scale_of,
    stability,
)
from credit.learning.table import Table, read_table
from credit.models.fitted import FittedScorecard
from crm.core.locks import atomic_or_busy


def fit_scorecard(
    *,
    path: Path,
    name: str,
    on: dt.date,
    actor_id: int | None = None,
    options: Options | None = None,
    nested: bool = True,
) -> FittedScorecard:
    """Choose the penalty by nested validation (unless `nested` is off), fit, keep as the next version.

    All figures are of companies the card had not seen, by five folds. Raises TableUnreadable, TooFewFailures.
    """
    chosen, table, began = options or Options(), read_table(path), time.monotonic()
    inner: list[float] = []
    if nested:
        choice = choose(table.ratios, table.failed, chosen)
        chosen, seen, inner = choice.options, choice.seen, choice.nested
    else:
        seen = cross_validate(table.ratios, table.failed, chosen)
    card = fit(table.ratios, table.failed, chosen)
    scale, grades = scale_of(card, table.ratios), table_of(seen.places, seen.chances, table.failed)
    metrics: dict[str, Any] = {
        **measures(seen.points, table.failed),
        "auc": seen.auc,
        "gini": 2 * seen.auc - 1,
        "folds": seen.folds,
        "plain": float(np.mean(seen.plain)),
        "psi": stability(card.points(table.ratios), seen.points),
        "nested": inner,
        "grades": grades,
        "breaches": breaches(grades),
    }
    with atomic_or_busy():
        last = FittedScorecard.objects.aggregate(last=Max("version"))["last"] or 0
        made: FittedScorecard = FittedScorecard.objects.create(
            version=last + 1,
            name=name,
            file_name=path.name,
            checksum=table.checksum,
            companies=len(table.failed),
            failed=int(table.failed.sum()),
            on=on,
            options=asdict(chosen),
            card=card_of(card, table, scale),
            metrics=metrics,
            seconds=round(time.monotonic() - began, 1),
            created_by_id=actor_id,
        )
    return made


def card_of(card: Scorecard, table: Table, scale: MasterScale) -> dict[str, Any]:
    """The card as it is kept: every characteristic with its bins, and the bounds of the grades."""
    ordered = sorted(card.characteristics, key=lambda each: -each.value * each.weight)
    return {
        "intercept": card.intercept,
        "bounds": list(scale.bounds),
        "characteristics": [
            {
                "name": each.source.name(table.names),
                "first": each.source.first,
                "operation": each.source.operation,
                "second": each.source.second,
                "value": round(each.value, 4),
                "weight": round(each.weight, 6),
                "bins": bins_of(each, card),
            }
            for each in ordered
        ],
    }


def bins_of(each: Characteristic, card: Scorecard) -> list[dict[str, Any]]:
    """From low to high, the missing last: edges (None: open), companies, failures, evidence and points."""
    points = card.points_of(each)
    edges = [None, *(float(edge) for edge in each.edges), None]
    found = [
        {"over": edges[place], "up_to": edges[place + 1], "missing": False} for place in range(len(each.edges) + 1)
    ]
    found.append({"over": None, "up_to": None, "missing": True})
    for place, row in enumerate(found):
        row["companies"], row["failed"] = int(each.counts[place]), int(each.failures[place])
        row["evidence"], row["points"] = round(float(each.evidence[place]), 4), round(float(points[place]), 1)
    return found
