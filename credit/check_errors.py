"""What cannot be done with credit checks, their policy and the lift of a hold."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class NoCheckPolicy(DomainError):
    """No policy is in force, so nothing is checked and nothing released."""

    code = "no_check_policy"
    message = _("No credit check policy is in force: nothing can be released. Ask the credit controller.")


class NotHeld(DomainError):
    """Only what is held is released by the directors."""

    code = "not_held"
    message = _("This document is not held (any more): nothing is to be released.")


class NeverLifted(DomainError):
    """Cash only and the blacklist know no exception."""

    code = "never_lifted"
    message = _("This hold is not lifted by anybody: have the order paid in advance.")


class ReleaseOver(DomainError):
    """A release whose last day is gone can only be rejected."""

    code = "release_over"
    message = _("The release was asked for up to %(until)s, which is over: reject it or ask back.")
