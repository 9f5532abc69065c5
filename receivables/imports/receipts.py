"""Import of receipts, each on account or settling the invoice it names."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from credit.selectors.accounts import restricted_instruments
from crm.exchange import parsers
from crm.exchange.issues import WARNING, IssueKind, register_issues
from crm.exchange.kinds import FieldSpec, ImportKind, ParsedRow, RowStatus
from crm.exchange.reading import content_key
from customers.imports import CUSTOMER_NAME, CUSTOMER_NUMBER
from receivables.imports.common import (
    CURRENCY,
    DOCUMENT_OPTIONS,
    ENTITY,
    NOTE,
    DocumentPlanner,
    amount_field,
    check_amount,
    date_field,
    note_labels,
)
from receivables.models import Invoice, InvoiceKind, Receipt
from receivables.services import Line, ReceiptRow, post_receipts

register_issues(
    IssueKind("invoice_not_found", _("No invoice of this customer has this number: the receipt stays open."), WARNING),
    IssueKind("invoice_is_later", _("The invoice is dated after this receipt: the receipt stays open."), WARNING),
    IssueKind(
        "instrument_not_agreed",
        _("The account of this customer does not accept this payment form: the receipt is posted all the same."),
        WARNING,
    ),
    IssueKind("invoice_covered", _("%(amount)s of this receipt are more than the invoice has open."), WARNING),
)
INSTRUMENTS = {
    "transfer": "transfer", "bank transfer": "transfer", "wire": "transfer", "t/t": "transfer", "tt": "transfer",
    "银行转账": "transfer", "转账": "transfer", "电汇": "transfer", "汇款": "transfer", "cash": "cash", "现金": "cash",
    "cheque": "cheque", "check": "cheque", "支票": "cheque", "bank draft": "bank_draft", "bank_draft": "bank_draft",
    "银行汇票": "bank_draft", "本票": "bank_draft", "acceptance bill": "acceptance_bill", "bill": "acceptance_bill",
    "acceptance_bill": "acceptance_bill", "承兑汇票": "acceptance_bill", "银行承兑汇票": "acceptance_bill",
    "商业承兑汇票": "acceptance_bill",
}  # fmt: skip
NUMBER = FieldSpec(
    "number", _("Receipt number"), parsers.limited(50, parsers.parse_document_number),
    ("receipt no", "receipt id", "payment number", "payment no", "payment id", "transaction id", "voucher no",
     "收款单号", "收款编号", "流水号", "凭证号"),
    help=_("Without it, what the row says is the key: the same row of the same file is never posted twice."),
)  # fmt: skip
VALUE_DATE = date_field(
    "on", _("Value date"), "receipt date", "payment date", "paid on", "date", "posting date", "booking date", "起息日",
    "收款日期", "到账日期", "回款日期", "交易日期", "日期", required=True,
)  # fmt: skip
INSTRUMENT = FieldSpec(
    "instrument", _("Instrument"), parsers.choice(INSTRUMENTS),
    ("payment method", "method", "payment type", "收款方式", "结算方式", "付款方式"), example="transfer",
)  # fmt: skip
PAYMENT_REFERENCE = FieldSpec(
    "reference", _("Reference"), parsers.limited(120),
    ("ref", "bank reference", "payment reference", "narrative", "参考号", "附言", "用途"),
)  # fmt: skip
INVOICE = FieldSpec(
    "invoice", _("Invoice that it settles"), parsers.limited(60, parsers.parse_document_number),
    ("invoice number", "invoice no", "invoice id", "applied to", "allocated to", "发票号", "发票号码", "核销发票"),
)  # fmt: skip
FIELDS = (
    ENTITY,
    CUSTOMER_NUMBER,
    CUSTOMER_NAME,
    NUMBER,
    VALUE_DATE,
    CURRENCY,
    amount_field("receipt amount", "paid amount", "payment amount", "收款金额", "到账金额", "回款金额"),
    INSTRUMENT,
    INVOICE,
    PAYMENT_REFERENCE,
    NOTE,
)
KEY_FIELDS = (CUSTOMER_NUMBER, VALUE_DATE, CURRENCY, FIELDS[6], INSTRUMENT, INVOICE, PAYMENT_REFERENCE)
POSTED = (
    "legal_entity_id", "number", "customer_id", "customer__code", "currency", "amount", "on", "reversed_on",
)  # fmt: skip


def check(row: ParsedRow, options: Mapping[str, str]) -> None:
    check_amount(row)
    if row.data["amount"] < 0:
        row.fail("amount_negative", "amount", row.data["amount"])


def repeats(data: dict[str, Any], options: Mapping[str, str]) -> bool:
    return "number" not in data


def key_of(data: dict[str, Any], options: Mapping[str, str]) -> str:
    if "number" in data:
        return f"{data.get('entity') or options.get('legal_entity', '')}|{data['number']}"
    return content_key(data, KEY_FIELDS)


class ReceiptPlanner(DocumentPlanner):
    """New receipts are posted; one that names an open invoice of the customer settles it as far as it is open."""

    def prepare(self) -> None:
        super().prepare()
        self.left: dict[int, Decimal] = {}  # what is still open of invoices that rows of this file settle
        self.lines: dict[int, Line] = {}  # row number -> what it settles

    def number_of(self, row: ParsedRow) -> str:
        return row.data.get("number") or f"R-{row.key}"

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        for row in rows:
            self.check_parties(row)
        fine = [row for row in rows if row.status != RowStatus.FAULTY]
        entities = {entity.pk for row in fine if (entity := self.entity_of(row))}
        found = Receipt.objects.filter(legal_entity__in=entities, number__in={self.number_of(row) for row in fine})
        posted = {(known["legal_entity_id"], known["number"]): known for known in found.values(*POSTED)}
        invoices = self.invoices(fine, entities)
        payers = {self.customers[row.data["customer"]] for row in fine if row.data["customer"] in self.customers}
        restricted = restricted_instruments(payers)
        for row in fine:
            entity = self.entity_of(row)
            known = posted.get((entity.pk, self.number_of(row))) if entity else None
            if known is None:
                self.check_postable(row, ("on", row.data["on"]))
                if row.status == RowStatus.NEW:
                    self.check_instrument(row, restricted)
                if row.status == RowStatus.NEW and "invoice" in row.data:
                    self.settle(row, invoices.get((entity.pk, row.data["invoice"])) if entity else None)
            else:
                self.compare_posted(row, known)

    def check_instrument(self, row: ParsedRow, restricted: Mapping[int, Collection[str]]) -> None:
        """Money is money: a payment form that is not agreed is told."""
        instrument = row.data.get("instrument", "transfer")
        accepted = restricted.get(self.customers.get(row.data["customer"], 0))
        if accepted is not None and instrument not in accepted:
            row.warn("instrument_not_agreed", "instrument", instrument)

    def invoices(self, rows: Sequence[ParsedRow], entities: Iterable[int]) -> dict[tuple[int, str], Invoice]:
        numbers = {row.data["invoice"] for row in rows if "invoice" in row.data}
        found = Invoice.objects.filter(legal_entity__in=entities, number__in=numbers, reversed_on=None)
        return {
            (invoice.legal_entity_id, invoice.number): invoice
            for invoice in found.exclude(kind=InvoiceKind.CREDIT_NOTE).order_by("-kind")
        }

    def compare_posted(self, row: ParsedRow, known: Mapping[str, Any]) -> None:
        wanted = [
            ("posted_other_customer", "customer_id", self.customers.get(row.data["customer"])),
            ("posted_other_currency", "currency", self.currency_of(row)),
            ("posted_other_amount", "amount", row.data["amount"]),
            ("posted_other_date", "on", row.data["on"]),
        ]
        self.same(row, self.number_of(row), known, wanted)

    def settle(self, row: ParsedRow, invoice: Invoice | None) -> None:
        """Note what the row settles, in the order of the file."""
        number, amount = row.data["invoice"], row.data["amount"]
        if (
            invoice is None
            or invoice.customer_id != self.customers.get(row.data["customer"])
            or invoice.currency != self.currency_of(row)
        ):
            row.warn("invoice_not_found", "invoice", number)
            return
        if invoice.on > row.data["on"]:
            row.warn("invoice_is_later", "invoice", number)
            return
        left = self.left.get(invoice.pk, invoice.open_amount)
        part = min(left, amount)
        self.left[invoice.pk] = left - part
        if part:
            self.lines[row.number] = Line(invoice.pk, part)
        if part < amount:
            row.warn("invoice_covered", "amount", amount, amount=str(amount - part))

    def posting(self, row: ParsedRow) -> ReceiptRow:
        entity = self.entity_of(row)
        assert entity is not None
        line = self.lines.get(row.number)
        return ReceiptRow(
            legal_entity_id=entity.pk,
            customer_id=self.customers[row.data["customer"]],
            number=self.number_of(row),
            on=row.data["on"],
            currency=self.currency_of(row),
            amount=row.data["amount"],
            instrument=row.data.get("instrument", "transfer"),
            reference=row.data.get("reference", ""),
            note=row.data.get("note", ""),
            lines=[line] if line else [],
        )

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        counts = self.create_missing()
        wanted = [self.posting(row) for row in rows]
        progress(0)
        result = post_receipts(actor=self.actor, rows=wanted)
        return {**counts, "receipts_posted": len(result.receipt_ids)}


RECEIPTS = ImportKind(
    key="receipts",
    label=_("Receipts"),
    fields=FIELDS,
    planner=ReceiptPlanner,
    key_of=key_of,
    permission="receivables.post_receipt",
    options=DOCUMENT_OPTIONS,
    check=check,
    repeats=repeats,
    note_labels=note_labels,
    links=lambda: [(_("Receipts"), "receivables:receipts")],
    help=_("One row is one receipt. It settles the invoice it names, or stays open to be allocated."),
    order=50,
)
