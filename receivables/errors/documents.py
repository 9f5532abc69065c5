"""What the rules of receivables refuse."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import AmountNotPositive, AmountPlaces, DomainError


class CustomerUnknown(DomainError):
    """The customer does not exist."""

    code = "customer_unknown"
    message = _("The customer %(id)s does not exist.")


class DocumentUnknown(DomainError):
    """The invoice, receipt or allocation does not exist, or is not for this user to see."""

    code = "document_unknown"
    message = _("The document %(id)s does not exist.")


class NotOpen(DomainError):
    """More is asked of a document than it has open."""

    code = "not_open"
    message = _("%(number)s has %(open)s open; %(requested)s was asked for.")


class WrongKind(DomainError):
    """An allocation goes from a receipt or credit note to an invoice or debit note."""

    code = "wrong_kind"
    message = _("%(number)s cannot be used here: a receipt or credit note settles an invoice or debit note.")


class CustomerMismatch(DomainError):
    """Source and invoice belong to different customers."""

    code = "customer_mismatch"
    message = _("%(number)s and %(source)s belong to different customers.")


class CurrencyMismatch(DomainError):
    """Allocation never crosses currencies."""

    code = "currency_mismatch"
    message = _("%(number)s and %(source)s are in different currencies.")


class EntityMismatch(DomainError):
    """A receipt of one legal entity does not settle an invoice of another."""

    code = "entity_mismatch"
    message = _("%(number)s and %(source)s belong to different legal entities.")


class DateBeforeDocument(DomainError):
    """The date lies before something it must follow."""

    code = "date_before_document"
    message = _("The date %(on)s is too early for %(number)s; the earliest possible date is %(earliest)s.")


class BeforeBooks(DomainError):
    """A document typed in lies more than a year before everything in the books: a mistyped year."""

    code = "before_books"
    message = _(
        "The oldest document in the books is of %(oldest)s: nothing is posted more than a year before it, such as"
        " %(on)s. Is the year right? Older documents come in by an import."
    )


class NumberTaken(DomainError):
    """The legal entity has used this number already."""

    code = "number_taken"
    message = _("The number %(number)s is taken already.")


class NumberMissing(DomainError):
    """An invoice needs a number."""

    code = "number_missing"
    message = _("Please give a number.")


class AlreadyReversed(DomainError):
    """The document has been reversed already."""

    code = "already_reversed"
    message = _("%(number)s was reversed on %(on)s.")


class AlreadyTakenBack(DomainError):
    """The allocation has been taken back already."""

    code = "already_taken_back"
    message = _("This allocation was taken back already.")


class NotUncleared(DomainError):
    """Only an instrument that waits to be cleared can clear or bounce."""

    code = "not_uncleared"
    message = _("%(number)s is not waiting to be cleared.")


class AlreadyClosed(DomainError):
    """The period is closed up to a later date; moving the closing date back is a right of its own."""

    code = "already_closed"
    message = _("%(entity)s is closed up to %(closed_through)s. Only the finance director may move that date back.")


class InvoiceTwice(DomainError):
    """The same invoice stands in two lines of one allocation."""

    code = "invoice_twice"
    message = _("%(number)s stands in more than one line.")


class NothingPicked(DomainError):
    """An action on many documents without one."""

    code = "nothing_picked"
    message = _("No invoice is selected.")


class TooManyPicked(DomainError):
    """More documents than one request changes."""

    code = "too_many"
    message = _("At most %(count)s invoices at once; narrow the filter.")


__all__ = [
    "AlreadyClosed",
    "AlreadyReversed",
    "AlreadyTakenBack",
    "AmountNotPositive",
    "AmountPlaces",
    "CurrencyMismatch",
    "CustomerMismatch",
    "CustomerUnknown",
    "DateBeforeDocument",
    "DocumentUnknown",
    "EntityMismatch",
    "InvoiceTwice",
    "NotOpen",
    "NotUncleared",
    "NothingPicked",
    "NumberMissing",
    "NumberTaken",
    "TooManyPicked",
    "WrongKind",
]
