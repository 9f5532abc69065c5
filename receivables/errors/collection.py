"""What the rules of collection refuse."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class CaseIsClosed(DomainError):
    """The case is closed: nothing is overdue any more."""

    code = "case_is_closed"
    message = _("This case is closed: nothing is overdue any more.")


class PromiseStandsAlready(DomainError):
    """A promise is open; a second one replaces it only when that is said."""

    code = "promise_stands_already"
    message = _("%(amount)s %(currency)s are promised for %(promised_on)s already. Say so if this replaces it.")


class PromiseTooFar(DomainError):
    """The promised day is further away than the policy allows."""

    code = "promise_too_far"
    message = _("A promise may be for %(latest)s at the latest; later needs somebody who may take out of dunning.")


class PromiseDatePast(DomainError):
    """The promised day is before the day the promise was given."""

    code = "promise_date_past"
    message = _("A promise cannot be for a day before %(on)s.")


class CurrencyNotBilled(DomainError):
    """Nothing was ever billed to the customer in the currency."""

    code = "currency_not_billed"
    message = _("The customer was never billed in %(currency)s.")


class OutcomeIncomplete(DomainError):
    """The outcome of a contact says promise or dispute, but none was given, or the other way round."""

    code = "outcome_incomplete"
    message = _("A promise needs its amount and day, a dispute its invoice, amount and reason.")


class DisputeTooMuch(DomainError):
    """More is disputed than is open."""

    code = "dispute_too_much"
    message = _("Only %(left)s of %(number)s is open and not in dispute yet; %(requested)s was given.")


class DisputeIsResolved(DomainError):
    """The dispute was resolved before."""

    code = "dispute_is_resolved"
    message = _("This dispute is resolved already.")


class OptOutDates(DomainError):
    """The last day of an opt-out lies before its first, or too far away."""

    code = "opt_out_dates"
    message = _("The last day must lie between %(first)s and %(last)s.")


class OptOutStands(DomainError):
    """The customer is out of dunning already."""

    code = "opt_out_stands"
    message = _("The customer is out of dunning until %(until)s already.")


class OptOutIsOver(DomainError):
    """The opt-out has ended."""

    code = "opt_out_is_over"
    message = _("This opt-out has ended already.")


class CulpritMissing(DomainError):
    """A cause of our own making names whose it was."""

    code = "culprit_missing"
    message = _("This cause is our own fault: say whose it was.")


class StepIsDone(DomainError):
    """The step is not to do any more."""

    code = "step_is_done"
    message = _("This step is not to do any more.")


class LetterNotWaiting(DomainError):
    """The letter is not being sent."""

    code = "letter_not_waiting"
    message = _("This letter is not waiting to be sent.")


WHY_OVERTAKEN = {
    "closed": _("nothing is overdue any more"),
    "opt_out": _("the customer is out of dunning"),
    "promise": _("the customer has promised to pay"),
    "plan": _("an instalment plan runs"),
    "dispute": _("something of it is in dispute"),
    "paid": _("something of it is paid"),
}


class LetterOvertaken(DomainError):
    """Since the night that prepared the letter something happened that makes it wrong; `why` is of WHY_OVERTAKEN."""

    code = "letter_overtaken"
    message = _("Something changed since the night: %(why)s. The letter does not go out; the next night looks again.")

    def __str__(self) -> str:
        return str(self.message) % {"why": WHY_OVERTAKEN[self.params["why"]]}


class PolicyNotInForce(DomainError):
    """Only a policy that is in force is taken out of force."""

    code = "policy_not_in_force"
    message = _("This version is not in force.")


class PolicyWithoutSteps(DomainError):
    """A policy needs at least one step after the due date."""

    code = "policy_without_steps"
    message = _("A policy needs at least one step after the due date.")


class PolicyScopeTaken(DomainError):
    """Another active policy is for exactly these customers."""

    code = "policy_scope_taken"
    message = _("The active policy %(policy)s is for exactly these customers.")


class PolicyNeeded(DomainError):
    """The policy for everybody stays in force until another takes its place."""

    code = "policy_needed"
    message = _("The last policy that is for every customer stays in force.")


class ConditionsUnusable(DomainError):
    """The customers a policy is for are not described by known facts."""

    code = "conditions_unusable"
    message = _("Give the customers as lists of values by: %(known)s.")
