"""The ageing scheme every installation begins with."""

from typing import Any

from receivables.models import AgeingScheme


def seed_ageing_scheme(**kwargs: Any) -> None:
    """After migrate: a default ageing scheme where there is none; the buckets are the company's to edit."""
    if not AgeingScheme.objects.filter(is_default=True).exists():
        AgeingScheme.objects.create(
            name_zh="标准账龄", name_en="Standard ageing", bounds=[30, 60, 90, 180, 365], is_default=True
        )
