"""Typed errors of the domain. Each carries codes and figures; its sentence is made in the reader's language."""

from decimal import Decimal
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
        if not self.params:
            return str(self.message)
        return str(self.message) % {name: spelt(value) for name, value in self.params.items()}


def spelt(value: Any) -> Any:
    """An amount as a sentence says it, with separators of thousands; anything else as it is."""
    return f"{value:,f}" if isinstance(value, Decimal) else value


class Busy(DomainError):
    """A lock was not had in time; nothing was changed and the same request may be sent again."""

    code = "busy"
    message = _("Somebody else is working on the same record. Nothing was changed; please try again in a moment.")


class NotAllowed(DomainError):
    """The actor may not do this, whatever page or shell it came from."""

    code = "not_allowed"
    message = _("You are not allowed to do this.")


class AmountNotPositive(DomainError):
    """An amount must be more than nothing."""

    code = "amount_not_positive"
    message = _("The amount must be greater than zero; %(amount)s was given.")


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


class AmountPlaces(DomainError):
    """The currency has fewer decimal places than the amount."""

    code = "amount_places"
    message = _("%(amount)s has more decimal places than %(currency)s knows.")


class CurrencyUnknown(DomainError):
    """The currency is not among those the company bills in."""

    code = "currency_unknown"
    message = _("The currency %(currency)s is not known. Ask the administrator to add it.")


class LegalEntityUnknown(DomainError):
    """The legal entity does not exist."""

    code = "legal_entity_unknown"
    message = _("The legal entity %(id)s does not exist.")


class ReasonMissing(DomainError):
    """A change that must be explained came without a reason."""

    code = "reason_missing"
    message = _("Please give a reason.")


class OtherInstallation(DomainError):
    """The settings differ from those this database was begun with."""

    code = "other_installation"
    message = _(
        "This database keeps its books in %(base_currency)s and the time zone %(time_zone)s. The settings say "
        "%(other_currency)s and %(other_time_zone)s. Correct BASE_CURRENCY and BUSINESS_TIME_ZONE, or use another "
        "database."
    )
