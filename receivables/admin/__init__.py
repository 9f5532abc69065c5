"""Receivables in the administration: each subject in a module of its own."""

from receivables.admin import collection, documents, order_invoices, schemes

__all__ = ["collection", "documents", "order_invoices", "schemes"]
