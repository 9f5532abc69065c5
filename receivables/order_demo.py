"""Deliveries of the demo company that were billed."""

from crm.core.demo import DemoCompany, DemoStep


def bill_deliveries(company: DemoCompany) -> None:
    """An invoice for each delivery that the orders of the demo company leave to be billed, on its day."""
    from crm.accounts.models import User
    from receivables.services.order_invoices import invoice_delivery

    fiona = User.objects.get(username="fiona")
    for delivery_id, on in company.shared.get("delivered", ()):
        invoice_delivery(actor=fiona, delivery_id=delivery_id, on=on)


def nothing_billed() -> bool:
    from contracts.models import Delivery

    return not Delivery.objects.exists()


DEMO_ORDER_INVOICES = DemoStep(key="order_invoices", order=113, build=bill_deliveries, is_empty=nothing_billed)
