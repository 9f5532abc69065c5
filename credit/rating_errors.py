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
