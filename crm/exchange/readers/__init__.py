"""Files of tables, read by what they contain and never by what they are called."""

from crm.exchange.readers.content import FileKind, sniff
from crm.exchange.readers.table import Line, Sheet, open_sheet

__all__ = ["FileKind", "Line", "Sheet", "open_sheet", "sniff"]
