"""Import of invoices that were paid in full: each with its receipt on the day it was paid."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.exchange.issues import IssueKind, register_issues
from crm.exchange.kinds import ImportKind, OptionSpec, ParsedRow, RowStatus
from crm.exchange.reading import content_key
from customers.imports import CUSTOMER_NAME, CUSTOMER_NUMBER
from receivables.imports.common import (
    CURRENCY,
    DOCUMENT_OPTIONS,
    ENTITY,
    NOTE,
    REFERENCE,
    DocumentPlanner,
    amount_field,
    check_amount,
    date_field,
    note_labels,
)
from receivables.imports.invoices import DUE_DATE, INVOICE_DATE, INVOICE_NUMBER, posted_documents
from receivables.models import InvoiceKind
from receivables.services import Line, PaidInvoiceRow, ReceiptRow, post_paid_invoices, post_receipts

register_issues(
    IssueKind("paid_before_invoice", _("The payment lies before the date of the invoice.")),
    IssueKind("partly_paid", _("%(number)s is already posted and partly settled: %(posted)s is open.")),
)
NUMBER = replace(
    INVOICE_NUMBER,
    required=False,
    help=_("Without it, what the row says is the key: the same row of the same file is never posted twice."),
)
ON = replace(INVOICE_DATE, required=False, help=_("Without it: due date less the term, marked as estimated."))
DUE = replace(DUE_DATE, required=True, help="")
PAID_ON = date_field(
    "paid_on", _("Paid on"), "clear date", "cleared date", "clearing date", "payment date", "paid date", "date paid",
    "cleared on", "付款日期", "收款日期", "回款日期", "结清日期", "清账日期", required=True,
)  # fmt: skip
FIELDS = (
    ENTITY,
    CUSTOMER_NUMBER,
    CUSTOMER_NAME,
    NUMBER,
    ON,
    DUE,
    PAID_ON,
    CURRENCY,
    amount_field("paid amount", "invoice amount", "收款金额", "发票金额"),
    REFERENCE,
    NOTE,
)
KEY_FIELDS = (CUSTOMER_NUMBER, ON, DUE, PAID_ON, CURRENCY, FIELDS[8], REFERENCE)
TERM_OPTION = OptionSpec(
    "term_days",
    _("Term in days for rows without an invoice date"),
    "30",
    kind="number",
    required=True,
    help=_("The invoice date is estimated: due date less this term, at the latest the day of payment."),
)


def check(row: ParsedRow, options: Mapping[str, str]) -> None:
    check_amount(row)
    if row.data["amount"] < 0:
        row.fail("amount_negative", "amount", row.data["amount"])
    if "on" in row.data and row.data["on"] > row.data["paid_on"]:
        row.fail("paid_before_invoice", "paid_on", row.data["paid_on"])
    if "on" in row.data and row.data["due_on"] < row.data["on"]:
        row.warn("due_before_on", "due_on", row.data["due_on"])


def repeats(data: dict[str, Any], options: Mapping[str, str]) -> bool:
    return "number" not in data


def key_of(data: dict[str, Any], options: Mapping[str, str]) -> str:
    """The number, or a hash of what the row says: its repetitions are counted behind it."""
    if "number" in data:
        return f"{data.get('entity') or options.get('legal_entity', '')}|{data['number']}"
    return content_key(data, KEY_FIELDS)


class PaidPlanner(DocumentPlanner):
    """New rows become invoice, receipt and allocation; a row that names an open invoice settles it."""

    def prepare(self) -> None:
        super().prepare()
        self.open: dict[int, int] = {}  # row number -> invoice that it settles

    def number_of(self, row: ParsedRow) -> str:
        return row.data.get("number") or f"P-{row.key}"

    def on_of(self, row: ParsedRow) -> dt.date:
        """The date of the invoice, else its estimate: never after the payment."""
        if "on" in row.data:
            on: dt.date = row.data["on"]
            return on
        term = dt.timedelta(days=int(self.options["term_days"]))
        return min(row.data["due_on"] - term, row.data["paid_on"])

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        for row in rows:
            self.check_parties(row)
        fine = [row for row in rows if row.status != RowStatus.FAULTY]
        entities = [entity.pk for row in fine if (entity := self.entity_of(row))]
        posted = posted_documents(fine, entities, map(self.number_of, fine))
        for row in fine:
            entity = self.entity_of(row)
            known = posted.get((entity.pk, InvoiceKind.INVOICE, self.number_of(row))) if entity else None
            if known is None:
                self.check_postable(row, ("on", self.on_of(row)), ("paid_on", row.data["paid_on"]))
                if row.status == RowStatus.NEW and "on" not in row.data:
                    self.notes_found["dates_estimated"] += 1
            else:
                self.compare_posted(row, known)

    def compare_posted(self, row: ParsedRow, known: Mapping[str, Any]) -> None:
        wanted = [
            ("posted_other_customer", "customer_id", self.customers.get(row.data["customer"])),
            ("posted_other_currency", "currency", self.currency_of(row)),
            ("posted_other_amount", "amount", row.data["amount"]),
        ]
        number = self.number_of(row)
        if not self.same(row, number, known, wanted) or not known["open_amount"]:
            return
        if known["open_amount"] != known["amount"]:
            row.fail("partly_paid", "amount", row.data["amount"], number=number, posted=str(known["open_amount"]))
        elif row.data["paid_on"] < known["on"]:
            row.fail("paid_before_invoice", "paid_on", row.data["paid_on"])
        else:
            row.status = RowStatus.CHANGED
            self.check_postable(row, ("paid_on", row.data["paid_on"]))
            self.open[row.number] = known["pk"]
            self.notes_found["settled"] += 1

    def posting(self, row: ParsedRow) -> PaidInvoiceRow:
        entity = self.entity_of(row)
        assert entity is not None
        return PaidInvoiceRow(
            legal_entity_id=entity.pk,
            customer_id=self.customers[row.data["customer"]],
            number=self.number_of(row),
            on=self.on_of(row),
            on_estimated="on" not in row.data,
            due_on=row.data["due_on"],
            paid_on=row.data["paid_on"],
            currency=self.currency_of(row),
            amount=row.data["amount"],
            reference=row.data.get("reference", ""),
            note=row.data.get("note", ""),
        )

    def receipt(self, row: ParsedRow) -> ReceiptRow:
        entity = self.entity_of(row)
        assert entity is not None
        return ReceiptRow(
            legal_entity_id=entity.pk,
            customer_id=self.customers[row.data["customer"]],
            on=row.data["paid_on"],
            currency=self.currency_of(row),
            amount=row.data["amount"],
            reference=row.data.get("reference", ""),
            note=row.data.get("note", ""),
            lines=[Line(self.open[row.number], row.data["amount"])],
        )

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        counts = self.create_missing()
        invoices, receipts = [], []
        for row in rows:
            if row.status == RowStatus.CHANGED:
                receipts.append(self.receipt(row))
            else:
                invoices.append(self.posting(row))
            if (len(invoices) + len(receipts)) % 1000 == 0:
                progress(len(invoices) + len(receipts))
        posted = post_paid_invoices(actor=self.actor, rows=invoices)
        settled = post_receipts(actor=self.actor, rows=receipts) if receipts else None
        return {
            **counts,
            "invoices_posted": len(posted.invoice_ids),
            "receipts_posted": len(posted.receipt_ids) + (len(settled.receipt_ids) if settled else 0),
        }


PAID_INVOICES = ImportKind(
    key="paid_invoices",
    label=_("Paid invoices"),
    fields=FIELDS,
    planner=PaidPlanner,
    key_of=key_of,
    permission="receivables.post_receipt",
    options=(*DOCUMENT_OPTIONS, TERM_OPTION),
    check=check,
    repeats=repeats,
    note_labels=note_labels,
    links=lambda: [(_("Invoices"), "receivables:invoices"), (_("Receipts"), "receivables:receipts")],
    help=_("Each row becomes an invoice and the receipt that settled it; a row that names an open invoice settles it."),
    order=40,
)
