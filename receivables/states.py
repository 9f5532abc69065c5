"""The state of a posted document in one word, as lists, pages and panels show it."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from crm.core.display import Badge
from receivables.models import Invoice, InvoiceKind, Receipt

REVERSED = Badge(_("Reversed"), "neutral")
SETTLED = Badge(_("Settled"), "success")
OVERDUE = Badge(_("Overdue"), "danger")
DUE_TODAY = Badge(_("Due today"), "warning")
PARTLY_SETTLED = Badge(_("Partly settled"), "info")
OPEN = Badge(_("Open"), "info")
USED = Badge(_("Used up"), "success")
UNALLOCATED = Badge(_("Unallocated"), "warning")
PARTLY_ALLOCATED = Badge(_("Partly allocated"), "warning")
ALLOCATED = Badge(_("Allocated"), "success")
BOUNCED = Badge(_("Bounced"), "danger")
UNCLEARED = Badge(_("Not cleared"), "warning")
CLEARED = Badge(_("Cleared"), "success")


def invoice_state(invoice: Invoice, today: dt.date) -> Badge:
    """Reversed, settled, overdue, due today, partly settled or open; a credit note is used up or still to allocate."""
    if invoice.reversed_on:
        return REVERSED
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        return (
            USED
            if not invoice.open_amount
            else UNALLOCATED
            if invoice.open_amount == invoice.amount
            else PARTLY_ALLOCATED
        )
    if not invoice.open_amount:
        return SETTLED
    if invoice.due_on < today:
        return OVERDUE
    if invoice.due_on == today:
        return DUE_TODAY
    return OPEN if invoice.open_amount == invoice.amount else PARTLY_SETTLED


def receipt_state(receipt: Receipt) -> Badge:
    """Bounced, reversed, allocated, partly allocated or unallocated."""
    if receipt.bounced_on:
        return BOUNCED
    if receipt.reversed_on:
        return REVERSED
    if not receipt.open_amount:
        return ALLOCATED
    return UNALLOCATED if receipt.open_amount == receipt.amount else PARTLY_ALLOCATED


def clearing_state(receipt: Receipt) -> Badge | None:
    """Whether an instrument that must clear has done so; None for money that needs no clearing."""
    if not receipt.must_clear or receipt.bounced_on:
        return None
    return CLEARED if receipt.cleared_on else UNCLEARED


def days_overdue(invoice: Invoice, today: dt.date) -> int:
    """Days since the due date of what is still open; 0 when nothing is late."""
    if invoice.kind == InvoiceKind.CREDIT_NOTE or not invoice.open_amount:
        return 0
    return max((today - invoice.due_on).days, 0)
