"""The lists of orders, of products, and of what the warehouse has to deliver."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contracts.models import Order, OrderState, Product
from contracts.order_filters import OrderFilter, ProductFilter, WarehouseFilter, orders_to_deliver
from credit.instruments import labels_of
from crm.core.addresses import record_url
from crm.core.columns import Column
from crm.core.lists import Action, Empty, ListView, Preset
from customers.columns import customer_column

SEE = "contracts.view_order"
NEW = Action("new", _("New order"), "contracts:choose_customer", "contracts.add_order", "plus", True)


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
        Column("contract", _("Contract"), value="contract.number", related=("contract",)),
        Column("payment", _("Payment"), value=Order.get_payment_display, order_by="payment"),
        Column(
            "payment_forms",
            _("Payment forms"),
            value=lambda order: labels_of(order.payment_forms),
            related=("contract",),
            default=False,
        ),
        Column("total", _("Total"), "money", order_by="total", total=True),
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
        Preset("held", _("On hold"), "state=held&sort=held_on"),
        Preset("released", _("Released"), "state=released"),
        Preset("stopped", _("Supply stopped"), "stopped=true"),
        Preset("delivered", _("To invoice"), "state=delivered"),
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
    presets = (Preset("all", _("All")), Preset("partly", _("Partly delivered"), "partly=true"))
    empty = Empty(_("Nothing to deliver"), _("A released order stands here until all of it has left."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return orders_to_deliver(user)

    @classmethod
    def row_url(cls, row: Any) -> str:
        return delivery_url(row)


class ProductList(ListView):
    """What is sold, with list prices in base currency."""

    key = "products"
    title = _("Products")
    permission = "contracts.view_product"
    model = Product
    filterset_class = ProductFilter
    default_order = ("code",)
    columns = (
        Column("code", _("Code"), order_by="code"),
        Column("name", _("Name"), order_by="name_zh"),
        Column("unit", _("Unit"), order_by="unit"),
        Column("price", _("List price"), "money", order_by="price"),
        Column("cost", _("Cost"), "money", order_by="cost", permission="contracts.change_product"),
        Column("is_active", _("Sold"), value=lambda row: _("Yes") if row.is_active else _("No"), order_by="is_active"),
    )
    presets = (Preset("active", _("Sold"), "is_active=true"), Preset("all", _("All")))
    empty = Empty(_("No products yet"), _("They are kept in the administration, or imported from a file."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return Product.objects.all()

    @classmethod
    def row_url(cls, row: Any) -> str:
        return ""
