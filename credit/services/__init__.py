"""Use cases of credit: the only place that writes credit accounts and their entries."""

from credit.services.attachments import add_attachment, remove_attachment
from credit.services.check_policies import activate_check_policy, new_check_policy, take_check_policy_authorship
from credit.services.checks import CheckResult, check_and_reserve, drop_hold, preview_check
from credit.services.downgrades import downgrade_provisionally, route_confirmations, submit_confirmation, submit_lift
from credit.services.entries import (
    Movement,
    lock_account,
    lock_accounts,
    record,
    record_many,
)
from credit.services.evidence import confirm_statement, record_investigation, record_statement
from credit.services.holds import recheck_changed, recheck_holds
from credit.services.ratings import (
    rate_customer,
)
from credit.services.releases import ask_release, end_release, end_requests
from credit.services.requests import (
    change_request,
    discard_request,
    draft_release,
    draft_request,
    end_temporary_limits,
    submit_request,
)
from credit.services.reservations import cancel, consume, give_back
from credit.services.reviews import exclude_from_review, override_in_review, review_ratings, submit_review
from credit.services.scorecards import (
    activate_scorecard,
    new_scorecard_version,
    weigh_by_judgements,
)
from credit.services.supply import resume_supply, stop_supply
from credit.services.terms import OpeningTerms, make_cash_only, restrict_account, set_opening_terms

__all__ = [
    "CheckResult",
    "Movement",
    "OpeningTerms",
    "activate_check_policy",
    "activate_scorecard",
    "add_attachment",
    "ask_release",
    "cancel",
    "change_request",
    "check_and_reserve",
    "confirm_statement",
    "consume",
    "discard_request",
    "downgrade_provisionally",
    "draft_release",
    "draft_request",
    "drop_hold",
    "end_release",
    "end_requests",
    "end_temporary_limits",
    "exclude_from_review",
    "give_back",
    "lock_account",
    "lock_accounts",
    "make_cash_only",
    "new_check_policy",
    "new_scorecard_version",
    "override_in_review",
    "preview_check",
    "rate_customer",
    "recheck_changed",
    "recheck_holds",
    "record",
    "record_investigation",
    "record_many",
    "record_statement",
    "remove_attachment",
    "restrict_account",
    "resume_supply",
    "review_ratings",
    "route_confirmations",
    "set_opening_terms",
    "stop_supply",
    "submit_confirmation",
    "submit_lift",
    "submit_request",
    "submit_review",
    "take_check_policy_authorship",
    "weigh_by_judgements",
]
