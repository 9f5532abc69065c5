"""Receivables in the administration: each subject in a module of its own."""

from receivables import document_admin, scheme_admin

__all__ = ["document_admin", "scheme_admin"]
