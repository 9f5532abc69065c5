"""What cannot be done with approvals."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class NoChain(DomainError):
    """No chain of this kind is in force."""

    code = "approval_no_chain"
    message = _("No approval chain is in force for %(kind)s. Ask the administrator.")


class NoRule(DomainError):
    """The chain in force has no rule for these figures."""

    code = "approval_no_rule"
    message = _("The approval chain has no rule for %(amount)s over %(days)s days. Ask the administrator.")


class NobodyToDecide(DomainError):
    """Neither the step nor its fall-back has anybody but the applicant and those who wrote what is decided."""

    code = "approval_nobody"
    message = _(
        "Nobody could decide the step “%(step)s” but who asks for it or wrote it. Ask the administrator to fill the "
        "role."
    )


class NotWaiting(DomainError):
    """The request is decided, or waits for an answer."""

    code = "approval_not_waiting"
    message = _("%(label)s is not waiting for a decision: %(state)s.")


class RequestExpired(DomainError):
    """Its last day has gone by; the night closes it."""

    code = "approval_expired"
    message = _("%(label)s expired after %(day)s: it has to be asked for again.")


class StepOver(DomainError):
    """Somebody else decided the step meanwhile."""

    code = "approval_step_over"
    message = _("This step of %(label)s was decided meanwhile. Look at it again.")


class NotYours(DomainError):
    """The step waits for others."""

    code = "approval_not_yours"
    message = _("This step of %(label)s does not wait for you.")


class OneWord(DomainError):
    """Four eyes: who approved a step as a stand-in approves no other step of that request."""

    code = "approval_one_word"
    message = _(
        "You have approved a step of %(label)s for a colleague: somebody else decides this one, such as your stand-in."
    )


class OwnRequest(DomainError):
    """Nobody approves what they applied for."""

    code = "approval_own"
    message = _("Nobody decides what they asked for themselves.")


class OwnWords(DomainError):
    """Nobody approves what they wrote, whoever submitted it."""

    code = "approval_own_words"
    message = _("Nobody decides what they wrote themselves.")


class NotApplicant(DomainError):
    """Only who asked may answer or withdraw."""

    code = "approval_not_applicant"
    message = _("Only who asked for %(label)s can do this.")


class NotReturned(DomainError):
    """There is no question to answer."""

    code = "approval_not_returned"
    message = _("%(label)s has no open question.")


class MayNotDecrease(DomainError):
    """This step, or this kind of request, is approved as it is or not at all."""

    code = "approval_may_not_decrease"
    message = _("This step cannot approve for less: approve it as it is, reject it or ask back.")


class AmountNotLess(DomainError):
    """Approving for less needs an amount between nothing and what is asked for now."""

    code = "approval_amount_not_less"
    message = _("For less means an amount above 0 and below %(amount)s. To grant nothing, reject it.")


class ChainHasGap(DomainError):
    """Some figures would find no rule."""

    code = "chain_gap"
    message = _(
        "No rule fits amount %(amount)s, %(days)s days, grade %(grade)s (deviation: %(deviation)s). Add a rule for "
        "the rest."
    )


class ChainStepIncomplete(DomainError):
    """A rule without steps, or a step that names nobody."""

    code = "chain_step_incomplete"
    message = _("The rule “%(rule)s” needs steps, and each step must say who decides.")


class DelegationInvalid(DomainError):
    """The stand-in must be another person who may decide, the dates in order and not gone by."""

    code = "delegation_invalid"
    message = _(
        "A stand-in is another colleague who may decide, from today or a later day up to the same or a later day."
    )


class DelegationOverlaps(DomainError):
    """There is a stand-in for some of these days already."""

    code = "delegation_overlaps"
    message = _("For some of these days there is a stand-in already. End that first.")
