"""Import of orders: rows with the same customer and reference are the lines of one order.

Each order is drafted by the service behind the form, in the name of whoever imports it, with that person's customers
and discounts; none is checked or released. An order is whole or not at all: one faulty row keeps its other rows out.
A customer's reference that is known is that order: the file brings nothing new, and may not say otherwise.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from contracts.models import Channel, Contract, Order, OrderLine, Product
from contracts.services.order_imports import (
    DraftCheck,
    OrderInput,
    known_orders,
    one_import_at_a_time,
)
from contracts.services.orders import MAY_DRAFT, LineInput, draft_order, own_instrument
from credit.instruments import Instrument
from credit.models import Payment
from crm.core.errors import DomainError, NotAllowed
from crm.core.models import LegalEntity
from crm.core.money import base_currency
from crm.exchange import parsers
from crm.exchange.issues import WARNING, Issue, IssueKind, register_issues
from crm.exchange.kinds import FieldSpec, ImportKind, OptionSpec, ParsedRow, Planner, RowStatus, ValueKind
from customers.imports import CUSTOMER_NUMBER, NUMBER_OPTIONS, CustomerFinder, choices_of

register_issues(
    IssueKind("no_such_product", _("There is no product with this code.")),
    IssueKind("no_such_contract", _("There is no contract with this number.")),
    IssueKind(
        "order_entity_missing", _("The row names neither contract nor legal entity, and the options choose none.")
    ),
    IssueKind("order_entity_unknown", _("There is no legal entity with the code %(code)s.")),
    IssueKind("order_head_differs", _("Rows of this order say different things here: %(values)s.")),
    IssueKind("order_row_faulty", _("Row %(row)s of the same order is faulty, and an order is imported whole.")),
    IssueKind(
        "order_known_differs", _("%(number)s has this reference already and says something else here. Change it there.")
    ),
    IssueKind(
        "order_known_without", _("%(number)s has this reference already, without this product. Change it there.")
    ),
    IssueKind(
        "order_product_again",
        _("Row %(row)s of the same order has this product, too: each becomes a line of its own."),
        WARNING,
    ),
    IssueKind("quantity_zero", _("A quantity must be above zero.")),
)
ENTITY_OPTION = OptionSpec(
    "legal_entity",
    _("Legal entity where the row names neither contract nor entity"),
    kind="choice",
    choices=lambda: [("", "–"), *((code, code) for code in LegalEntity.objects.values_list("code", flat=True))],
)
PAYMENTS = {"赊销": "credit", "挂账": "credit", "预付": "prepaid", "款到发货": "prepaid"}

CHANNELS = {"书面": "written", "邮件": "written", "e-mail": "written", "电话": "phone", "phone": "phone"}


def text(key: str, label: Any, *aliases: str, limit: int, **more: Any) -> FieldSpec:
    return FieldSpec(key, label, parsers.limited(limit), aliases, **more)


def day(key: str, label: Any, *aliases: str) -> FieldSpec:
    return FieldSpec(key, label, parsers.parse_date, aliases, ValueKind.DATE, example="2026-11-22")


REFERENCE = FieldSpec(
    "reference", _("Customer's reference"), parsers.limited(80, parsers.parse_document_number),
    ("reference", "order reference", "order number", "order no", "po number", "po no", "purchase order", "客户订单号",
     "采购订单号", "订单号", "订单编号", "参考号"),
    required=True, example="PO-2026-118",
    help=_("The number of the customer's own order; rows with the same one are its lines."),
)  # fmt: skip
LINE_FIELDS = (
    text("product", _("Product code"), "code", "product", "sku", "item", "产品编号", "产品代码", "产品", limit=40,
         required=True, example="P-001"),
    FieldSpec("quantity", _("Quantity"), parsers.parse_quantity, ("qty", "数量", "订购数量"), ValueKind.QUANTITY,
              required=True, example="120"),
    FieldSpec("discount", _("Discount in percent"), parsers.parse_percent, ("discount", "折扣", "折扣率"),
              ValueKind.QUANTITY, example="5",
              help=_("Of the list price. Empty, the discount agreed with the customer, or the price of the contract.")),
)  # fmt: skip
HEAD_FIELDS = (
    text("contract", _("Contract"), "contract no", "contract number", "合同", "合同号", "合同编号", limit=20,
         example="C2026-00001"),
    FieldSpec("payment", _("On credit or prepaid"), choices_of(Payment, PAYMENTS),
              ("payment", "payment method", "结算方式"), help=_("Empty, on credit."), example="credit"),
    FieldSpec("instrument", _("Payment form"), choices_of(Instrument, {}), ("instrument", "付款工具"),
              help=_("Of an order paid in advance. On credit the contract says how it is paid.")),
    FieldSpec("channel", _("How it came"), choices_of(Channel, CHANNELS),
              ("channel", "order channel", "下单方式", "订货方式"), help=_("Empty, in writing."), example="written"),
    day("wanted_on", _("Wanted on"), "wanted date", "requested date", "delivery date", "交货日期", "要货日期", "交期"),
    day("on", _("Date"), "order date", "订单日期", "下单日期", "日期"),
    text("entity", _("Legal entity"), "entity", "company code", "公司代码", "法人主体", "销售主体", limit=20,
         help=_("Code of the company of ours that sells; else that of the contract."), example="CN01"),
    FieldSpec("currency", _("Currency"), parsers.parse_currency, ("curr", "ccy", "币种", "货币"), example="CNY",
              help=_("Else that of the contract, or base currency.")),
    text("note", _("Note"), "notes", "remark", "remarks", "memo", "备注", limit=255),
)  # fmt: skip
HEAD = tuple(spec.key for spec in HEAD_FIELDS)
# Where the errors of the service belong.
FIELD_OF = {
    "order_day_not_taken": "on",
    "wanted_too_early": "wanted_on",
    "contract_of_another": "contract",
    "product_not_sold": "product",
    "quantity_not_positive": "quantity",
    "amount_too_large": "quantity",
    "below_smallest_coin": "quantity",
    "price_fixed": "discount",
    "discount_too_high": "discount",
    "discount_out_of_range": "discount",
    "rate_missing": "currency",
    "currency_unknown": "currency",
}


@dataclass(frozen=True)
class FileLine:
    row: int
    product: str
    quantity: Decimal
    discount: Decimal | None


@dataclass
class FileOrder:
    """An order as its rows in the file say it; what only some of them say, such as its contract, counts for all."""

    customer: str
    reference: str
    heads: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in HEAD})
    lines: list[FileLine] = field(default_factory=list)
    order: OrderInput | None = None  # once it is judged, and may be drafted

    def said(self, name: str) -> str:
        return min(self.heads.get(name, ()), default="")

    def day(self, name: str) -> dt.date | None:
        return dt.date.fromisoformat(self.said(name)) if self.said(name) else None


Findings = dict[int, list[Issue]]  # by row


class OrderPlanner(Planner):
    """Puts the rows together into orders, and judges each order once, as a whole."""

    def lock(self) -> None:
        one_import_at_a_time()

    def prepare(self) -> None:
        if self.actor is None or not self.actor.has_perm(MAY_DRAFT):
            raise NotAllowed  # an order is somebody's
        self.orders = self.orders_of_file()
        self.broken = self.values.broken(["customer", "reference"])
        self.customers = CustomerFinder(self.actor, self.options.get("source", "")).find(
            self.values.distinct("customer")
        )
        sold = Product.objects.filter(code__in=self.values.distinct("product"))
        self.products: dict[str, Product] = {product.code: product for product in sold}
        known = {product.pk: product for product in sold}
        self.draft_check = DraftCheck(actor=self.actor, products=known, today=self.today)
        contracts = Contract.objects.visible_to(self.actor).filter(number__in=self.values.distinct("contract"))
        self.contracts = {found.number: found for found in contracts.defer("search_text", "values")}
        self.entities = {found.code: found.pk for found in LegalEntity.objects.filter(is_active=True)}
        self.known = known_orders(
            actor=self.actor,
            customer_ids=set(self.customers.values()),
            references=sorted({order.reference for order in self.orders.values()}),
        )
        self.judged: dict[tuple[str, str], Findings] = {}

    def orders_of_file(self) -> dict[tuple[str, str], FileOrder]:
        orders: dict[tuple[str, str], FileOrder] = {}
        names = ["customer", "reference", "product", "quantity", "discount", *HEAD]
        said = sorted(self.values.tally(names), key=lambda item: item[2])
        for (customer, reference, product, quantity, discount, *head), _count, row in said:
            order = orders.setdefault((customer, reference), FileOrder(customer, reference))
            order.lines.append(FileLine(row, product, Decimal(quantity), Decimal(discount) if discount else None))
            for name, value in zip(HEAD, head, strict=True):
                if value:
                    order.heads[name].add(value)
        return orders

    # -- the dry run --------------------------------------------------------------------------------------------

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        for row in rows:
            key = row.data["customer"], row.data["reference"]
            if key not in self.judged:
                self.judged[key] = self.judge(key, self.orders[key])
            issues = self.judged[key].get(row.number, [])
            row.issues.extend(issues)
            if any(issue.is_error for issue in issues):
                row.status = RowStatus.FAULTY
            elif self.known_as(self.orders[key]):
                row.status = RowStatus.UNCHANGED

    def known_as(self, order: FileOrder) -> list[Order]:
        return self.known.get((self.customers.get(order.customer), order.reference), [])

    def judge(self, key: tuple[str, str], order: FileOrder) -> Findings:
        """What is wrong with the rows of an order. Where something is, the other rows name the first of these."""
        found: Findings = {}
        told = [differences(order, known) for known in self.known_as(order)]
        if told:
            return told[0] if all(told) else {}  # a copy of the order may say otherwise
        for line in order.lines:
            issues = list(self.head_issues(order))
            if line.product not in self.products:
                issues.append(Issue("no_such_product", "product", line.product))
            if issues:
                found[line.row] = issues
        if not found and key not in self.broken:
            order.order = self.input_of(order)
            found = self.refusals(order, order.order)
        first = min([*found, *([self.broken[key]] if key in self.broken else [])], default=None)
        if first is not None:
            for line in order.lines:
                found.setdefault(line.row, [Issue("order_row_faulty", params={"row": first})])
        return found or repeated_products(order)

    def head_issues(self, order: FileOrder) -> Iterable[Issue]:
        if order.customer not in self.customers:
            yield Issue("no_such_customer", "customer", order.customer)
        for name, values in order.heads.items():
            if len(values) > 1:
                yield Issue("order_head_differs", name, params={"values": ", ".join(sorted(values))})
        contract, entity = order.said("contract"), order.said("entity") or self.options.get("legal_entity", "")
        if contract and contract not in self.contracts:
            yield Issue("no_such_contract", "contract", contract)
        elif entity and entity not in self.entities:
            yield Issue("order_entity_unknown", "entity", entity, {"code": entity})
        elif not entity and not contract:
            yield Issue("order_entity_missing", "entity")

    def input_of(self, order: FileOrder) -> OrderInput:
        """The order as the service takes it; contract and legal entity are known."""
        contract = self.contracts.get(order.said("contract"))
        entity = self.entities.get(order.said("entity"))
        if entity is None:
            entity = contract.legal_entity_id if contract else self.entities[self.options["legal_entity"]]
        return OrderInput(
            customer_id=self.customers[order.customer],
            legal_entity_id=entity,
            currency=order.said("currency") or (contract.currency if contract else base_currency()),
            on=order.day("on") or self.today,
            contract_id=contract.pk if contract else None,
            payment=order.said("payment") or Payment.CREDIT,
            instrument=order.said("instrument"),
            channel=order.said("channel") or Channel.WRITTEN,
            wanted_on=order.day("wanted_on"),
            reference=order.reference,
            note=order.said("note"),
        )

    def lines_of(self, lines: Iterable[FileLine]) -> list[LineInput]:
        return [LineInput(self.products[line.product].pk, line.quantity, line.discount) for line in lines]

    def refusals(self, order: FileOrder, asked: OrderInput) -> Findings:
        """What the service would refuse: told at the lines that alone are refused, else at all of them."""
        refused = self.refusal(asked, order.lines)
        if refused is None:
            return {}
        alone = {line.row: self.refusal(asked, [line]) for line in order.lines}
        if not any(alone.values()):
            return {line.row: [refused] for line in order.lines}
        return {row: [issue] for row, issue in alone.items() if issue is not None}

    def refusal(self, asked: OrderInput, lines: Sequence[FileLine]) -> Issue | None:
        try:
            self.draft_check.check(asked, self.lines_of(lines))
        except DomainError as error:
            params = {name: str(value) for name, value in error.params.items()}
            return Issue(error.code, FIELD_OF.get(error.code, ""), params=params)
        return None

    # -- applying -----------------------------------------------------------------------------------------------

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        keys = dict.fromkeys((row.data["customer"], row.data["reference"]) for row in rows)
        done = 0
        for key in keys:
            order = self.orders[key]
            if order.order is not None:
                draft_order(
                    actor=self.actor, lines=self.lines_of(order.lines), today=self.today, **order.order._asdict()
                )
                done += len(order.lines)
                progress(done)
        return {"orders_drafted": len(keys)}


def repeated_products(order: FileOrder) -> Findings:
    """The rows that sell a product once more: each is a line of its own, as in the form, but may be meant otherwise."""
    first: dict[str, int] = {}
    return {
        line.row: [Issue("order_product_again", "product", line.product, {"row": first[line.product]})]
        for line in order.lines
        if first.setdefault(line.product, line.row) != line.row
    }


def differences(order: FileOrder, known: Order) -> Findings:
    """What the rows say otherwise than the order that has their reference; what they leave open agrees with it.

    Each row answers for a line of its own.
    """
    agreeing = {
        "payment": {str(known.payment)},
        "instrument": {
            form for form in order.heads["instrument"] if own_instrument(known.payment, form) == known.instrument
        },
        "channel": {known.channel},
        "wanted_on": {str(known.wanted_on or "")},
        "on": {str(known.on)},
        "contract": {known.contract.number, known.contract.root.number} if known.contract else set(),
        "entity": {known.legal_entity.code},
        "currency": {known.currency},
        "note": {" ".join(known.note.split())},
    }
    otherwise = {name: order.heads[name] - values for name, values in agreeing.items()}
    other = {name: min(values) for name, values in otherwise.items() if values}
    sold: dict[str, list[OrderLine]] = {}
    for sold_line in known.lines.all():
        sold.setdefault(sold_line.product.code, []).append(sold_line)
    found: Findings = {}
    for line in sorted(order.lines, key=lambda line: line.discount is None):
        there = sold.get(line.product, [])
        fields = list(other)
        alike = [row for row in there if row.quantity == line.quantity]
        same = next((row for row in alike if line.discount in (None, row.discount)), None)
        if same is not None:
            there.remove(same)
        else:
            fields.append("discount" if alike else "quantity")
        issues = [Issue("order_known_differs", name, other.get(name, ""), {"number": known.number}) for name in fields]
        if line.product not in sold:
            issues = [Issue("order_known_without", "product", line.product, {"number": known.number})]
        if issues:
            found[line.row] = issues
    return found


def check(row: ParsedRow, options: Mapping[str, str]) -> None:
    """A row sells something."""
    if row.data["quantity"] <= 0:
        row.fail("quantity_zero", "quantity", row.data["quantity"])


def key_of(data: dict[str, Any], options: Mapping[str, str]) -> str:
    line = (data["product"], data["quantity"], data.get("discount", ""))
    return "\x1f".join(map(str, (data["customer"], data["reference"], *line)))


ORDERS = ImportKind(
    key="orders",
    label=_("Orders"),
    fields=(CUSTOMER_NUMBER, REFERENCE, *LINE_FIELDS, *HEAD_FIELDS),
    planner=OrderPlanner,
    key_of=key_of,
    permission=MAY_DRAFT,
    options=(*NUMBER_OPTIONS, ENTITY_OPTION),
    check=check,
    note_labels=lambda: {"orders_drafted": _("Orders drafted")},
    links=lambda: [(_("Orders"), "contracts:orders")],
    help=_("Rows with the same customer and reference become one draft, checked and released later like any other."),
    order=70,
)
