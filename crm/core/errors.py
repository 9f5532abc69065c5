"""Typed errors of the domain. Each carries codes and figures; its sentence is made in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule of the business says no. Shown to the user as a sentence, never as a stack trace.

    `code` names the error for the API and for tests, `message` is a translatable template filled with `params`.
    """

    code = "domain_error"
    message: Any = _("This cannot be done.")

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.code, params)

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


class Busy(DomainError):
    """A lock was not had in time; nothing was changed and the same request may be sent again."""

    code = "busy"
    message = _("Somebody else is working on the same record. Nothing was changed; please try again in a moment.")


class NotAllowed(DomainError):
    """The actor may not do this, whatever page or shell it came from."""

    code = "not_allowed"
    message = _("You are not allowed to do this.")


class RateMissing(DomainError):
    """No exchange rate is known on or before the date."""

    code = "rate_missing"
    message = _("There is no exchange rate for %(currency)s on or before %(on)s. Ask finance to enter one.")


class PeriodClosed(DomainError):
    """The business date lies on or before the closing date of the legal entity."""

    code = "period_closed"
    message = _("%(entity)s is closed up to %(closed_through)s; the date %(on)s is not open any more.")


class IdempotencyConflict(DomainError):
    """An idempotency key came a second time with other figures."""

    code = "idempotency_conflict"
    message = _("This request was already carried out with other figures. Reload the page before you try again.")
