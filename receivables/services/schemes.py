"""Ageing schemes: the buckets a company ages by, and the one that is used when nobody chooses."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError
from receivables.models import AgeingScheme

MOST_BOUNDS = 8
LONGEST_BOUND = 36_500


class BoundsUnusable(DomainError):
    """Bounds that make no buckets."""

    code = "ageing_bounds_unusable"
    message = _("Give one to %(most)s upper bounds in days, each greater than the one before.")


class DefaultSchemeNeeded(DomainError):
    """There is always exactly one default scheme."""

    code = "ageing_default_needed"
    message = _("This is the default scheme. Make another one the default first.")


def seed_ageing_scheme(**kwargs: Any) -> None:
    """After migrate: a default ageing scheme where there is none; the buckets are the company's to edit."""
    if not AgeingScheme.objects.filter(is_default=True).exists():
        AgeingScheme.objects.create(
            name_zh="标准账龄", name_en="Standard ageing", bounds=[30, 60, 90, 180, 365], is_default=True
        )


def check_bounds(bounds: Sequence[int]) -> None:
    """Raise unless the bounds rise strictly, begin above zero and are at most eight."""
    rising = all(before < after for before, after in pairwise(bounds))
    if not 1 <= len(bounds) <= MOST_BOUNDS or not rising or bounds[0] < 1 or bounds[-1] > LONGEST_BOUND:
        raise BoundsUnusable(most=MOST_BOUNDS)


def default_stays(*, scheme_id: int | None, is_default: bool) -> None:
    """Raise when saving this would leave no default scheme."""
    if not is_default and not AgeingScheme.objects.filter(~Q(pk=scheme_id), is_default=True).exists():
        raise DefaultSchemeNeeded


def save_scheme(*, scheme: AgeingScheme) -> AgeingScheme:
    """Save a scheme that was added or edited; the one made the default takes that from the one before."""
    check_bounds(scheme.bounds)
    with transaction.atomic():
        others = list(AgeingScheme.objects.select_for_update().exclude(pk=scheme.pk))
        default_stays(scheme_id=scheme.pk, is_default=scheme.is_default)
        for other in others:
            if scheme.is_default and other.is_default:
                other.is_default = False
                other.save(update_fields=["is_default"])
        scheme.save()
    return scheme


def delete_scheme(*, scheme: AgeingScheme) -> None:
    """Delete a scheme that is not the default."""
    if scheme.is_default:
        raise DefaultSchemeNeeded
    scheme.delete()
