"""Import of invoices, paid invoices and receipts."""

from receivables.imports.invoices import INVOICES
from receivables.imports.paid import PAID_INVOICES
from receivables.imports.receipts import RECEIPTS

__all__ = ["INVOICES", "PAID_INVOICES", "RECEIPTS"]
