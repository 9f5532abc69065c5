"""What fitting a scorecard refuses."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class TableUnreadable(DomainError):
    """The file is no table of ratios with a last column of 0 and 1."""

    code = "table_unreadable"
    message = _("This file cannot be read as a table of ratios whose last column says who failed: %(cause)s")


class TooFewFailures(DomainError):
    """A scorecard fitted to so few failures would say what chance said."""

    code = "too_few_failures"
    message = _("%(failed)s failures among %(companies)s companies are too few; at least %(least)s are needed.")
