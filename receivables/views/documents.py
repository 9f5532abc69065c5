"""The pages of one invoice and of one receipt: the whole life of the document on one page."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.audit.registry import audit_url
from crm.core.dates import business_today
from crm.core.money import base_currency
from crm.core.pages import RecordView
from crm.core.permissions import requires, visible_or_404
from receivables.models import Allocation, Invoice, InvoiceKind, Receipt
from receivables.selectors.life import credit_entries_of, matches_of, reversal_of, source_of, story_of
from receivables.states import clearing_state, days_overdue, invoice_state, receipt_state


class InvoicePage(RecordView[Invoice]):
    model = Invoice
    permission = "receivables.view_invoice"
    template_name = "receivables/invoice.html"
    select_related = ("customer", "legal_entity", "responsible", "created_by", "corrects")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        invoice, user, today = self.record, request.user, business_today()
        matches = matches_of(invoice)
        reversal = reversal_of(invoice)
        is_credit_note = invoice.kind == InvoiceKind.CREDIT_NOTE
        stands = invoice.reversed_on is None
        return {
            "title": f"{invoice.get_kind_display()} {invoice.number}",
            "invoice": invoice,
            "is_credit_note": is_credit_note,
            "state": invoice_state(invoice, today),
            "days_late": days_overdue(invoice, today),
            "settled": invoice.amount - invoice.open_amount if stands else None,
            "is_foreign": invoice.currency != base_currency(),
            "matches": matches,
            "reversal": reversal,
            "story": story_of(invoice, matches, reversal),
            "corrections": [] if is_credit_note else list(invoice.corrections.visible_to(user).order_by("on", "pk")),
            "can_take_back": user.has_perm("receivables.post_receipt"),
            "can_reverse": stands and user.has_perm("receivables.reverse_invoice"),
            "can_allocate": stands
            and is_credit_note
            and bool(invoice.open_amount)
            and user.has_perm("receivables.post_receipt"),
            "can_receive": stands
            and not is_credit_note
            and bool(invoice.open_amount)
            and user.has_perm("receivables.post_receipt"),
            "can_credit": stands and not is_credit_note and user.has_perm("receivables.post_invoice"),
            "can_assign": user.has_perm("receivables.assign_responsible"),
            "can_see_credit": user.has_perm("credit.view_creditentry"),
            "credit_url": reverse("receivables:invoice_credit", args=[invoice.pk]),
            "changes_url": audit_url(invoice),
        }


class ReceiptPage(RecordView[Receipt]):
    model = Receipt
    permission = "receivables.view_receipt"
    template_name = "receivables/receipt.html"
    select_related = ("customer", "legal_entity", "created_by")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        receipt, user = self.record, request.user
        matches = matches_of(receipt)
        reversal = reversal_of(receipt)
        stands = receipt.reversed_on is None
        waits = stands and receipt.must_clear and receipt.cleared_on is None
        may_post = user.has_perm("receivables.post_receipt")
        may_reverse = user.has_perm("receivables.reverse_receipt")
        return {
            "title": _("Receipt %(number)s") % {"number": receipt.number},
            "receipt": receipt,
            "state": receipt_state(receipt),
            "clearing": clearing_state(receipt),
            "allocated": receipt.amount - receipt.open_amount if stands else None,
            "is_foreign": receipt.currency != base_currency(),
            "matches": matches,
            "reversal": reversal,
            "story": story_of(receipt, matches, reversal),
            "just_posted": "posted" in request.GET,
            "can_take_back": may_post,
            "can_allocate": stands and bool(receipt.open_amount) and may_post,
            "can_clear": waits and may_post,
            "can_bounce": waits and may_reverse,
            "can_reverse": stands and may_reverse,
            "can_post": may_post,
            "can_see_credit": user.has_perm("credit.view_creditentry"),
            "credit_url": reverse("receivables:receipt_credit", args=[receipt.pk]),
        }


@requires("credit.view_creditentry")
def invoice_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Panel: what the invoice and its allocations moved on the customer's credit account."""
    return credit_movements(request, visible_or_404(Invoice, request.user, pk=pk))


@requires("credit.view_creditentry")
def receipt_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Panel: what the receipt and its allocations moved on the customer's credit account."""
    return credit_movements(request, visible_or_404(Receipt, request.user, pk=pk))


def credit_movements(request: HttpRequest, document: Invoice | Receipt) -> HttpResponse:
    context = {"entries": credit_entries_of(document), "document": document}
    return render(request, "receivables/partials/credit_movements.html", context)


@requires("receivables.view_allocation")
def allocation(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the receipt or credit note that an allocation belongs to."""
    rows = Allocation.objects.select_related("receipt", "credit_note")
    found: Allocation = visible_or_404(rows, request.user, pk=pk)
    return HttpResponseRedirect(f"{source_of(found).get_absolute_url()}#allocation-{found.takes_back_id or found.pk}")
