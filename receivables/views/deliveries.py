"""Deliveries that wait for their invoice, and the part of an order's page that shows its invoices."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from contracts.filters import by_number, lacking_signed_note
from contracts.models import Delivery
from contracts.views.order_lists import SIGNED
from crm.core.addresses import record_url
from crm.core.columns import Column
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.lists import Action, Empty, ListView
from crm.core.registry import OrderPart
from customers.columns import customer_column
from receivables.models import DeliveryInvoice

POST = "receivables.post_invoice"


def deliveries_to_invoice(user: Any) -> QuerySet[Delivery]:
    """Deliveries the user may see that stand and were not billed yet."""
    billed = DeliveryInvoice.objects.filter(delivery=OuterRef("pk"), reversed_on=None)
    return Delivery.objects.visible_to(user).filter(~Exists(billed), reversal=None)


class DeliveryFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Order or customer"))
    unsigned = YesNoFilter(method="lacks_signed_note", label=_("Signed note missing"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("To"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return by_number(queryset, value, "order__")

    def lacks_signed_note(self, queryset: Any, name: str, value: bool) -> Any:
        return lacking_signed_note(queryset, value)


def invoice_url(delivery: Delivery) -> str:
    return record_url("receivables:invoice_delivery", delivery.pk)


class DeliveriesToInvoice(ListView):
    """What left and was not billed yet, the oldest first."""

    key = "deliveries_to_invoice"
    title = _("Deliveries to invoice")
    permission = POST
    model = Delivery
    filterset_class = DeliveryFilter
    default_order = ("on", "pk")
    total_group = "order__currency"
    columns = (
        Column("number", _("Delivery"), url=invoice_url, order_by="number"),
        Column("on", _("Date"), "date", order_by="on"),
        Column("order", _("Order"), value="order.number", related=("order",), order_by="order__number"),
        customer_column("order.customer", url=None),
        Column("amount", _("Amount"), "money", order_by="amount", total=True),
        Column("currency", _("Currency"), value="order.currency", related=("order",), order_by="order__currency"),
        SIGNED,
        Column("carrier", _("Carrier and waybill"), default=False),
    )
    bulk_actions = (Action("invoice", _("Invoice"), "receivables:invoice_deliveries", POST, "receipt"),)
    empty = Empty(_("Nothing to invoice"), _("Every delivery is billed."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return deliveries_to_invoice(user)

    @classmethod
    def row_url(cls, row: Any) -> str:
        return invoice_url(row)


def order_part(request: HttpRequest, order: Any) -> dict[str, Any]:
    """The invoices of an order, and its deliveries that wait for one."""
    billed = (
        DeliveryInvoice.objects.filter(delivery__order=order)
        .select_related("invoice", "delivery")
        .order_by("delivery_id")
    )
    waiting = deliveries_to_invoice(request.user).filter(order=order).order_by("pk")
    user: Any = request.user
    return {"billed": billed, "waiting": waiting, "may_post": user.has_perm(POST)}


ORDER_INVOICES = OrderPart(
    key="invoices",
    title=_("Invoices"),
    template="receivables/partials/order_invoices.html",
    context=order_part,
    permission="receivables.view_invoice",
)
