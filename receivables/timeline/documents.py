"""How the events of receivables read on a customer's timeline; the figures are stored, the sentences are made here."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.display import figure
from crm.core.registry import TimelineKind
from receivables.models import Instrument, InvoiceKind

Data = dict[str, Any]


def amount_of(data: Data, name: str = "amount") -> str:
    """'1,234.50 USD' from the stored figures; empty where the event has none."""
    try:
        amount = figure(Decimal(str(data[name])))
    except (KeyError, InvalidOperation):
        return ""
    return f"{amount} {data.get('currency', '')}".strip()


def words(data: Data) -> dict[str, Any]:
    return {"number": data.get("number", ""), "amount": amount_of(data), "reason": data.get("reason", "")}


def invoice_posted(data: Data) -> str:
    values = {**words(data), "due_on": data.get("due_on", "")}
    kind = data.get("kind", InvoiceKind.INVOICE)
    if kind == InvoiceKind.CREDIT_NOTE:
        return _("Credit note %(number)s over %(amount)s posted") % values
    if kind == InvoiceKind.DEBIT_NOTE:
        return _("Debit note %(number)s over %(amount)s posted, due %(due_on)s") % values
    return _("Invoice %(number)s over %(amount)s posted, due %(due_on)s") % values


def receipt_posted(data: Data) -> str:
    values = {**words(data), "instrument": dict(Instrument.choices).get(data.get("instrument", ""), "")}
    if values["instrument"]:
        return _("%(amount)s received as receipt %(number)s (%(instrument)s)") % values
    return _("%(amount)s received as receipt %(number)s") % values


def allocated(data: Data) -> str:
    count = int(data.get("count") or 1)
    named = data.get("invoices") or []
    if count == 1 and len(named) == 1:
        return _("%(amount)s of %(number)s allocated to %(invoice)s") % {**words(data), "invoice": named[0][1]}
    values = {**words(data), "count": count}
    return (
        ngettext(
            "%(amount)s of %(number)s allocated to %(count)s invoice",
            "%(amount)s of %(number)s allocated to %(count)s invoices",
            count,
        )
        % values
    )


def taken_back(data: Data) -> str:
    return _("Allocation of %(amount)s from %(number)s taken back") % words(data)


def reversed_(data: Data) -> str:
    return with_reason(_("%(number)s over %(amount)s reversed") % words(data), data)


def bounced(data: Data) -> str:
    return with_reason(_("Receipt %(number)s over %(amount)s bounced") % words(data), data)


def cleared(data: Data) -> str:
    return _("Receipt %(number)s over %(amount)s cleared") % words(data)


def with_reason(sentence: str, data: Data) -> str:
    if not data.get("reason"):
        return sentence
    return _("%(sentence)s: %(reason)s") % {"sentence": sentence, "reason": data["reason"]}


def invoices_imported(data: Data) -> str:
    count = int(data.get("count") or 0)
    told = ngettext("%(count)s invoice imported", "%(count)s invoices imported", count) % {"count": count}
    return with_totals(told, data)


def receipts_imported(data: Data) -> str:
    count = int(data.get("count") or 0)
    told = ngettext("%(count)s receipt imported", "%(count)s receipts imported", count) % {"count": count}
    return with_totals(told, data)


def with_totals(sentence: str, data: Data) -> str:
    """'12 invoices imported: 1,200.00 CNY, 80.00 USD'."""
    totals = [amount_of({"amount": total, "currency": code}) for code, total in (data.get("amounts") or {}).items()]
    return (
        _("%(sentence)s: %(reason)s") % {"sentence": sentence, "reason": _(", ").join(totals)} if totals else sentence
    )


def document_url(data: Data) -> str:
    """The page of the document an event is about (`kind` says which; allocations name their source); else empty."""
    if data.get("receipt"):
        return reverse("receivables:receipt", args=[data["receipt"]])
    if data.get("credit_note"):
        return reverse("receivables:invoice", args=[data["credit_note"]])
    if not data.get("id"):
        return ""
    return reverse("receivables:receipt" if data.get("kind") == "receipt" else "receivables:invoice", args=[data["id"]])


INVOICE = "receivables.view_invoice"
RECEIPT = "receivables.view_receipt"
ALLOCATION = "receivables.view_allocation"

KINDS: Mapping[str, TimelineKind] = {
    kind.key: kind
    for kind in (
        TimelineKind("invoice_posted", gettext_lazy("Invoice"), "file-invoice", invoice_posted, document_url, INVOICE),
        TimelineKind("receipt_posted", gettext_lazy("Receipt"), "coins", receipt_posted, document_url, RECEIPT),
        TimelineKind("allocated", gettext_lazy("Allocation"), "link", allocated, document_url, ALLOCATION),
        TimelineKind("taken_back", gettext_lazy("Taken back"), "unlink", taken_back, document_url, ALLOCATION),
        TimelineKind("reversed", gettext_lazy("Reversal"), "arrow-back-up", reversed_, document_url, INVOICE),
        TimelineKind("bounced", gettext_lazy("Bounced"), "alert-triangle", bounced, document_url, RECEIPT),
        TimelineKind("cleared", gettext_lazy("Cleared"), "circle-check", cleared, document_url, RECEIPT),
        TimelineKind("invoices_imported", gettext_lazy("Import"), "file-import", invoices_imported, None, INVOICE),
        TimelineKind("receipts_imported", gettext_lazy("Import"), "file-import", receipts_imported, None, RECEIPT),
    )
}
