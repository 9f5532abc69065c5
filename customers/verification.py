"""The tier of each customer equals its newest change: part of `manage.py verify`."""

from collections.abc import Iterator

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference
from customers.models import CustomerTier, TierChange
from customers.tier_rules import TIERS

KEPT = ("change", "tier", "since", "source", "until")
CHANGED = ("pk", "to_tier", "on", "source", "until")


def verify_tiers() -> Iterator[Difference]:
    """Tiers that differ from the newest change of their customer, and customers with changes but without a tier."""
    newest = TierChange.objects.filter(customer=OuterRef("customer")).order_by("-pk").values("pk")[:1]
    changes = {
        row[0]: row[1:]
        for row in TierChange.objects.filter(pk=Subquery(newest)).values_list("customer", *CHANGED).iterator()
    }
    for customer, rank, *kept in CustomerTier.objects.values_list("customer", "rank", *KEPT).iterator():
        expected = changes.pop(customer, None)
        found = tuple(kept)
        if expected != found or TIERS.index(found[1]) != rank:
            yield difference(customer, expected, found)
    for customer, expected in changes.items():
        yield difference(customer, expected, None)


def difference(customer: int, expected: object, found: object) -> Difference:
    return Difference("customer_tier", _("Tier of a customer"), str(customer), str(expected), str(found))
