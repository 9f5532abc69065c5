"""The register of models: one entry for each kind and morning, and when the kind was last believed."""

import datetime as dt
from typing import Any

from django.db.models import Max

from analytics.models import ModelVersion


def register_model(*, kind: str, on: dt.date, trusted: bool, **facts: Any) -> ModelVersion:
    """Write what was fitted on that morning; done again for the same morning, the entry keeps its number.

    The caller holds the transaction.
    """
    others = ModelVersion.objects.filter(kind=kind)
    known = others.filter(on=on).first()
    trusted_before = others.filter(on__lt=on, trusted=True).aggregate(last=Max("on"))["last"]
    number = known.version if known else (others.aggregate(last=Max("version"))["last"] or 0) + 1
    version, _created = ModelVersion.objects.update_or_create(
        kind=kind,
        on=on,
        defaults={
            "version": number,
            "trusted": trusted,
            "last_trusted_on": on if trusted else trusted_before,
            **facts,
        },
    )
    return version
