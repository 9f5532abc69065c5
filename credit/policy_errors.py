"""What the credit policy refuses."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class CreditPolicyIncomplete(DomainError):
    """A class or the factor of a grade is missing."""

    code = "credit_policy_incomplete"
    message = _("The policy needs each class from A to D once, and a factor of zero or more for each grade.")
