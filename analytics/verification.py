"""What is kept of a day equals what the documents say of it: part of `manage.py verify`."""

from collections.abc import Iterator

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from analytics.models import DailySnapshot, SnapshotDay
from analytics.services.snapshots import stale_days
from crm.accounts.models import User
from crm.core.verification import Difference
from receivables.selectors.ageing import AgeingQuery, ageing_page


def verify_snapshots() -> Iterator[Difference]:
    """The newest day that is not stale, against the ageing report of that day; customers against their sum."""
    newest = SnapshotDay.objects.order_by("-on").first()
    if newest is None or newest.on in stale_days(newest.bounds):
        return
    reader = User(username="verify", is_superuser=True, is_active=True)
    query = AgeingQuery(user=reader, as_at=newest.on, today=newest.on, bounds=tuple(newest.bounds))
    totals = ageing_page(query, limit=0).totals
    expected = [*totals[0].amounts, totals[0].unallocated] if totals else []
    rows = DailySnapshot.objects.filter(on=newest.on)
    sums = {f"part_{place}": Sum(f"amounts__{place}") for place in range(len(newest.bounds) + 2)}
    for kept in (rows.filter(customer=None), rows.exclude(customer=None)):
        found = kept.aggregate(**sums, unallocated=Sum("unallocated"))
        for place, amount in enumerate(expected):
            name = "unallocated" if place == len(expected) - 1 else f"part_{place}"
            if (found[name] or 0) != amount:
                yield Difference(
                    "snapshot", _("Snapshot of a day"), f"{newest.on} {name}", str(amount), str(found[name])
                )
