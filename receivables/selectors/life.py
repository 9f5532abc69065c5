"""The life of one document: what settled it, what it settled, and all that happened to it since it was posted."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _

from credit.models import CreditEntry
from crm.core.display import money
from receivables.models import Allocation, Invoice, Receipt, Reversal
from receivables.selectors.closing import user_key

# A document with more matches than this shows the newest; the ledger has them all.
MATCHES_SHOWN = 300

# Why two documents were matched, as a sentence (receivables.models.Allocation.Method).
WHY_MATCHED = {
    "reference": lambda: _("the payment named this invoice"),
    "exact": lambda: _("the amounts were equal"),
    "oldest": lambda: _("oldest due date first"),
    "manual": lambda: _("matched by hand"),
    "import": lambda: _("matched in the imported data"),
    "bounce": lambda: _("taken back because the instrument bounced"),
    "reversal": lambda: _("taken back because a document was reversed"),
}


@dataclass(frozen=True)
class Match:
    """One allocation with its other side, and the row that took it back where there is one."""

    allocation: Allocation
    other: Invoice | Receipt
    taken_back: Allocation | None

    @property
    def is_receipt(self) -> bool:
        return isinstance(self.other, Receipt)

    @property
    def why(self) -> str:
        return why_matched(self.allocation)

    @property
    def why_taken_back(self) -> str:
        """Empty when somebody took it back by hand."""
        if self.taken_back is None or self.taken_back.method not in {"bounce", "reversal"}:
            return ""
        return why_matched(self.taken_back)


@dataclass(frozen=True)
class Happening:
    """One line of a document's story."""

    on: dt.date
    recorded_at: dt.datetime
    icon: str
    text: str
    detail: str = ""
    who: Any = None
    tone: str = "neutral"
    url: str = ""

    @property
    def entered_later(self) -> bool:
        """Whether it was recorded on another day than it bears."""
        return isoday(self.recorded_at) != self.on


def why_matched(allocation: Allocation) -> str:
    sentence = WHY_MATCHED.get(allocation.method)
    return sentence() if sentence else allocation.get_method_display()


def matches_of(document: Invoice | Receipt) -> list[Match]:
    """Every allocation of the document, newest first, also those that were taken back."""
    rows = Allocation.objects.filter(amount__gt=0).select_related("taken_back_by", "created_by")
    if isinstance(document, Receipt):
        rows = rows.filter(receipt=document).select_related("invoice", "taken_back_by__created_by")
    else:
        rows = rows.filter(Q(invoice=document) | Q(credit_note=document))
        rows = rows.select_related("invoice", "receipt", "credit_note", "taken_back_by__created_by")
    return [
        Match(row, other_side(row, document), getattr(row, "taken_back_by", None))
        for row in rows.order_by("-on", "-pk")[:MATCHES_SHOWN]
    ]


def other_side(allocation: Allocation, document: Invoice | Receipt) -> Invoice | Receipt:
    if isinstance(document, Invoice) and allocation.invoice_id == document.pk:
        return source_of(allocation)
    return allocation.invoice


def source_of(allocation: Allocation) -> Invoice | Receipt:
    """The receipt or credit note that an allocation gives away (the database knows exactly one of them)."""
    source: Any = allocation.receipt or allocation.credit_note
    found: Invoice | Receipt = source
    return found


def reversal_of(document: Invoice | Receipt) -> Reversal | None:
    field = "receipt" if isinstance(document, Receipt) else "invoice"
    return Reversal.objects.filter(**{field: document}).select_related("created_by").first()


def credit_entries_of(document: Invoice | Receipt) -> Sequence[CreditEntry]:
    """The movements of the credit account that this document and its allocations made, oldest first."""
    kind = "receipt" if isinstance(document, Receipt) else "invoice"
    side = Q(receipt=document) if isinstance(document, Receipt) else Q(invoice=document) | Q(credit_note=document)
    allocations = list(Allocation.objects.filter(side).values_list("pk", flat=True)[: 2 * MATCHES_SHOWN])
    sources = Q(source_kind=kind, source_id=document.pk) | Q(source_kind="allocation", source_id__in=allocations)
    return list(
        CreditEntry.objects.filter(sources, account__customer_id=document.customer_id).order_by("pk")[
            : 4 * MATCHES_SHOWN
        ]
    )


def story_of(document: Invoice | Receipt, matches: Sequence[Match], reversal: Reversal | None) -> list[Happening]:
    """Everything that happened to a document, newest first."""
    story = [posted(document)]
    for match in matches:
        story.append(matched(document, match))
        if match.taken_back is not None:
            story.append(taken_back(match, match.taken_back))
    if isinstance(document, Receipt):
        story.extend(clearing(document))
    else:
        story.extend(handed_over(document))
    if reversal is not None:
        dishonoured = isinstance(document, Receipt) and document.bounced_on
        story.append(bounced(reversal) if dishonoured else undone(reversal))
    # What one request did has one moment: there the order in which it is told here decides.
    story.reverse()
    story.sort(key=lambda line: (line.on, line.recorded_at), reverse=True)
    return story


def posted(document: Invoice | Receipt) -> Happening:
    return Happening(
        document.on,
        document.recorded_at,
        "file-plus",
        _("Posted: %(amount)s %(currency)s") % {"amount": money(document.amount), "currency": document.currency},
        detail=document.note,
        who=document.created_by,
    )


def matched(document: Invoice | Receipt, match: Match) -> Happening:
    values = {"amount": money(match.allocation.amount), "number": match.other.number}
    if isinstance(document, Invoice) and match.allocation.invoice_id == document.pk:
        text = _("%(amount)s settled by %(number)s") % values
    else:
        text = _("%(amount)s allocated to %(number)s") % values
    return Happening(
        match.allocation.on,
        match.allocation.recorded_at,
        "link",
        text,
        detail=match.why,
        who=match.allocation.created_by,
        tone="success",
        url=match.other.get_absolute_url(),
    )


def taken_back(match: Match, row: Allocation) -> Happening:
    values = {"amount": money(-row.amount), "number": match.other.number}
    return Happening(
        row.on,
        row.recorded_at,
        "unlink",
        _("%(amount)s of %(number)s taken back") % values,
        detail=match.why_taken_back,
        who=row.created_by,
        tone="warning",
        url=match.other.get_absolute_url(),
    )


def clearing(receipt: Receipt) -> list[Happening]:
    if not receipt.cleared_on:
        return []
    moment = dt.datetime.combine(receipt.cleared_on, dt.time.max, tzinfo=receipt.recorded_at.tzinfo)
    return [Happening(receipt.cleared_on, moment, "circle-check", _("Cleared: the money has arrived"), tone="success")]


def bounced(reversal: Reversal) -> Happening:
    return Happening(
        reversal.on,
        reversal.recorded_at,
        "alert-triangle",
        _("Bounced: what it had settled is open again"),
        detail=reversal.reason,
        who=reversal.created_by,
        tone="danger",
    )


def undone(reversal: Reversal) -> Happening:
    return Happening(
        reversal.on,
        reversal.recorded_at,
        "arrow-back-up",
        _("Reversed"),
        detail=reversal.reason,
        who=reversal.created_by,
        tone="danger",
    )


def handed_over(invoice: Invoice) -> list[Happening]:
    """Changes of the responsible person: each kept row holds who it was before, the next one who came after."""
    events = list(
        Invoice.pgh_event_model.objects.filter(pgh_obj_id=invoice.pk, pgh_label="update")  # type: ignore[attr-defined]
        .select_related("responsible", "pgh_context")
        .order_by("pk")
    )
    after = [*(event.responsible for event in events[1:]), invoice.responsible][: len(events)]
    contexts = [(event.pgh_context.metadata or {}) if event.pgh_context else {} for event in events]
    keys = [user_key(data) for data in contexts]
    users = get_user_model().objects.in_bulk(set(keys))
    return [
        Happening(
            isoday(event.pgh_created_at),
            event.pgh_created_at,
            "user",
            _("%(name)s became responsible") % {"name": person} if person else _("Nobody is responsible any more"),
            detail=str(data.get("reason", "")),
            who=users.get(key),
        )
        for event, person, data, key in zip(events, after, contexts, keys, strict=True)
    ]


def isoday(moment: dt.datetime) -> dt.date:
    """The business day of a moment."""
    return moment.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).date()
