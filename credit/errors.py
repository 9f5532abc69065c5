"""What credit refuses: movements of balances, requests, checks, policies, ratings, fitted scorecards."""

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


class TermsInvalid(DomainError):
    """A limit below zero, or a term that makes no sense."""

    code = "terms_invalid"
    message = _("The limit and the term in days must not be negative.")


class RequestIncomplete(DomainError):
    """Something a request of its kind must have is missing; `codes` names it (credit.words.requests.ITEMS)."""

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


class NotLower(DomainError):
    """A decrease that would not lower the limit any more."""

    code = "not_lower"
    message = _("The limit is %(limit)s now: a decrease must be below it. Reject the request.")


class LiftIncomplete(DomainError):
    """The restriction became stricter after its lift was asked for; `codes` names what is missing now."""

    code = "lift_incomplete"
    message = _(
        "The account is restricted more strictly than when the lift was asked for (%(status)s), which also needs: "
        "%(items)s. Ask back for it, or reject the request."
    )


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


class ReleaseTooLong(DomainError):
    """The policy says for how many days at most two directors may let a document go."""

    code = "release_too_long"
    message = _("A release lasts until %(last)s at most.")


class ReleasePast(DomainError):
    """A release lasts today at least."""

    code = "release_past"
    message = _("%(until)s is over: a release lasts until today at the earliest.")


class ReleaseOver(DomainError):
    """A release whose last day is gone can only be rejected."""

    code = "release_over"
    message = _("The release was asked for up to %(until)s, which is over: reject it or ask back.")


class CreditPolicyIncomplete(DomainError):
    """A class or the factor of a grade is missing."""

    code = "credit_policy_incomplete"
    message = _("The policy needs each class from A to D once, and a factor of zero or more for each grade.")


class NoScorecard(DomainError):
    code = "no_scorecard"
    message = _("No scorecard is in force: nobody can be rated.")


class TooLittleKnown(DomainError):
    """Less of the weight is known than the scorecard asks for; `codes` are the items of which nothing is."""

    code = "too_little_known"
    message = _("Too little is known to rate: %(known)s%% of the weight, at least %(least)s%% are needed.")


class RatingOpen(DomainError):
    """One proposal at a time for a customer."""

    code = "rating_open"
    message = _(
        "A proposed rating of this customer, %(grade)s of %(on)s, waits for a decision. It must be decided first."
    )


class RatingOutdated(DomainError):
    """A signal came after the proposal was made: it does not know what happened."""

    code = "rating_outdated"
    message = _("The grade was changed on %(on)s, after this rating was proposed. Reject it and rate again.")


class LiftOutdated(DomainError):
    """What a lift gives back is what its chain was chosen by."""

    code = "lift_outdated"
    message = _("Another grade would come back now than the one this lift was asked for. Reject it and ask again.")


class StatementUnusable(DomainError):
    code = "statement_unusable"
    message = _("The statement cannot be taken: %(what)s.")


class InvestigationEmpty(DomainError):
    code = "investigation_empty"
    message = _("Score at least one item, from 1 to 5, and say for each what it rests on.")


class ScorecardIncomplete(DomainError):
    code = "scorecard_incomplete"
    message = _("The scorecard cannot be put into force: %(what)s.")


class Inconsistent(DomainError):
    """Judgements that contradict each other too much give weights that mean nothing."""

    code = "judgements_inconsistent"
    message = _("The judgements contradict each other: the consistency ratio is %(ratio)s, at most 0.10 can be used.")


class StatementUnusual(DomainError):
    """Hardly any company has such figures: more often one has too many digits. `codes` names all that is odd."""

    code = "statement_unusual"
    message = _("These figures are unusual: %(what)s. Correct them, or tick below each of which the paper says so.")


class OwnStatement(DomainError):
    """Four eyes: a statement is confirmed by somebody who neither entered it nor looks after the customer."""

    code = "statement_own"
    message = _("You entered this statement or look after this customer: somebody else has to confirm it.")


class ReviewNotOpen(DomainError):
    code = "review_not_open"
    message = _("This review is not finished, is submitted already, or has no changes to decide.")


class NotToConfirm(DomainError):
    """Only the rating that makes a grade provisional is confirmed, and by one request at a time."""

    code = "rating_not_to_confirm"
    message = _("This grade is not provisional, or somebody decides about it already.")


class NotOnList(DomainError):
    """The list is decided, or the rating is not on it any more."""

    code = "rating_not_on_list"
    message = _("This rating is not on the list of a review that waits for its decision.")


class GradeOutOfReach(DomainError):
    """No hand lifts a grade over its bounds."""

    code = "rating_out_of_reach"
    message = _("The grade must be another than %(grade)s, and not above its bound %(bound)s.")


class TableUnreadable(DomainError):
    """The file is no table of ratios with a last column of 0 and 1."""

    code = "table_unreadable"
    message = _("This file cannot be read as a table of ratios whose last column says who failed: %(cause)s")


class TooFewFailures(DomainError):
    """A scorecard fitted to so few failures would say what chance said."""

    code = "too_few_failures"
    message = _("%(failed)s failures among %(companies)s companies are too few; at least %(least)s are needed.")
