"""The ledger of a customer as a workbook: the same lines as the page, all of them."""

from collections.abc import Iterable
from itertools import chain
from typing import IO

from django.utils.translation import gettext as _
from openpyxl import Workbook

from crm.core.money import base_currency
from crm.exchange.workbook import saved
from receivables.books.ageing import Sheet
from receivables.selectors.ledger import Ledger


def write_ledger(ledger: Ledger, more: Iterable[Ledger] = (), *, title: str, subtitle: str) -> IO[bytes]:
    """Opening balance, every movement with the balance it left, closing balance; `more` are the pages that follow."""
    heads = {
        _("Date"): 12,
        _("Movement"): 16,
        _("Number"): 20,
        _("Settles"): 20,
        _("Reference"): 30,
        _("Due date"): 12,
        _("Currency"): 10,
        _("Amount"): 16,
        _("Effect"): 16,
        _("Balance, %(currency)s") % {"currency": ledger.currency or base_currency()}: 18,
    }
    kinds = ["date", "text", "text", "text", "text", "date", "text", "money", "money", "money"]
    book = Workbook(write_only=True)
    sheet = Sheet(book, title, subtitle, heads, kinds)
    blank = [None] * 7
    sheet.add([None, _("Opening balance"), *blank, ledger.opening_balance], bold=True)
    for page in chain([ledger], more):
        for line in page.lines:
            sheet.add(
                [
                    line.on, line.kind_label, line.number, line.invoice_number, line.reference, line.due_on,
                    line.currency, line.amount, line.effect, line.balance,
                ]
            )  # fmt: skip
    sheet.add([None, _("Closing balance"), *blank, ledger.closing_balance], bold=True)
    return saved(book)
