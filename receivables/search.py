"""Invoices and receipts in the search box of the head: by the beginning of a number or reference, always by index."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.dates import business_today
from crm.core.display import isodate, money
from crm.core.registry import SearchHit, SearchProvider
from receivables.models import Invoice, Receipt
from receivables.states import invoice_state, receipt_state

HITS = 8


def begins(field: str, text: str) -> Q:
    """The text as typed or in capitals, as numbers usually are; both find their rows by an index on prefixes."""
    return Q(**{f"{field}__startswith": text}) | Q(**{f"{field}__startswith": text.upper()})


def search_invoices(user: Any, text: str) -> Iterable[SearchHit]:
    text = text.strip()
    if len(text) < 2:
        return []
    found = Invoice.objects.visible_to(user).filter(begins("number", text)).select_related("customer")
    today = business_today()
    return [
        SearchHit(
            label=f"{invoice.get_kind_display()} {invoice.number}",
            url=invoice.get_absolute_url(),
            detail=" · ".join(
                [
                    invoice.customer.name,
                    f"{money(invoice.amount)} {invoice.currency}",
                    str(invoice_state(invoice, today)),
                ]
            ),
        )
        for invoice in found.order_by("number")[:HITS]
    ]


def search_receipts(user: Any, text: str) -> Iterable[SearchHit]:
    text = text.strip()
    if len(text) < 2:
        return []
    found = (
        Receipt.objects.visible_to(user)
        .filter(begins("number", text) | begins("reference", text))
        .select_related("customer")
    )
    return [
        SearchHit(
            label=" · ".join(part for part in (receipt.number, receipt.reference) if part),
            url=receipt.get_absolute_url(),
            detail=" · ".join(
                [
                    receipt.customer.name,
                    isodate(receipt.on),
                    f"{money(receipt.amount)} {receipt.currency}",
                    str(receipt_state(receipt)),
                ]
            ),
        )
        for receipt in found.order_by("number")[:HITS]
    ]


SEARCHES = (
    SearchProvider(
        key="invoices",
        title=_("Invoices"),
        permission="receivables.view_invoice",
        search=search_invoices,
        order=30,
        list_url="receivables:invoices",
    ),
    SearchProvider(
        key="receipts",
        title=_("Receipts"),
        permission="receivables.view_receipt",
        search=search_receipts,
        order=40,
        list_url="receivables:receipts",
    ),
)
