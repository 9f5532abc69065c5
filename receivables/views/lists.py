"""The lists of invoices and receipts, and the search box over invoices."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from crm.core.dates import business_today
from crm.core.display import isodate, money
from crm.core.lists import Action, Empty, ListView, Preset
from crm.core.pages import options, search_text
from crm.core.permissions import requires
from receivables.columns.documents import INVOICE_COLUMNS, RECEIPT_COLUMNS
from receivables.filters.documents import InvoiceFilters, ReceiptFilters
from receivables.models import Invoice, InvoiceKind, Receipt
from receivables.search import begins
from receivables.states import days_overdue


class InvoiceList(ListView):
    key = "invoices"
    title = _("Invoices")
    permission = "receivables.view_invoice"
    model = Invoice
    filterset_class = InvoiceFilters
    columns = INVOICE_COLUMNS
    default_order = ("-on",)
    total_group = "currency"
    presets = (
        Preset("all", _("All")),
        Preset("open", _("Open"), "state=open"),
        Preset("overdue", _("Overdue"), "state=overdue&sort=due_on"),
        Preset("credit_notes", _("Credit notes to allocate"), "state=open&kind=credit_note"),
        Preset("settled", _("Settled"), "state=settled"),
        Preset("reversed", _("Reversed"), "state=reversed"),
    )
    actions = (Action("post", _("Post invoice"), "receivables:post_invoice", "receivables.post_invoice", "plus", True),)
    bulk_actions = (
        Action("responsible", _("Assign responsible"), "receivables:assign", "receivables.assign_responsible", "user"),
    )
    empty = Empty(
        _("No invoices yet"),
        _("Post the first one, or import the open invoices of your accounting system."),
        Action("post", _("Post invoice"), "receivables:post_invoice", "receivables.post_invoice"),
    )

    @classmethod
    def row_css(cls, row: Any) -> str:
        if row.reversed_on:
            return "row-quiet"
        return "row-danger" if days_overdue(row, business_today()) else ""


class ReceiptList(ListView):
    key = "receipts"
    title = _("Receipts")
    permission = "receivables.view_receipt"
    model = Receipt
    filterset_class = ReceiptFilters
    columns = RECEIPT_COLUMNS
    default_order = ("-on",)
    total_group = "currency"
    presets = (
        Preset("all", _("All")),
        Preset("unallocated", _("Unallocated"), "state=unallocated"),
        Preset("uncleared", _("Cheques to clear"), "state=uncleared&sort=on"),
        Preset("bounced", _("Bounced"), "state=bounced"),
        Preset("reversed", _("Reversed"), "state=reversed"),
    )
    actions = (Action("post", _("Post receipt"), "receivables:post_receipt", "receivables.post_receipt", "plus", True),)
    empty = Empty(
        _("No receipts yet"),
        _("Post the first one: open invoices of the payer are matched while you type."),
        Action("post", _("Post receipt"), "receivables:post_receipt", "receivables.post_receipt"),
    )

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-quiet" if row.reversed_on else ""


@requires("receivables.view_invoice")
def invoice_options(request: HttpRequest) -> HttpResponse:
    """Answers of the search box over invoices: of one customer where the form names it, open ones first."""
    text = search_text(request)
    found = Invoice.objects.visible_to(request.user).exclude(kind=InvoiceKind.CREDIT_NOTE)
    found = found.filter(reversed_on__isnull=True).select_related("customer")
    customer = request.GET.get("customer", "")
    if customer.isdecimal() and len(customer) < 18:
        found = found.filter(customer_id=int(customer))
    elif len(text) < 2:
        return options([])
    if text:
        found = found.filter(begins("number", text))
    return options(found.order_by("-on", "-pk")[:20], detail=option_detail)


def option_detail(invoice: Invoice) -> str:
    return " · ".join([invoice.customer.name, isodate(invoice.on), f"{money(invoice.open_amount)} {invoice.currency}"])
