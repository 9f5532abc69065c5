"""What ageing shows, on the page and in workbooks alike: columns, names of groups, documents with their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.display import isodate
from crm.core.money import ZERO, base_currency
from customers.models import Customer
from receivables.models import InvoiceKind
from receivables.rules.documents import bucket_index
from receivables.selectors.ageing import AgeingLine, AgeingQuery, OpenDocument
from receivables.selectors.collection.case import disputed_on
from receivables.selectors.groupings import NONE, Grouping

BILLED = (InvoiceKind.INVOICE, InvoiceKind.DEBIT_NOTE)
KINDS: dict[str, Any] = {**dict(InvoiceKind.choices), "receipt": gettext_lazy("Receipt")}


def bucket_labels(bounds: Sequence[int]) -> list[str]:
    """'1–30 d', '31–60 d', ... '> 365 d': what stands above the columns, in days."""
    lower = [1, *(bound + 1 for bound in bounds[:-1])]
    ranges = [_("%(first)s–%(last)s d") % {"first": a, "last": b} for a, b in zip(lower, bounds, strict=True)]
    return [*ranges, _("> %(days)s d") % {"days": bounds[-1]}]


def subtitle(query: AgeingQuery) -> str:
    """Date, day count and currency in one line: what a printed page must say."""
    return _("As at %(as_at)s, days from the %(date)s, amounts in %(basis)s") % {
        "as_at": isodate(query.as_at),
        "date": _("due date") if query.by == "due" else _("invoice date"),
        "basis": base_currency() if query.basis == "base" else _("document currencies"),
    }


def cell_name(query: AgeingQuery, cell: str) -> str:
    """What the documents behind a cell are."""
    return _("Open invoices") if cell == "receivable" else column_labels(query).get(cell, cell)


def column_labels(query: AgeingQuery) -> dict[str, str]:
    """What stands above each column that is shown, in order."""
    first = _("Not due") if query.by == "due" else _("Dated that day")
    found = {} if query.only_overdue else {"b0": first}
    found |= {f"b{index}": label for index, label in enumerate(bucket_labels(query.bounds), 1)}
    found["overdue"] = _("Overdue") if query.by == "due" else _("Older")
    if not query.only_overdue:
        found |= {"unallocated": _("Unallocated"), "total": _("Total")}
    return found


def amount_of(line: AgeingLine, cell: str) -> Decimal:
    """The figure of a cell as the report shows it: what is unallocated reduces what is owed."""
    if cell == "overdue":
        return line.overdue
    if cell == "total":
        return line.total
    return -line.unallocated if cell == "unallocated" else line.amounts[int(cell[1:])]


def group_name(grouping: Grouping, line: AgeingLine) -> str:
    """What a group is called; documents whose customer has no owner, team, province or grade stand together."""
    if line.key == NONE:
        return str(grouping.none)
    return line.key if line.label is None else str(line.label)


@dataclass(frozen=True)
class DocumentRow:
    """A document behind a cell; a receipt or credit note has no days and no bucket. `disputed` is part of what is open:
    it is not dunned, but it is owed.
    """

    document: OpenDocument
    kind: Any
    customer: Customer
    url: str
    days: int | None
    bucket: str
    disputed: Decimal = ZERO


def document_rows(query: AgeingQuery, documents: Sequence[OpenDocument]) -> list[DocumentRow]:
    """Documents with their customers, days and buckets; customers in one statement, disputes in another."""
    customers = Customer.objects.only("name", "short_name", "code").in_bulk({row.customer_id for row in documents})
    labels = ["", *bucket_labels(query.bounds)]
    disputed = disputed_on([row.pk for row in documents if row.kind in BILLED], query.as_at)
    found = []
    for document in documents:
        days = (query.as_at - (document.due_on if query.by == "due" else document.on)).days
        ages = document.kind in BILLED
        address = "receivables:receipt" if document.kind == "receipt" else "receivables:invoice"
        found.append(
            DocumentRow(
                document=document,
                kind=KINDS[document.kind],
                customer=customers[document.customer_id],
                url=reverse(address, args=[document.pk]),
                days=max(days, 0) if ages else None,
                bucket=labels[bucket_index(days, query.bounds)] if ages else "",
                disputed=min(disputed.get(document.pk, ZERO), document.open_amount) if ages else ZERO,
            )
        )
    return found
