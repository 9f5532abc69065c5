"""Import of products with their list prices."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from contracts.models import Product
from contracts.services.products import FIELDS, ProductRow, told, upsert_products
from crm.exchange import parsers
from crm.exchange.kinds import FieldSpec, ImportKind, ParsedRow, Planner, RowStatus, ValueKind

CODE = FieldSpec(
    "code", _("Code"), parsers.limited(40), ("product code", "product", "sku", "item", "产品编号", "产品代码"),
    required=True, example="P-001",
)  # fmt: skip
NAME_ZH = FieldSpec("name_zh", _("Chinese name"), parsers.limited(120), ("产品名称", "名称", "name"), example="轴承")
NAME_EN = FieldSpec("name_en", _("English name"), parsers.limited(120), ("name en", "英文名称"), example="Bearing")
UNIT_ZH = FieldSpec(
    "unit_zh", _("Chinese unit"), parsers.limited(20), ("unit", "uom", "单位", "计量单位", "中文单位"), example="件"
)
UNIT_EN = FieldSpec("unit_en", _("English unit"), parsers.limited(20), ("unit en", "英文单位"), example="pc")
PRICE = FieldSpec(
    "price", _("List price"), parsers.parse_amount, ("price", "unit price", "价格", "单价", "目录价"),
    ValueKind.MONEY, required=True, example="128.00",
)  # fmt: skip
COST = FieldSpec("cost", _("Cost"), parsers.parse_amount, ("unit cost", "成本", "单位成本"), ValueKind.MONEY)
CUSTOM = FieldSpec(
    "is_custom", _("Made to order"), parsers.parse_yes, ("custom", "custom made", "按单定制", "定制"), ValueKind.YES,
)  # fmt: skip
ACTIVE = FieldSpec("is_active", _("Active"), parsers.parse_yes, ("sold", "在售", "启用"), ValueKind.YES)


def check(row: ParsedRow, options: Mapping[str, str]) -> None:
    """Prices are not below zero, and a product has name and unit in one language at least: a name stands for both."""
    for name in ("price", "cost"):
        if row.data.get(name, 0) < 0:
            row.fail("amount_negative", name, row.data[name])
    known = row.data.get("name_zh") or row.data.get("name_en") or row.data.get("code", "")
    row.data["name_zh"] = row.data.get("name_zh") or known
    row.data["name_en"] = row.data.get("name_en") or known
    row.data.setdefault("is_active", True)
    if not (row.data.get("unit_zh") or row.data.get("unit_en")):
        row.fail("required", "unit_zh")


class ProductPlanner(Planner):
    """A code that is known is changed where the file says otherwise."""

    def prepare(self) -> None:
        """Nothing is looked up beforehand: a chunk finds its products by their codes."""

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        known = Product.objects.in_bulk([row.data["code"] for row in rows if "code" in row.data], field_name="code")
        for row in rows:
            product = known.get(row.data.get("code", ""))
            if product is None or row.status == RowStatus.FAULTY:
                continue
            same = all(value == getattr(product, name) for name, value in told(row_of(row.data), product).items())
            row.status = RowStatus.UNCHANGED if same else RowStatus.CHANGED

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        given = [row_of(row.data) for row in rows]
        counts = upsert_products(actor=self.actor, rows=given)
        progress(len(given))
        return counts


def row_of(data: dict[str, Any]) -> ProductRow:
    values: dict[str, Any] = {name: data.get(name) for name in ("code", *FIELDS)}
    units = {name: values[name] or "" for name in ("unit_zh", "unit_en")}
    return ProductRow(**{**values, **units})


def key_of(data: dict[str, Any], options: Mapping[str, str]) -> str:
    return str(data["code"])


PRODUCTS = ImportKind(
    key="products",
    label=_("Products"),
    fields=(CODE, NAME_ZH, NAME_EN, UNIT_ZH, UNIT_EN, PRICE, COST, CUSTOM, ACTIVE),
    planner=ProductPlanner,
    key_of=key_of,
    permission="contracts.change_product",
    check=check,
    links=lambda: [(_("Products"), "contracts:products")],
    help=_("Codes that are known are changed, others are created. Orders that stand keep their prices."),
    order=60,
)
