"""Import of invoices and credit notes, such as the open items of another system."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.exchange import parsers
from crm.exchange.kinds import FieldSpec, ImportKind, OptionSpec, ParsedRow, RowStatus, ValueKind
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
from receivables.models import Invoice, InvoiceKind
from receivables.services import InvoiceRow, post_invoices

DOCUMENT_KINDS = {
    "invoice": "invoice", "inv": "invoice", "发票": "invoice", "蓝字": "invoice", "credit note": "credit_note",
    "credit_note": "credit_note", "credit memo": "credit_note", "红字": "credit_note", "贷项通知单": "credit_note",
    "红字发票": "credit_note", "debit note": "debit_note", "debit_note": "debit_note", "借项通知单": "debit_note",
}  # fmt: skip
INVOICE_NUMBER = FieldSpec(
    "number", _("Invoice number"), parsers.limited(60, parsers.parse_document_number),
    ("invoice no", "invoice id", "invoice", "inv no", "doc id", "document number", "document no", "doc no", "bill no",
     "number", "发票号", "发票号码", "发票编号", "单据号", "单据编号", "凭证号"),
    required=True, example="INV-2026-0001",
)  # fmt: skip
INVOICE_DATE = date_field(
    "on", _("Invoice date"), "posting date", "document date", "doc date", "issue date", "issued on", "billing date",
    "date", "document create date", "baseline create date", "开票日期", "发票日期", "过账日期", "单据日期", "日期",
    required=True,
)  # fmt: skip
DUE_DATE = date_field(
    "due_on", _("Due date"), "due", "due in date", "due on", "payment due", "net due date", "maturity", "到期日",
    "到期日期", "应收日期", "付款到期日",
    help_text=_("Without it, the term of the row, of the options, or of the customer's credit account counts."),
)  # fmt: skip
TERM = FieldSpec(
    "term_days", _("Term in days"), parsers.parse_whole,
    ("terms", "payment terms", "payment term days", "net days", "credit days", "账期", "账期天数", "付款天数"),
    ValueKind.NUMBER, example="30",
)  # fmt: skip
COST = FieldSpec(
    "cost", _("Cost"), parsers.parse_amount, ("cost of sales", "cogs", "成本", "销售成本"), ValueKind.MONEY
)
FIELDS = (
    ENTITY,
    CUSTOMER_NUMBER,
    CUSTOMER_NAME,
    INVOICE_NUMBER,
    FieldSpec(
        "kind",
        _("Kind of document"),
        parsers.choice(DOCUMENT_KINDS),
        ("document type", "doc type", "type", "单据类型", "发票类型"),
        help=_("Without it a negative amount is a credit note."),
    ),
    INVOICE_DATE,
    DUE_DATE,
    TERM,
    CURRENCY,
    amount_field("total open amount", "open amount", "invoice amount", "未结金额", "未收金额", "发票金额", "应收金额"),
    REFERENCE,
    COST,
    NOTE,
)
TERM_OPTION = OptionSpec(
    "term_days",
    _("Term in days where the row has no due date"),
    kind="number",
    help=_("Empty: the term of the customer's credit account."),
)
POSTED = (
    "pk", "legal_entity_id", "kind", "number", "customer_id", "customer__code", "currency", "amount", "open_amount",
    "on", "due_on", "reversed_on",
)  # fmt: skip


def check(row: ParsedRow, options: Mapping[str, str]) -> None:
    check_amount(row)
    data = row.data
    data.setdefault("kind", "credit_note" if data["amount"] < 0 else "invoice")
    if data["amount"] < 0 and data["kind"] != InvoiceKind.CREDIT_NOTE:
        row.fail("amount_negative", "amount", data["amount"])
    if "due_on" in data and data["due_on"] < data["on"]:
        row.warn("due_before_on", "due_on", data["due_on"])
    if data.get("cost", 0) < 0 and data["kind"] == InvoiceKind.CREDIT_NOTE:
        data["cost"] = -data["cost"]


def key_of(data: dict[str, Any], options: Mapping[str, str]) -> str:
    return f"{data.get('entity') or options.get('legal_entity', '')}|{data['kind']}|{data['number']}"


def posted_documents(
    rows: Sequence[ParsedRow], entity_ids: Iterable[int], numbers: Iterable[str]
) -> dict[tuple[int, str, str], dict[str, Any]]:
    """Invoices that carry one of the numbers, by legal entity, kind and number."""
    found = Invoice.objects.filter(legal_entity__in=set(entity_ids), number__in=set(numbers)).values(*POSTED)
    return {(row["legal_entity_id"], row["kind"], row["number"]): row for row in found}


class InvoicePlanner(DocumentPlanner):
    """New numbers are posted; a number that is posted already must say the same, since posted figures never change."""

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        for row in rows:
            self.check_parties(row)
        fine = [row for row in rows if row.status != RowStatus.FAULTY]
        entities = [entity.pk for row in fine if (entity := self.entity_of(row))]
        posted = posted_documents(fine, entities, (row.data["number"] for row in fine))
        for row in fine:
            entity = self.entity_of(row)
            known = posted.get((entity.pk, row.data["kind"], row.data["number"])) if entity else None
            if known is None:
                self.check_postable(row, ("on", row.data["on"]))
                if row.status == RowStatus.NEW and row.data["kind"] == InvoiceKind.CREDIT_NOTE:
                    self.notes_found["credit_notes"] += 1
            else:
                self.compare_posted(row, known)

    def compare_posted(self, row: ParsedRow, known: Mapping[str, Any]) -> None:
        data, amount = row.data, abs(row.data["amount"])
        if amount == known["open_amount"]:
            amount = known["amount"]  # a list of open items says what is still open of a document
        wanted = [
            ("posted_other_customer", "customer_id", self.customers.get(data["customer"])),
            ("posted_other_currency", "currency", self.currency_of(row)),
            ("posted_other_amount", "amount", amount),
            ("posted_other_date", "on", data["on"]),
        ]
        if "due_on" in data:
            wanted.append(("posted_other_due_date", "due_on", data["due_on"]))
        self.same(row, data["number"], known, wanted)

    def posting(self, row: ParsedRow) -> InvoiceRow:
        data, entity = row.data, self.entity_of(row)
        assert entity is not None
        term = data.get("term_days", self.options.get("term_days") or None)
        return InvoiceRow(
            legal_entity_id=entity.pk,
            customer_id=self.customers[data["customer"]],
            number=data["number"],
            on=data["on"],
            currency=self.currency_of(row),
            amount=abs(data["amount"]),
            kind=data["kind"],
            due_on=data.get("due_on"),
            term_days=None if term is None else int(term),
            reference=data.get("reference", ""),
            note=data.get("note", ""),
            cost=data.get("cost"),
        )

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        counts = self.create_missing()
        wanted = []
        for row in rows:
            wanted.append(self.posting(row))
            if len(wanted) % 1000 == 0:
                progress(len(wanted))
        result = post_invoices(actor=self.actor, rows=wanted)
        return {**counts, "invoices_posted": len(result.invoice_ids)}


INVOICES = ImportKind(
    key="invoices",
    label=_("Open invoices and credit notes"),
    fields=FIELDS,
    planner=InvoicePlanner,
    key_of=key_of,
    permission="receivables.post_invoice",
    options=(*DOCUMENT_OPTIONS, TERM_OPTION),
    check=check,
    note_labels=note_labels,
    links=lambda: [(_("Invoices"), "receivables:invoices"), (_("Customers"), "customers:customers")],
    help=_("One row is one document. Posted documents are never changed: a row that differs from one is faulty."),
    order=30,
)
