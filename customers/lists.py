"""Public lists the profile chooses from, brought up to date from packaged data: regions and industries.

Loading again changes what changed and deletes nothing, since customers may refer to a code that went out of force.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from customers.divisions import DATA, divisions
from customers.models import Industry, Region


def load_regions() -> int:
    """Provinces, cities and counties (GB/T 2260); the number of rows that are there now."""
    rows = [
        Region(
            code=division.code,
            name_zh=division.name_zh,
            name_en=division.name_en,
            level=division.level,
            parent_id=division.parent,
            province_id=division.province,
        )
        for division in divisions()
    ]
    with transaction.atomic():
        Region.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name_zh", "name_en", "level", "parent", "province"],
            batch_size=1000,
        )
    return Region.objects.count()


def load_industries(path: Path | None = None) -> int:
    """Sections and divisions of GB/T 4754-2017 from our own list; groups and classes from a file `code,name[,name_en]`.

    The level and the parent follow from the code: A is a section, A01 lies in it, A011 in A01.
    """
    found = {row["code"]: row for row in read(DATA / "industries.csv")}
    for row in read(path) if path else ():
        code = row["code"].strip()
        name = row.get("name_zh") or row.get("name") or ""
        if code not in found and name:
            found[code] = {"code": code, "name_zh": name.strip(), "name_en": row.get("name_en") or ""}
    rows = [
        Industry(
            code=code,
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            level=level(code),
            parent_id=parent(code) if parent(code) in found else None,
        )
        for code, row in sorted(found.items(), key=lambda item: (len(item[0]), item[0]))
    ]
    with transaction.atomic():
        Industry.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name_zh", "name_en", "level", "parent"],
            batch_size=1000,
        )
    return Industry.objects.count()


@lru_cache(maxsize=1)
def sections() -> tuple[tuple[str, str, str], ...]:
    """The sections of the classification: code, Chinese and English name."""
    rows = read(DATA / "industries.csv")
    return tuple((row["code"], row["name_zh"], row["name_en"]) for row in rows if len(row["code"]) == 1)


def level(code: str) -> int:
    return 1 if len(code) == 1 else len(code) - 1


def parent(code: str) -> str | None:
    return None if len(code) == 1 else code[0] if len(code) == 3 else code[:-1]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load_when_empty(**kwargs: Any) -> None:
    """After migrate: a new installation has both lists, an older one keeps what its administrators made of them."""
    using = kwargs.get("using", "default")
    if not Region.objects.using(using).exists():
        load_regions()
    if not Industry.objects.using(using).exists():
        load_industries()
