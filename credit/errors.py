"""What the rules of credit refuse."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class NothingReserved(DomainError):
    """The source holds no reservation."""

    code = "nothing_reserved"
    message = _("Nothing is reserved for %(source_kind)s %(source_id)s.")


class AlreadyReserved(DomainError):
    """The source holds a reservation already."""

    code = "already_reserved"
    message = _("There is a reservation for %(source_kind)s %(source_id)s already.")


class ReservationExceeded(DomainError):
    """More is to be consumed than remains reserved."""

    code = "reservation_exceeded"
    message = _("Only %(remaining)s remains reserved; %(requested)s was asked for.")


class TermsInvalid(DomainError):
    """A limit below zero, or a term that makes no sense."""

    code = "terms_invalid"
    message = _("The limit and the term in days must not be negative.")
