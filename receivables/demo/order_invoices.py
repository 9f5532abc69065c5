"""Deliveries of the demo company that were billed, and money that came for an order paid in advance."""

import datetime as dt
from typing import Any

from crm.core.demo import DemoCompany, DemoStep


def bill_deliveries(company: DemoCompany) -> None:
    """An invoice for each delivery that the orders of the demo company leave to be billed, on its day."""
    from crm.accounts.models import User
    from receivables.services.order_invoices import invoice_delivery

    fiona = User.objects.get(username="fiona")
    for delivery_id, on in company.shared.get("delivered", ()):
        invoice_delivery(actor=fiona, delivery_id=delivery_id, on=on)
    for order_id in company.shared.get("prepaid", ())[:1]:
        pay_in_advance(company, order_id, fiona)


def pay_in_advance(company: DemoCompany, order_id: int, actor: Any) -> None:
    """The money of a prepaid order arrives, and lets it go."""
    from contracts.models import Order
    from credit.services import recheck_holds
    from receivables.services import post_receipt

    order = Order.objects.get(pk=order_id)
    on = order.on + dt.timedelta(days=1)
    post_receipt(
        actor=actor,
        legal_entity_id=order.legal_entity_id,
        customer_id=order.customer_id,
        on=on,
        currency=order.currency,
        amount=order.total,
        instrument="transfer",
        reference=order.number,
    )
    recheck_holds(customer_id=order.customer_id, on=on)


def nothing_billed() -> bool:
    from contracts.models import Delivery

    return not Delivery.objects.exists()


DEMO_ORDER_INVOICES = DemoStep(key="order_invoices", order=113, build=bill_deliveries, is_empty=nothing_billed)
