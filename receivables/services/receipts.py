"""Post receipts, and say what they settle."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from crm.core.idempotency import fingerprint_of
from crm.core.locks import atomic_or_busy
from receivables.models import Allocation, Receipt
from receivables.rules.documents import check_year, suggest
from receivables.selectors.propose import open_candidates
from receivables.services.access import actor_id_of, require
from receivables.services.entering import bulk_events, document_data, enter_receipts, journal_for, receipt_keys
from receivables.services.journal import Journal
from receivables.services.opening import open_receipt
from receivables.services.rows import BulkResult, Line, ReceiptRow

AUTO = "auto"


def post_receipt(
    *,
    actor: Any,
    legal_entity_id: int,
    customer_id: int,
    on: dt.date,
    currency: str,
    amount: Decimal,
    instrument: str,
    reference: str = "",
    note: str = "",
    number: str = "",
    rate: Decimal | None = None,
    lines: Sequence[Line] = (),
    method: str | None = None,
    recorded_at: dt.datetime | None = None,
    idempotency_key: str = "",
) -> Receipt:
    """Post one receipt and settle invoices with it, in the lines given or (method "auto") as `propose` says.

    The lines bear the date of the receipt, or the invoice's where that is later; what is left stays open. Raises
    BeforeBooks where the year looks mistyped.
    """
    require(actor, "receivables.post_receipt", [customer_id])
    row = ReceiptRow(
        legal_entity_id=legal_entity_id,
        customer_id=customer_id,
        on=on,
        currency=currency,
        amount=amount,
        instrument=instrument,
        reference=reference,
        note=note,
        number=number,
        rate=rate,
        lines=tuple(lines),
    )
    actor_id = actor_id_of(actor)
    with atomic_or_busy():
        opened = open_receipt(row, idempotency_key=idempotency_key, fingerprint=fingerprint_of(row=row, method=method))
        if opened.claim.earlier:
            return Receipt.objects.get(pk=opened.claim.earlier[0])
        check_year(on, opened.oldest)
        journal = Journal(
            accounts={customer_id: opened.account},
            actor_id=actor_id,
            recorded_at=recorded_at,
            allocation_ids=opened.allocation_ids,
        )
        if method == AUTO:
            # The account is locked: nobody else opens or settles invoices of this customer now.
            row = replace(row, lines=_proposed(row))
        [receipt] = enter_receipts(journal, [row], [opened.key], opened.facts, Allocation.Method.MANUAL)
        allocated = f"{receipt.amount - receipt.open_amount:.2f}"
        journal.tell(customer_id, "receipt_posted", on, {**document_data(receipt), "allocated": allocated})
        journal.write()
    return receipt


def post_receipts(*, actor: Any, rows: Sequence[ReceiptRow], recorded_at: dt.datetime | None = None) -> BulkResult:
    """Post many receipts at once with the lines they carry, all or none, by the same rules as one."""
    require(actor, "receivables.post_receipt", {row.customer_id for row in rows})
    actor_id = actor_id_of(actor)
    with atomic_or_busy(), journal_for(rows, actor_id=actor_id, recorded_at=recorded_at) as (journal, facts):
        receipts = enter_receipts(journal, rows, receipt_keys(rows), facts, Allocation.Method.IMPORT)
        journal.events += bulk_events("receipts_imported", receipts, actor_id)
        allocations = journal.allocations
    return BulkResult(
        receipt_ids=[receipt.pk for receipt in receipts], allocation_ids=[allocation.pk for allocation in allocations]
    )


def _proposed(row: ReceiptRow) -> tuple[Line, ...]:
    candidates = open_candidates(
        customer_id=row.customer_id, currency=row.currency, legal_entity_id=row.legal_entity_id, on=row.on
    )
    return tuple(
        Line(item.candidate.invoice_id, item.amount, item.reason)
        for item in suggest(candidates, row.amount, row.reference)
    )
