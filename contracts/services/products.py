"""Products, added and changed one by one or by the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pghistory
from django.db import IntegrityError, transaction

from contracts.errors import ProductChanged, ProductNameless, ProductTaken, ProductUnitless
from contracts.models import Product
from contracts.selectors.editing import last_change
from contracts.units import in_both
from crm.core.errors import AmountNotPositive, NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO

MAY_ADD = "contracts.add_product"
MAY_CHANGE = "contracts.change_product"
FIELDS = ("name_zh", "name_en", "unit_zh", "unit_en", "price", "cost", "is_custom", "is_active")


@dataclass(frozen=True)
class ProductRow:
    """A product by its code; price and cost of one unit in base currency. The unit in one language is enough.

    Whether it `is_custom` stays where it is not said (None).
    """

    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    price: Decimal
    cost: Decimal | None = None
    is_active: bool = True
    unit_en: str = ""
    is_custom: bool | None = None


def upsert_products(*, actor: Any, rows: Iterable[ProductRow]) -> dict[str, int]:
    """Write products, new ones and known ones by their code, all or none. Raises NotAllowed.

    The actor None is the system itself. A change of price leaves the orders that stand as they are.
    """
    if actor is not None and not (actor.has_perm(MAY_ADD) and actor.has_perm(MAY_CHANGE)):
        raise NotAllowed
    with atomic_or_busy():
        wanted = {row.code: row for row in rows}
        known = {
            product.code: product
            for product in Product.objects.select_for_update(no_key=True).filter(code__in=wanted).order_by("pk")
        }
        for product in known.values():
            for name, value in told(wanted[product.code], product).items():
                setattr(product, name, value)
        Product.objects.bulk_update(known.values(), FIELDS, batch_size=1000)
        new = [Product(code=row.code, **told(row)) for code, row in wanted.items() if code not in known]
        Product.objects.bulk_create(new, batch_size=1000)
    return {"created": len(new), "updated": len(known)}


def told(row: ProductRow, known: Product | None = None) -> dict[str, Any]:
    """The fields of a product as a file tells them: with its unit in both languages.

    A file that has the unit in one language leaves a known product its word in the other. What no row says of whether
    it is made to order is left out.
    """
    zh, en = row.unit_zh, row.unit_en
    if known is not None:
        en = en or (known.unit_en if zh == known.unit_zh else "")
        zh = zh or (known.unit_zh if en == known.unit_en else "")
    values: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    values["unit_zh"], values["unit_en"] = in_both(zh, en)
    if row.is_custom is None:
        del values["is_custom"]
    return values


def add_product(*, actor: Any, row: ProductRow) -> Product:
    """Add a product under a code that no other has.

    Raises NotAllowed, ProductNameless, ProductUnitless, AmountNotPositive, ProductTaken.
    """
    if not actor.has_perm(MAY_ADD):
        raise NotAllowed
    product = filled(Product(code=row.code), row)
    with atomic_or_busy():
        try:
            with transaction.atomic():
                product.save()
        except IntegrityError as error:
            raise ProductTaken(code=row.code) from error
    return product


def change_product(*, actor: Any, product_id: int, row: ProductRow, edition: int | None = None) -> Product:
    """Change what a product says but its code; orders and contracts that stand keep their prices.

    `edition` is the last change that its editor read (`last_change`); None takes the product as it is. Sent twice, it
    is changed once.

    Raises NotAllowed, ProductNameless, ProductUnitless, AmountNotPositive, ProductChanged.
    """
    if not actor.has_perm(MAY_CHANGE):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
        before = [getattr(product, name) for name in FIELDS]
        filled(product, row)
        if before == [getattr(product, name) for name in FIELDS]:
            return product
        if edition is not None and edition != last_change(product):
            raise ProductChanged
        product.save()
    return product


def filled(product: Product, row: ProductRow) -> Product:
    """A product as a row says it; the name in one language stands for both, and so does a unit without a known word.

    Raises ProductNameless, ProductUnitless, AmountNotPositive.
    """
    for name, value in told(row).items():
        setattr(product, name, value)
    product.name_zh, product.name_en = row.name_zh or row.name_en, row.name_en or row.name_zh
    if not product.name_zh:
        raise ProductNameless
    if not product.unit_zh:
        raise ProductUnitless
    lowest = min(row.price, row.cost or ZERO)
    if lowest < 0:
        raise AmountNotPositive(amount=lowest)
    return product
