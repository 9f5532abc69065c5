"""Columns of the lists of invoices and receipts: the same on the page, in the totals and in an export."""

from typing import Any

from django.db.models import Case, DecimalField, Expression, F, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.columns import Column
from crm.core.dates import business_today
from customers.columns import customer_column
from receivables.models import Invoice, InvoiceKind, Receipt
from receivables.states import clearing_state, days_overdue, invoice_state, receipt_state


def signed(field: str) -> Expression:
    """A credit note takes away, everything else adds: what a sum over a mixed list must add up."""
    return Case(
        When(kind=InvoiceKind.CREDIT_NOTE, then=-F(field)),
        default=F(field),
        output_field=DecimalField(max_digits=18, decimal_places=2),
    )


def signed_amount(user: Any) -> dict[str, Expression]:
    return {"signed_amount": signed("amount")}


def signed_open(user: Any) -> dict[str, Expression]:
    return {"signed_open": signed("open_amount")}


def signed_open_base(user: Any) -> dict[str, Expression]:
    return {"signed_open_base": signed("open_base")}


def signed_base_amount(user: Any) -> dict[str, Expression]:
    return {"signed_base_amount": signed("base_amount")}


def lateness(invoice: Invoice) -> str:
    days = days_overdue(invoice, business_today())
    if not days:
        return ""
    return ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}


def kind_unless_invoice(invoice: Invoice) -> str:
    return "" if invoice.kind == InvoiceKind.INVOICE else invoice.get_kind_display()


INVOICE_COLUMNS = (
    Column(
        "number",
        gettext_lazy("Number"),
        url=lambda row: row.get_absolute_url(),
        order_by="number",
    ),
    customer_column(with_code=True),
    Column("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display(), default=False),
    Column("on", gettext_lazy("Date"), kind="date", order_by="on"),
    Column("due_on", gettext_lazy("Due date"), kind="date", detail=lateness, order_by="due_on"),
    Column(
        "state",
        gettext_lazy("State"),
        kind="badge",
        value=lambda row: invoice_state(row, business_today()),
        detail=kind_unless_invoice,
    ),
    Column("currency", gettext_lazy("Currency")),
    Column(
        "amount",
        gettext_lazy("Amount"),
        kind="money",
        value="signed_amount",
        annotate=signed_amount,
        order_by="signed_amount",
        total="signed_amount",
    ),
    Column(
        "base_amount",
        gettext_lazy("Amount, base currency"),
        kind="money",
        value="signed_base_amount",
        annotate=signed_base_amount,
        order_by="signed_base_amount",
        total="signed_base_amount",
        default=False,
    ),
    Column(
        "open_amount",
        gettext_lazy("Open amount"),
        kind="money",
        value="signed_open",
        annotate=signed_open,
        order_by="signed_open",
        total="signed_open",
    ),
    Column(
        "open_base",
        gettext_lazy("Open, base currency"),
        kind="money",
        value="signed_open_base",
        annotate=signed_open_base,
        order_by="signed_open_base",
        total="signed_open_base",
        default=False,
    ),
    Column(
        "legal_entity",
        gettext_lazy("Legal entity"),
        value="legal_entity.name",
        related=("legal_entity",),
        default=False,
    ),
    Column("responsible", gettext_lazy("Responsible"), related=("responsible",)),
    Column("reference", gettext_lazy("Reference"), default=False),
    Column("term_days", gettext_lazy("Term in days"), kind="number", default=False),
    Column("note", gettext_lazy("Note"), default=False),
)


def state_with_clearing(receipt: Receipt) -> str:
    state = clearing_state(receipt)
    return str(state.label) if state is not None else ""


def dishonour(receipt: Receipt) -> str:
    return _("bounced on %(on)s") % {"on": receipt.bounced_on} if receipt.bounced_on else ""


RECEIPT_COLUMNS = (
    Column("number", gettext_lazy("Number"), url=lambda row: row.get_absolute_url(), order_by="number"),
    customer_column(with_code=True),
    Column("on", gettext_lazy("Value date"), kind="date", order_by="on"),
    Column(
        "instrument",
        gettext_lazy("Instrument"),
        value=lambda row: row.get_instrument_display(),
        detail=state_with_clearing,
    ),
    Column("reference", gettext_lazy("Reference"), order_by="reference"),
    Column("state", gettext_lazy("State"), kind="badge", value=receipt_state, detail=dishonour),
    Column("currency", gettext_lazy("Currency")),
    Column("amount", gettext_lazy("Amount"), kind="money", order_by="amount", total=True),
    Column(
        "base_amount",
        gettext_lazy("Amount, base currency"),
        kind="money",
        order_by="base_amount",
        total=True,
        default=False,
    ),
    Column("open_amount", gettext_lazy("Unallocated"), kind="money", order_by="open_amount", total=True),
    Column(
        "open_base",
        gettext_lazy("Unallocated, base currency"),
        kind="money",
        order_by="open_base",
        total=True,
        default=False,
    ),
    Column(
        "legal_entity",
        gettext_lazy("Legal entity"),
        value="legal_entity.name",
        related=("legal_entity",),
        default=False,
    ),
    Column("created_by", gettext_lazy("Posted by"), related=("created_by",), default=False),
    Column("note", gettext_lazy("Note"), default=False),
)
