"""Documents the house prints: set by typst from data, with one font, the same bytes for the same data."""

from crm.documents.typesetting import pdf, pdfs

__all__ = ["pdf", "pdfs"]
