"""What billing deliveries and the trading status tell the house. Who posts invoices bills deliveries."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.day_cards import card
from crm.core.display import isodate
from crm.core.registry import DayCard, DayCardContent, DayCardRow, Grant, MenuItem, registry
from receivables.panels.contracts import CONTRACT_INVOICES
from receivables.registrations.documents import SEE
from receivables.services.order_invoices import billed
from receivables.verification.order_invoices import verify_order_invoices
from receivables.views.deliveries import ORDER_INVOICES, POST, deliveries_to_invoice, invoice_url


def to_invoice_card(user: object) -> DayCardContent:
    """Deliveries that wait for their invoice, the oldest first."""
    found = deliveries_to_invoice(user)
    return card(
        found.select_related("order__customer").order_by("on", "pk"),
        lambda delivery: DayCardRow(
            label=delivery.order.customer.name,
            url=invoice_url(delivery),
            detail=f"{delivery.number} · {isodate(delivery.on)} · {delivery.order.currency}",
            amount=delivery.amount,
            tone="warning",
        ),
        url=reverse("receivables:deliveries_to_invoice"),
        empty=_("Every delivery is billed."),
    )


def register_order_invoices() -> None:
    registry.verifiers["order_invoices"] = verify_order_invoices
    registry.billed_deliveries["receivables"] = billed
    for role in SEE:
        registry.add(Grant(role, ["receivables.view_invoiceline", "receivables.view_deliveryinvoice"]))
    registry.add(
        ORDER_INVOICES,
        CONTRACT_INVOICES,
        DayCard("deliveries_to_invoice", gettext_lazy("Deliveries to invoice"), POST, to_invoice_card, order=27),
        MenuItem(
            "deliveries_to_invoice",
            gettext_lazy("Deliveries to invoice"),
            "receivables:deliveries_to_invoice",
            "receipt",
            POST,
            35,
        ),
        MenuItem(
            "trading",
            gettext_lazy("Trading status"),
            "receivables:trading",
            "sum",
            "receivables.view_invoice",
            52,
        ),
    )
