"""Use cases of credit: the only place that writes credit accounts and their entries."""

from credit.services.attachments import add_attachment, remove_attachment
from credit.services.entries import (
    Movement,
    charge,
    lock_account,
    lock_accounts,
    record,
    record_many,
    reverse,
    settle,
)
from credit.services.ratings import (
    downgrade_provisionally,
    rate_customer,
    record_investigation,
    record_statement,
)
from credit.services.requests import (
    change_request,
    discard_request,
    draft_request,
    end_temporary_limits,
    submit_request,
)
from credit.services.reservations import cancel, consume, reserve
from credit.services.reviews import review_ratings, submit_review
from credit.services.scorecards import (
    activate_scorecard,
    new_scorecard_version,
    note_scorecard_author,
    weigh_by_judgements,
)
from credit.services.supply import resume_supply, stop_supply
from credit.services.terms import restrict_account, set_terms

__all__ = [
    "Movement",
    "activate_scorecard",
    "add_attachment",
    "cancel",
    "change_request",
    "charge",
    "consume",
    "discard_request",
    "downgrade_provisionally",
    "draft_request",
    "end_temporary_limits",
    "lock_account",
    "lock_accounts",
    "new_scorecard_version",
    "note_scorecard_author",
    "rate_customer",
    "record",
    "record_investigation",
    "record_many",
    "record_statement",
    "remove_attachment",
    "reserve",
    "restrict_account",
    "resume_supply",
    "reverse",
    "review_ratings",
    "set_terms",
    "settle",
    "stop_supply",
    "submit_request",
    "submit_review",
    "weigh_by_judgements",
]
