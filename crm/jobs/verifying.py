"""The nightly step that derives every running sum again; a difference fails it and is named."""

from collections import Counter
from typing import Any

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm.core.registry import registry
from crm.core.verification import Difference
from crm.jobs.errors import FiguresDiffer
from crm.jobs.worker import Work

NAMED = 50  # lines of the log; `manage.py verify` prints all


def verify(work: Work) -> None:
    """Raises FiguresDiffer after the first differences are written into the log."""
    found: list[tuple[str, Difference]] = []
    count: Counter[str] = Counter()
    with transaction.atomic():
        if not connection.savepoint_ids:  # one snapshot: what is posted meanwhile must not look like an error
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for place, (name, verifier) in enumerate(registry.verifiers.items()):
            work.progress(place, len(registry.verifiers))
            for difference in verifier():
                count[name] += 1
                if len(found) < NAMED:
                    found.append((name, difference))
    for _name, difference in found:
        with translation.override(None):
            what = str(difference.label)  # as in the source: translated when it is read
        work.note(
            "difference",
            what=what,
            key=str(difference.key),
            expected=str(difference.expected),
            found=str(difference.found),
        )
    if count:
        raise FiguresDiffer(count=count.total(), areas=dict(count))
    work.counts = {"verified": len(registry.verifiers), "differences": 0}


def told(figures: dict[str, Any]) -> str:
    """The sentence of one difference."""
    what = {**figures, "what": translation.gettext(str(figures["what"]))}
    return _("%(what)s %(key)s: expected %(expected)s, found %(found)s") % what
