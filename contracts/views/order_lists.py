"""The lists of orders, of products, and of what the warehouse has to deliver."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.filters import (
    SIGNED_NOTE,
    DeliveredFilter,
    OrderFilter,
    ProductFilter,
    WarehouseFilter,
    deliveries_made,
    orders_to_deliver,
)
from contracts.models import Delivery, Order, OrderState, Product
from contracts.selectors.performance import BINDING
from contracts.services.deliveries import billed_among
from contracts.services.pricing import plain_quantity
from contracts.services.products import MAY_ADD
from credit.instruments import labels_of
from crm.core.addresses import record_url
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.display import Badge
from crm.core.lists import Action, Empty, ListView, Preset
from customers.columns import customer_column

SEE = "contracts.view_order"
NEW = Action("new", _("New order"), "contracts:choose_customer", "contracts.add_order", "plus", True)


def contract_of(order: Order) -> str:
    """The number of the contract an order is under, or that it is the customer's own."""
    if order.contract is not None:
        return order.contract.number
    return gettext("The customer's own") if order.purchase_contract_id else ""


class OrderList(ListView):
    """Every order, newest first."""

    key = "orders"
    title = _("Orders")
    permission = SEE
    model = Order
    filterset_class = OrderFilter
    default_order = ("-pk",)
    total_group = "currency"
    columns = (
        Column("number", _("Number"), url=Order.get_absolute_url, order_by="number"),
        customer_column(),
        Column("on", _("Date"), "date", order_by="on"),
        Column("wanted_on", _("Wanted on"), "date", order_by="wanted_on", default=False),
        Column("reference", _("Customer's reference"), order_by="reference", default=False),
        Column("contract", _("Contract"), value=contract_of, related=("contract",)),
        Column("payment", _("On credit or prepaid"), value=Order.get_payment_display, order_by="payment"),
        Column(
            "is_custom",
            _("Made to order"),
            value=lambda order: _("Yes") if order.is_custom else _("No"),
            order_by="is_custom",
            default=False,
        ),
        Column("channel", _("How it came"), value=Order.get_channel_display, order_by="channel", default=False),
        Column(
            "payment_forms",
            _("Payment forms"),
            value=lambda order: labels_of(order.payment_forms),
            related=("contract",),
            default=False,
        ),
        Column(
            "total",
            _("Total"),
            "money",
            order_by="total",
            total="binding",
            annotate=lambda user: {"binding": BINDING},  # what was cancelled is no more than what was delivered of it
            reads_annotation=False,
        ),
        Column("delivered_total", _("Delivered"), "money", order_by="delivered_total", total=True),
        Column("invoiced_total", _("Invoiced"), "money", order_by="invoiced_total", total=True, default=False),
        Column("currency", _("Currency"), order_by="currency"),
        Column("owner", _("Owner"), related=("owner",), order_by="owner__name", default=False),
        Column("held_on", _("On hold since"), "date", order_by="held_on", default=False),
        Column("state", _("State"), "badge", value="state_badge", order_by="state"),
    )
    presets = (
        Preset("all", _("All")),
        Preset("drafts", _("Drafts"), "state=draft"),
        Preset("to_review", _("Waiting for review"), "to_review=true"),
        Preset("to_accept", _("Customer's contract to read"), "to_accept=true"),
        Preset("unconfirmed", _("Confirmation missing"), "unconfirmed=true"),
        Preset("held", _("On hold"), "state=held&sort=held_on"),
        Preset("released", _("Released"), "state=released"),
        Preset("stopped", _("Supply stopped"), "stopped=true"),
        Preset("unsigned", _("Signed note missing"), "unsigned=true"),
        Preset("delivered", _("To invoice"), "to_invoice=true"),
        Preset("mine", _("Mine"), "mine=true"),
    )
    actions = (NEW,)
    empty = Empty(_("No orders yet"), _("Draft the first one here or on the page of a customer."), NEW)

    @classmethod
    def row_css(cls, row: Any) -> str:
        if row.state == OrderState.CANCELLED:
            return "row-quiet"
        return "row-danger" if row.state == OrderState.HELD else ""


def delivery_url(order: Order) -> str:
    return record_url("contracts:deliver", order.pk)


MADE = Action("made", _("Deliveries made"), "contracts:deliveries_made", "contracts.deliver_order")


class WarehouseList(ListView):
    """Released orders, the one that is wanted first on top; no money is shown."""

    key = "deliveries_due"
    title = _("To deliver")
    permission = "contracts.deliver_order"
    model = Order
    filterset_class = WarehouseFilter
    default_order = ("wanted_on", "pk")
    columns = (
        Column("number", _("Number"), url=delivery_url, order_by="number"),
        customer_column(url=None),
        Column("wanted_on", _("Wanted on"), "date", order_by="wanted_on"),
        Column("released_on", _("Released on"), "date", order_by="released_on"),
        Column("reference", _("Customer's reference"), order_by="reference"),
        Column("note", _("Note"), default=False),
        Column("state", _("State"), "badge", value="state_badge"),
    )
    actions = (MADE,)
    presets = (Preset("all", _("All")), Preset("partly", _("Partly delivered"), "partly=true"))
    empty = Empty(_("Nothing to deliver"), _("A released order stands here until all of it has left."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return orders_to_deliver(user)

    @classmethod
    def row_url(cls, row: Any) -> str:
        return delivery_url(row)

    @classmethod
    def row_css(cls, row: Any) -> str:
        """What was wanted by now is marked."""
        return "row-danger" if row.wanted_on and row.wanted_on < business_today() else ""


def what_left(delivery: Delivery) -> str:
    return " · ".join(f"{row.line.product} {plain_quantity(row.quantity)}" for row in delivery.lines.all())


def reversal_of(delivery: Delivery) -> Any:
    return getattr(delivery, "reversal", None)


def taken_back(delivery: Any) -> str:
    """Why, or what is pressed to do so; what is billed is not taken back."""
    reversal = reversal_of(delivery)
    if reversal is not None:
        return str(reversal.reason)
    return "" if delivery.is_billed else str(_("Take the delivery back"))


def reverse_url(delivery: Any) -> str:
    stays = delivery.is_billed or reversal_of(delivery) is not None
    return "" if stays else record_url("contracts:reverse_delivery", delivery.pk)


def delivered_url(delivery: Delivery) -> str:
    return record_url("contracts:delivery", delivery.pk)


def signed_of(user: Any) -> dict[str, Any]:
    return {"is_signed": SIGNED_NOTE}


def signed_note(delivery: Any) -> Badge | None:
    """Whether its note has come back; of a delivery that was taken back none is waited for."""
    if delivery.is_signed:
        return Badge(_("There"), "success")
    return None if reversal_of(delivery) is not None else Badge(_("Missing"), "warning")


SIGNED = Column(
    "signed",
    _("Signed note"),
    "badge",
    value=signed_note,
    related=("reversal",),
    annotate=signed_of,
)


class DeliveredList(ListView):
    """What has left, newest first; no money is shown."""

    key = "deliveries_made"
    title = _("Deliveries made")
    permission = "contracts.deliver_order"
    model = Delivery
    filterset_class = DeliveredFilter
    default_order = ("-pk",)
    columns = (
        Column("number", _("Number"), url=delivered_url, order_by="number"),
        Column("on", _("Date"), "date", order_by="on"),
        Column("order", _("Order"), value="order.number", related=("order",), order_by="order__number"),
        customer_column("order.customer", url=None),
        Column("what_left", _("What left"), value=what_left),
        Column("carrier", _("Carrier and waybill")),
        SIGNED,
        Column("reversal", _("Delivery taken back"), value=taken_back, url=reverse_url),
        Column("delivered_by", _("Delivered by"), related=("delivered_by",), default=False),
    )
    presets = (Preset("all", _("All")), Preset("unsigned", _("Signed note missing"), "unsigned=true"))
    empty = Empty(_("Nothing has left yet"), _("What is recorded as delivered stands here."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return deliveries_made(user)

    @classmethod
    def model_queryset(cls) -> QuerySet[Any]:
        return Delivery.objects.select_related("reversal").prefetch_related("lines__line__product")

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        billed = billed_among([row.pk for row in rows])
        for row in rows:
            row.is_billed = row.pk in billed
        return rows

    @classmethod
    def row_url(cls, row: Any) -> str:
        return delivered_url(row)

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-quiet" if reversal_of(row) is not None else ""


class ProductList(ListView):
    """What is sold, with list prices in base currency."""

    key = "products"
    title = _("Products")
    permission = "contracts.view_product"
    model = Product
    filterset_class = ProductFilter
    default_order = ("code",)
    columns = (
        Column("code", _("Code"), url=Product.get_absolute_url, order_by="code"),
        Column("name", _("Name"), order_by="name_zh"),
        Column("unit", _("Unit"), order_by="unit_zh"),
        Column("price", _("List price"), "money", order_by="price"),
        Column("cost", _("Cost"), "money", order_by="cost", permission="contracts.change_product"),
        Column(
            "is_custom",
            _("Made to order"),
            value=lambda row: _("Yes") if row.is_custom else _("No"),
            order_by="is_custom",
            default=False,
        ),
        Column("is_active", _("Sold"), value=lambda row: _("Yes") if row.is_active else _("No"), order_by="is_active"),
    )
    presets = (Preset("active", _("Sold"), "is_active=true"), Preset("all", _("All")))
    actions = (Action("new", _("New product"), "contracts:new_product", MAY_ADD, "plus", True),)
    empty = Empty(_("No products yet"), _("They are added here, or imported from a file."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return Product.objects.all()
