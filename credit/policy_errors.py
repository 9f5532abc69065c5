"""What the credit policy refuses."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class CreditPolicyNotDraft(DomainError):
    """Only a draft is changed or put into force."""

    code = "credit_policy_not_draft"
    message = _("Only a draft can be changed or put into force: make a new version.")


class OwnCreditPolicy(DomainError):
    """Four eyes: who wrote it may not put it into force."""

    code = "own_credit_policy"
    message = _("You wrote in this version: somebody else has to put it into force.")


class CreditPolicyIncomplete(DomainError):
    """A class or the factor of a grade is missing."""

    code = "credit_policy_incomplete"
    message = _("The policy needs each class from A to D once, and a factor of zero or more for each grade.")
