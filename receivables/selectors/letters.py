"""What stands in a letter: its words in its own language, its lines, whom it goes to; and what to know before sending.

The figures are those of the letter's lines, frozen in its night; names and addresses are those of today.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Max, Prefetch, QuerySet, Sum
from django.utils import translation
from django.utils.translation import gettext as _

from crm.core.display import isodate, money
from customers.models import Contact, Customer
from receivables.letter_text import fill, is_chinese, long_date
from receivables.models import Invoice, InvoiceKind, Letter, LetterLine, Receipt

CHINESE_COUNTRIES = frozenset({"CN", "HK", "MO", "TW"})
# Who at the customer is written to: accounts payable before the main contact before anybody else.
FIRST_TO_WRITE_TO = Contact.BuyingRole.FINANCE


@dataclass(frozen=True)
class LetterText:
    """A letter as it reads: in `language`, with its sums by currency and where it goes."""

    letter: Letter
    language: str
    subject: str
    body: str
    totals: Sequence[tuple[str, Decimal]]
    lines: Sequence[LetterLine]
    contact: Contact | None
    recipient: str
    pay_by: dt.date

    @property
    def by_mail(self) -> bool:
        """Whether it goes out as e-mail; without an address it is printed."""
        return self.letter.channel == Letter.Channel.EMAIL and bool(self.recipient)


@dataclass
class Standing:
    """What may have crossed with a letter: money not allocated yet, and how far the books are posted.

    `last_posting_on` is of the customer, `receipts_through` the newest receipt of the legal entity.
    """

    unallocated: dict[str, Decimal] = field(default_factory=dict)
    last_posting_on: dt.date | None = None
    receipts_through: dt.date | None = None


def letters_to_read(queryset: QuerySet[Letter]) -> QuerySet[Letter]:
    """The letters with everything their text needs, in a fixed number of statements."""
    contacts = Contact.objects.filter(is_active=True).order_by("-is_primary", "pk")
    return queryset.select_related(
        "customer__owner", "legal_entity", "template", "policy_step__policy", "case"
    ).prefetch_related(
        Prefetch("customer__contacts", contacts, to_attr="letter_contacts"),
        Prefetch("lines", LetterLine.objects.select_related("invoice").order_by("due_on", "pk")),
    )


def language_of(customer: Customer) -> str:
    return "zh-hans" if customer.country in CHINESE_COUNTRIES else "en"


def reference(letter: Letter) -> str:
    """The number a customer quotes when answering."""
    return f"D{letter.pk:06d}"


def whom_to_write(customer: Any) -> tuple[Contact | None, str]:
    """The person to address and the e-mail address to write to; empty where none is known."""
    contacts: list[Contact] = sorted(customer.letter_contacts, key=lambda each: each.role != FIRST_TO_WRITE_TO)
    reachable = [contact for contact in contacts if contact.email]
    if reachable:
        return reachable[0], reachable[0].email
    return next(iter(contacts), None), customer.email


def read_letter(letter: Letter) -> LetterText:
    """The text of a letter from `letters_to_read`; a letter that was sent keeps its language and its address."""
    customer = letter.customer
    language = letter.language or language_of(customer)
    lines = list(letter.lines.all())
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.currency] += line.open_amount
    totals = sorted(sums.items())
    oldest = min((line.due_on for line in lines), default=letter.on)
    contact, address = whom_to_write(customer)
    pay_by = letter.on + dt.timedelta(days=letter.policy_step.policy.letter_interval_days)
    name = customer.name_in(language)
    values = {
        "customer": name,
        "contact": contact.name if contact else name,
        "entity": entity_name(letter, language),
        "number": reference(letter),
        "on": letter.on,
        "total": totals,
        "count": len(lines),
        "oldest_due_on": oldest,
        "oldest_days": max((letter.on - oldest).days, 0),
        "pay_by": pay_by,
        "owner": customer.owner.name if customer.owner else entity_name(letter, language),
    }
    return LetterText(
        letter=letter,
        language=language,
        subject=fill(letter.template.subject(language), values, language=language),
        body=fill(letter.template.body(language), values, language=language).replace("\r\n", "\n").strip(),
        totals=totals,
        lines=lines,
        contact=contact,
        recipient=letter.recipient or address,
        pay_by=pay_by,
    )


def entity_name(letter: Letter, language: str) -> str:
    return letter.legal_entity.name_zh if is_chinese(language) else letter.legal_entity.name_en


def document_of(text: LetterText) -> dict[str, Any]:
    """A letter as templates/documents/letters.typ prints it."""
    letter, entity, customer = text.letter, text.letter.legal_entity, text.letter.customer
    sender, bank = entity_name(letter, text.language), entity.bank_in(text.language)
    with translation.override(text.language):
        person = _("Attn. %(name)s") % {"name": text.contact.name} if text.contact else ""
        facts = [[_("Date"), isodate(letter.on)], [_("Our reference"), reference(letter)]]
        if customer.owner:
            facts.append([_("Your contact"), customer.owner.name])
            if customer.owner.email:
                facts.append([_("E-mail"), customer.owner.email])
        return {
            "language": text.language,
            "number": reference(letter),
            "subject": text.subject,
            "sender": {
                "name": sender,
                "lines": [line for line in (entity.address_in(text.language), entity.uscc) if line],
            },
            "recipient": {
                "name": customer.name_in(text.language),
                "lines": [line for line in (customer.address_in(text.language), person) if line],
            },
            "facts": facts,
            "body": text.body,
            "statement": [statement_of(text, currency, total) for currency, total in text.totals],
            "bank": {"title": _("Please pay to"), "text": bank} if bank else None,
            "close": _("If your payment is already on its way, please take no notice of this letter."),
            "signature": [sender, long_date(letter.on, text.language)],
        }


def statement_of(text: LetterText, currency: str, total: Decimal) -> dict[str, Any]:
    """The items of one currency with their age and their sum."""
    on = text.letter.on
    return {
        "title": _("Items in %(currency)s") % {"currency": currency},
        "heads": [_("Number"), _("Date"), _("Due date"), _("Days overdue"), _("Amount"), _("To be paid")],
        "rows": [
            [
                line.invoice.number,
                isodate(line.invoice.on),
                isodate(line.due_on),
                str(max((on - line.due_on).days, 0) or "–"),
                money(line.amount),
                money(line.open_amount),
            ]
            for line in text.lines
            if line.currency == currency
        ],
        "foot": [[_("Total"), "", "", "", "", money(total)]],
    }


def file_of(texts: Sequence[LetterText]) -> dict[str, Any]:
    """Letters as the data of one PDF."""
    return {"title": texts[0].subject, "letters": [document_of(text) for text in texts]}


def standings(letters: Iterable[Letter]) -> dict[tuple[int, int], Standing]:
    """By customer and legal entity: what is unallocated and how far is posted. Four statements and one an entity."""
    pairs = {(letter.customer_id, letter.legal_entity_id) for letter in letters}
    found = {pair: Standing() for pair in pairs}
    of_these = {"customer_id__in": {customer for customer, _entity in pairs}, "reversed_on__isnull": True}
    sources = (
        Receipt.objects.filter(open_amount__gt=0, **of_these),
        Invoice.objects.filter(open_amount__gt=0, kind=InvoiceKind.CREDIT_NOTE, **of_these),
    )
    for source in sources:
        rows = source.order_by().values_list("customer_id", "legal_entity_id", "currency").annotate(Sum("open_amount"))
        for customer_id, entity_id, currency, amount in rows:
            if standing := found.get((customer_id, entity_id)):
                standing.unallocated[currency] = standing.unallocated.get(currency, Decimal(0)) + amount
    for documents in (Receipt.objects.filter(**of_these), Invoice.objects.filter(**of_these)):
        for customer_id, entity_id, on in (
            documents.order_by().values_list("customer_id", "legal_entity_id").annotate(Max("on"))
        ):
            if standing := found.get((customer_id, entity_id)):
                standing.last_posting_on = max(standing.last_posting_on or on, on)
    for entity in {entity for _customer, entity in pairs}:
        newest = Receipt.objects.filter(legal_entity=entity).order_by("-on", "-pk").values_list("on", flat=True).first()
        for pair in pairs:
            if pair[1] == entity:
                found[pair].receipts_through = newest
    return found
