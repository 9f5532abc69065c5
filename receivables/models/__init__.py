"""Receivables: documents, how their age is cut, and collection, each subject in a module of its own."""

from receivables.models.ageing import AgeingScheme
from receivables.models.documents import (
    Allocation,
    AllocationQuerySet,
    Document,
    Instrument,
    Invoice,
    InvoiceKind,
    Receipt,
    Reversal,
)

__all__ = [
    "AgeingScheme",
    "Allocation",
    "AllocationQuerySet",
    "Document",
    "Instrument",
    "Invoice",
    "InvoiceKind",
    "Receipt",
    "Reversal",
]
