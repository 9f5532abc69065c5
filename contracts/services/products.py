"""Products written by the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.models import Product
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy

FIELDS = ("name_zh", "name_en", "unit", "price", "cost", "is_active")


@dataclass(frozen=True)
class ProductRow:
    """A product by its code; price and cost of one unit in base currency."""

    code: str
    name_zh: str
    name_en: str
    unit: str
    price: Decimal
    cost: Decimal | None = None
    is_active: bool = True


def upsert_products(*, actor: Any, rows: Iterable[ProductRow]) -> dict[str, int]:
    """Write products, new ones and known ones by their code, all or none. Raises NotAllowed.

    The actor None is the system itself. A change of price leaves the orders that stand as they are.
    """
    if actor is not None and not (
        actor.has_perm("contracts.add_product") and actor.has_perm("contracts.change_product")
    ):
        raise NotAllowed
    with atomic_or_busy():
        wanted = {row.code: row for row in rows}
        known = {
            product.code: product
            for product in Product.objects.select_for_update(no_key=True).filter(code__in=wanted).order_by("pk")
        }
        for product in known.values():
            for name in FIELDS:
                setattr(product, name, getattr(wanted[product.code], name))
        Product.objects.bulk_update(known.values(), FIELDS, batch_size=1000)
        new = [
            Product(code=row.code, **{name: getattr(row, name) for name in FIELDS})
            for code, row in wanted.items()
            if code not in known
        ]
        Product.objects.bulk_create(new, batch_size=1000)
    return {"created": len(new), "updated": len(known)}
