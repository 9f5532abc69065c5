"""The note that goes with a delivery: what left, for whom, who signs; in either language, without any price.

One content, set as PDF and written as a Word file.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from contracts.clause_text import long_date
from contracts.documents import printed_quantity
from contracts.models import Delivery, DeliveryLine
from contracts.words import locale_of
from crm.documents import pdf
from crm.documents.word import Beside, Paragraph, Part, Table, docx

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Note:
    """What both documents print, in their order."""

    title: str
    number: str
    mark: str  # why it counts for nothing: it was taken back
    sender: str
    sender_lines: list[str]
    recipient: str
    recipient_lines: list[str]
    facts: list[list[str]]  # label and value
    heads: list[str]
    rows: list[list[str]]
    note: str
    received: str
    signing: list[tuple[str, list[str]]]  # who signs, and the lines to fill in; as many for each


def note_of(delivery: Delivery, language: str) -> Note:
    """The note of a delivery, read with its order, in a language ('zh', 'en')."""
    order = delivery.order
    customer, entity = order.customer, order.legal_entity
    with translation.override(locale_of(language)):
        facts = [
            [_("Number"), delivery.number],
            [_("Date"), long_date(delivery.on, language)],
            [_("Order"), order.number],
            [_("Contract"), order.contract.number if order.contract else ""],
            [_("Customer's reference"), order.reference],
            [_("Carrier and waybill"), delivery.carrier],
        ]
        rows = delivery.lines.select_related("line__product").order_by("line__position")
        reversal = getattr(delivery, "reversal", None)
        lines = [_("Name:"), _("Signature:"), _("Date:")]
        return Note(
            title=_("Delivery note"),
            number=delivery.number,
            mark=""
            if reversal is None
            else _("Taken back on %(day)s: it counts as never made.") % {"day": long_date(reversal.on, language)},
            sender=str(entity),
            sender_lines=[line for line in (entity.address_in(language), entity.uscc) if line],
            recipient=customer.name_in(language),
            recipient_lines=[line for line in (customer.address_in(language), customer.code) if line],
            facts=[[label, value] for label, value in facts if value],
            heads=[_("No."), _("Code"), _("Product"), _("Unit"), _("Quantity")],
            rows=[row_of(place, row) for place, row in enumerate(rows, 1)],
            note=delivery.note,
            received=_(
                "The goods listed were received complete and in good order, unless something else is noted here:"
            ),
            signing=[(_("Handed over by"), lines), (_("Received by (signature and seal)"), lines)],
        )


def row_of(place: int, row: DeliveryLine) -> list[str]:
    product = row.line.product
    return [str(place), product.code, str(product), product.unit, printed_quantity(row.quantity)]


def note_pdf(delivery: Delivery, language: str) -> bytes:
    """The note as PDF. Raises DocumentFailed, FontsMissing."""
    note = note_of(delivery, language)
    locale = locale_of(language)
    data: dict[str, Any] = {
        "language": locale,
        "title": note.title,
        "number": note.number,
        "mark": note.mark,
        "sender": {"name": note.sender, "lines": note.sender_lines},
        "recipient": {"name": note.recipient, "lines": note.recipient_lines},
        "facts": note.facts,
        "heads": note.heads,
        "rows": note.rows,
        "note": note.note,
        "received": note.received,
        "signing": [list(each) for each in note.signing],
    }
    return pdf("delivery-note", data, language=locale)


def note_docx(delivery: Delivery, language: str) -> bytes:
    """The note as a Word file: what the PDF says."""
    note = note_of(delivery, language)
    chinese = language == "zh"
    body: list[Part] = [
        Paragraph(note.sender, style="Heading1"),
        *(Paragraph(line) for line in note.sender_lines),
        Paragraph(note.title, style="Title"),
    ]
    if note.mark:
        body.append(Paragraph(note.mark, align="center"))
    to = [Paragraph(note.recipient, style="Signer"), *(Paragraph(line) for line in note.recipient_lines)]
    facts = [Paragraph(f"{label}{'：' if chinese else ': '}{value}") for label, value in note.facts]
    body += [Beside([to, facts]), Table(note.heads, note.rows, figures=(4,))]
    if note.note:
        body.append(Paragraph(note.note))
    body.append(Paragraph(note.received))
    blocks = [
        [Paragraph(name, style="Signer"), *(Paragraph(f"{line} ____________", style="Signature") for line in lines)]
        for name, lines in note.signing
    ]
    body.append(Beside(blocks))
    return docx(
        body,
        title=f"{note.title} {note.number}",
        language="zh-CN" if chinese else "en-GB",
        foot=f"{note.title}　{note.number}",
        pages="第 {} 页，共 {} 页" if chinese else "Page {} of {}",
    )
