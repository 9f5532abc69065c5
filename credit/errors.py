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


class TermsChanged(DomainError):
    """Somebody else set the terms after they were looked at."""

    code = "terms_changed"
    message = _(
        "Limit and terms were changed meanwhile: the limit is %(limit)s now, the term %(term_days)s days, the status "
        "%(status)s. Look at what you entered and set it again if it still holds."
    )


class TermsInvalid(DomainError):
    """A limit below zero, or a term that makes no sense."""

    code = "terms_invalid"
    message = _("The limit and the term in days must not be negative.")
