"""Receivables in the administration: each subject in a module of its own."""

from receivables import collection_admin, document_admin, order_admin, scheme_admin

__all__ = ["collection_admin", "document_admin", "order_admin", "scheme_admin"]
