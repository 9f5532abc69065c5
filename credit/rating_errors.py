"""What cannot be done with ratings and scorecards."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class NoScorecard(DomainError):
    code = "no_scorecard"
    message = _("No scorecard is in force: nobody can be rated.")


class TooLittleKnown(DomainError):
    """Less of the weight is known than the scorecard asks for."""

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


class StatementUnusable(DomainError):
    code = "statement_unusable"
    message = _("The statement does not fit together: %(what)s.")


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
