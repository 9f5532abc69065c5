"""Documents read under lock, with what a rule needs to know of their history."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from django.db import connection, models

from crm.core.prepared import execute
from crm.core.setbased import array, maker_of
from receivables.errors.documents import DocumentUnknown
from receivables.models import Invoice, Receipt

COMMON = (
    "id", "legal_entity_id", "customer_id", "number", "on", "currency", "rate", "amount", "base_amount", "open_amount",
    "open_base", "reversed_on",
)  # fmt: skip
INVOICE_FIELDS = (*COMMON, "kind", "due_on")
RECEIPT_FIELDS = (*COMMON, "instrument", "cleared_on", "bounced_on")


def _select(table: str, names: Sequence[str], *sources: str) -> str:
    """SELECT of documents by key, locked in key order. The earliest date of a new allocation is the last column: not
    before the document, its clearing, or the last time something was taken back from it (else a past date would show
    more settled than there was).
    """
    columns = ", ".join(f'document."{name}"' for name in names)
    taken_back = ", ".join(
        f'(SELECT max(back."on") FROM receivables_allocation back '
        f"WHERE back.{source} = document.id AND back.amount < 0)"
        for source in sources
    )
    cleared = ", document.cleared_on" if "cleared_on" in names else ""
    return (
        f'SELECT {columns}, greatest(document."on"{cleared}, {taken_back}) FROM {table} document '
        "WHERE document.id = ANY(%s::bigint[]) ORDER BY document.id FOR NO KEY UPDATE OF document"
    )


known_invoice, known_receipt = maker_of(Invoice, stored=True), maker_of(Receipt, stored=True)
LOCK_INVOICES = _select("receivables_invoice", INVOICE_FIELDS, "invoice_id", "credit_note_id")
LOCK_RECEIPTS = _select("receivables_receipt", RECEIPT_FIELDS, "receipt_id")


def _locked(made: Callable[[dict[str, Any]], Any], sql: str, names: Sequence[str], ids: Collection[int]) -> Any:
    if not ids:
        return {}
    found: dict[int, Any] = {}
    with connection.cursor() as cursor:
        execute(cursor, sql, [array(ids)])
        for row in cursor.fetchall():
            found[row[0]] = made(dict(zip((*names, "earliest_on"), row, strict=True)))
    for pk in ids:
        if pk not in found:
            raise DocumentUnknown(id=pk)
    return found


def lock_invoices(ids: Collection[int]) -> dict[int, Invoice]:
    """These invoices by key, locked in key order; raises DocumentUnknown."""
    return _locked(known_invoice, LOCK_INVOICES, INVOICE_FIELDS, ids)


def lock_receipts(ids: Collection[int]) -> dict[int, Receipt]:
    """These receipts by key, locked in key order; raises DocumentUnknown."""
    return _locked(known_receipt, LOCK_RECEIPTS, RECEIPT_FIELDS, ids)


class Head(NamedTuple):
    """What never changes about a document, so that it may be read before the locks."""

    customer_id: int
    legal_entity_id: int
    currency: str


def head_of(model: type[models.Model], pk: int, actor: Any) -> Head:
    """The head of a document the actor may see; a stranger's document does not exist (DocumentUnknown)."""
    records: Any = model._default_manager.filter(pk=pk)
    if actor is not None:
        records = records.visible_to(actor)
    found = records.values_list("customer_id", "legal_entity_id", "currency").first()
    if found is None:
        raise DocumentUnknown(id=pk)
    return Head(*found)


def heads_of(model: type[models.Model], pks: Collection[int]) -> dict[int, Head]:
    """The heads of documents by their keys, whoever may see them; raises DocumentUnknown."""
    records: Any = model._default_manager.filter(pk__in=pks)
    found = {row[0]: Head(*row[1:]) for row in records.values_list("pk", "customer_id", "legal_entity_id", "currency")}
    for pk in pks:
        if pk not in found:
            raise DocumentUnknown(id=pk)
    return found
