"""A whole life of orders, drawn at random: whatever happens, every figure follows from what was recorded."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import Order, OrderState
from contracts.services.orders import cancel_order
from contracts.verification.orders import verify_orders
from credit.verification import verify_credit
from crm.core.errors import DomainError
from receivables.models import DeliveryInvoice
from receivables.services import reverse_invoice
from receivables.services.order_invoices import invoice_delivery
from receivables.verification.documents import verify_receivables
from receivables.verification.order_invoices import verify_order_invoices
from receivables.views.deliveries import deliveries_to_invoice
from tests.factories import account_of
from tests.orders.making import TODAY, Shop

D = Decimal
STEPS = st.lists(
    st.tuples(st.sampled_from(["order", "pay", "deliver", "invoice", "reverse", "cancel"]), st.integers(1, 400)),
    min_size=4,
    max_size=16,
)


def step(shop: Shop, what: str, size: int) -> None:
    """One thing somebody tries; what is refused changes nothing."""
    released = Order.objects.filter(state=OrderState.RELEASED).order_by("pk")
    if what == "order":
        shop.released(str(size), payment="credit" if size % 3 else "prepaid")
    elif what == "deliver" and (order := released.first()):
        shop.deliver(order, str(min(D(size), order.lines.get().filled.to_deliver)))
    elif what == "invoice" and (delivery := deliveries_to_invoice(shop.company.greg).order_by("pk").first()):
        invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY)
    elif what == "pay":
        shop.pay(str(size * 100))
    elif what == "reverse" and (billed := DeliveryInvoice.objects.filter(reversed_on=None).first()):
        reverse_invoice(actor=None, invoice_id=billed.invoice_id, on=TODAY, reason="wrong")
    elif what == "cancel" and (order := Order.objects.order_by("-pk").first()):
        cancel_order(actor=shop.alice, order_id=order.pk, reason="by mail", on=TODAY)


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_happens_no_amount_counts_at_two_stages(shop: Shop, steps: list[Any]) -> None:
    for what, size in steps:
        try:
            step(shop, what, size)
        except DomainError:
            continue
    assert [*verify_orders(), *verify_order_invoices(), *verify_credit(), *verify_receivables()] == []
    account = account_of(shop.customer)
    for payment, held in (("credit", account.reserved), ("prepaid", account.prepaid)):
        waiting = sum(
            (
                (order.delivered_total if order.cancelled_on else order.total) - order.invoiced_total
                for order in Order.objects.filter(payment=payment, released_on__isnull=False)
                if order.state != OrderState.CANCELLED
            ),
            D(0),
        )
        assert held == waiting
    assert account.prepaid <= account.unallocated
