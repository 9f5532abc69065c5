"""What cannot be done with credit requests."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class RequestIncomplete(DomainError):
    """Something a request of its kind must have is missing; `codes` names it (request_words.ITEMS)."""

    code = "request_incomplete"
    message = _("The request is not complete yet: %(items)s.")


class RequestSubmitted(DomainError):
    """What was submitted is not changed any more."""

    code = "request_submitted"
    message = _("The request is submitted and cannot be changed any more. Withdraw it and ask again.")


class RequestOpen(DomainError):
    """One request at a time for an account."""

    code = "request_open"
    message = _("Another request for this customer, %(number)s, waits for a decision. It must be decided first.")


class TemporaryOver(DomainError):
    """A temporary increase whose last day is gone can only be rejected."""

    code = "temporary_over"
    message = _("The temporary increase was asked for up to %(until)s, which is over: reject it or ask back.")


class GrantedTooLittle(DomainError):
    """An increase that does not increase."""

    code = "granted_too_little"
    message = _("The limit is %(limit)s now: an increase must be above it. To leave it as it is, reject the request.")


class NotStricter(DomainError):
    """Only a stricter status is set without approval."""

    code = "not_stricter"
    message = _("Only a stricter status is set directly. Ask for the lift of a restriction instead.")


class AttachmentRefused(DomainError):
    """A file that is too large, empty, or not of a kind we take."""

    code = "attachment_refused"
    message = _("%(name)s: only PDF, Word, Excel, JPEG and PNG files up to %(megabytes)s MB are taken.")


class TooManyAttachments(DomainError):
    code = "too_many_attachments"
    message = _("A request takes at most %(count)s files.")


class OpeningOver(DomainError):
    """The first load is over for an account whose limit was set or asked for."""

    code = "opening_over"
    message = _("%(customer)s has a limit or a credit request already: only a request changes its terms.")


class NotIdentified(DomainError):
    """Without identification no credit is granted."""

    code = "not_identified"
    message = _("%(customer)s is not identified, or is refused as a customer: no credit is granted.")
