"""Use cases of receivables: the only place that writes invoices, receipts and allocations."""

from receivables.services.allocations import allocate, take_back
from receivables.services.closing import close_period
from receivables.services.invoices import assign_responsible, post_invoice, post_invoices, post_paid_invoices
from receivables.services.receipts import post_receipt, post_receipts
from receivables.services.reversals import (
    bounce_receipt,
    clear_receipt,
    clear_receipts,
    reverse_invoice,
    reverse_receipt,
)
from receivables.services.rows import BulkResult, InvoiceRow, Line, PaidInvoiceRow, ReceiptRow

__all__ = [
    "BulkResult",
    "InvoiceRow",
    "Line",
    "PaidInvoiceRow",
    "ReceiptRow",
    "allocate",
    "assign_responsible",
    "bounce_receipt",
    "clear_receipt",
    "clear_receipts",
    "close_period",
    "post_invoice",
    "post_invoices",
    "post_paid_invoices",
    "post_receipt",
    "post_receipts",
    "reverse_invoice",
    "reverse_receipt",
    "take_back",
]
