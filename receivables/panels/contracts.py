"""The part of a contract's page that shows what was invoiced under it and what was received for that."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from contracts.rules.contracts import Measure
from contracts.selectors.performance import ROWS, orders_of_term, whole_of
from crm.core.dates import business_today
from crm.core.display import Badge
from crm.core.money import ZERO
from crm.core.registry import ContractPart
from receivables.models import Allocation, DeliveryInvoice, Invoice
from receivables.rules.documents import CLEARING_INSTRUMENTS
from receivables.states import invoice_state

UNCLEARED = Q(receipt__instrument__in=sorted(CLEARING_INSTRUMENTS), receipt__cleared_on__isnull=True)


@dataclass(frozen=True)
class InvoiceRow:
    """An invoice under a contract, with what was received for it; `credited` was settled by credit notes."""

    invoice: Invoice
    order: Any
    received: Decimal
    state: Badge


@dataclass(frozen=True)
class Received:
    """Sums over all invoices of a contract the reader sees, in its currency; a reversed invoice counts nowhere.

    `uncleared` is the part of `received` that came as instruments which have not cleared yet.
    """

    received: Measure
    invoiced: Decimal
    uncleared: Decimal
    credited: Decimal
    open: Decimal
    overdue: Decimal
    reversed: Decimal
    count: int
    first_on: dt.date | None
    rows: list[InvoiceRow]

    @property
    def of_invoiced(self) -> Measure:
        """What came in of what was invoiced; credit notes settle the rest without money."""
        return Measure(self.received.amount, self.invoiced)


def received_under(contract: Contract, user: Any) -> Received:
    """Four queries, however many invoices there are."""
    today = business_today()
    billed = DeliveryInvoice.objects.visible_to(user).filter(**orders_of_term(contract, "delivery__order__"))
    standing, late = Q(invoice__reversed_on__isnull=True), Q(invoice__due_on__lt=today)
    sums = billed.order_by().aggregate(
        count=Count("pk"),
        first_on=Min("invoice__on", filter=standing),
        invoiced=Sum("invoice__amount", filter=standing),
        reversed=Sum("invoice__amount", filter=~standing),
        open=Sum("invoice__open_amount"),
        overdue=Sum("invoice__open_amount", filter=late),
    )
    settled = Allocation.objects.visible_to(user).filter(
        **orders_of_term(contract, "invoice__of_delivery__delivery__order__"), invoice__reversed_on__isnull=True
    )
    by_receipt = Q(receipt__isnull=False)
    given = settled.order_by().aggregate(
        received=Sum("amount", filter=by_receipt),
        uncleared=Sum("amount", filter=UNCLEARED),
        credited=Sum("amount", filter=~by_receipt),
    )
    shown = list(billed.select_related("invoice", "delivery__order").order_by("-pk")[:ROWS])
    paid = settled.filter(by_receipt, invoice__in=[row.invoice_id for row in shown]).order_by()
    by_invoice = dict(paid.values("invoice").annotate(paid=Sum("amount")).values_list("invoice", F("paid")))
    return Received(
        received=Measure(given["received"] or ZERO, whole_of(contract)),
        invoiced=sums["invoiced"] or ZERO,
        uncleared=given["uncleared"] or ZERO,
        credited=given["credited"] or ZERO,
        open=sums["open"] or ZERO,
        overdue=sums["overdue"] or ZERO,
        reversed=sums["reversed"] or ZERO,
        count=sums["count"],
        first_on=sums["first_on"],
        rows=[
            InvoiceRow(
                row.invoice,
                row.delivery.order,
                by_invoice.get(row.invoice_id, ZERO),
                invoice_state(row.invoice, today),
            )
            for row in shown
        ],
    )


def received_part(request: HttpRequest, contract: Contract) -> dict[str, Any]:
    """`first_on` tells the payment plan of the contract when it was first invoiced, `unpaid` who completes the contract
    what is open.
    """
    money = received_under(contract, request.user)
    return {"contract": contract, "money": money, "first_on": money.first_on, "unpaid": money.open}


CONTRACT_INVOICES = ContractPart(
    key="received",
    title=_("Invoices and receipts"),
    template="receivables/partials/contract_invoices.html",
    context=received_part,
    permission="receivables.view_invoice",
)
