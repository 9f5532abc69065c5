"""Credit: accounts and their movements, requests, checks, policies, scorecards and ratings."""

from credit.models.accounts import (
    TERMS,
    AccountStatus,
    Balance,
    CreditAccount,
    CreditEntry,
    OpenByDueDate,
    PaymentBehaviour,
    Reservation,
    Settlement,
    Verb,
)
from credit.models.checks import CreditCheck, CreditCheckPolicy, Decision, Hold, Lift, Payment
from credit.models.evidence import FinancialStatement, Investigation, InvestigationAnswer, StatementConfirmation
from credit.models.fitted import FittedScorecard
from credit.models.groups import GroupAccount
from credit.models.policies import CreditPolicy, PolicyClass
from credit.models.ratings import AccountGrade, Rating, RatingReview, RatingState, Trigger
from credit.models.requests import Attachment, CreditRequest, RequestKind
from credit.models.scorecards import ScorecardItem, ScorecardVersion

__all__ = [
    "TERMS",
    "AccountGrade",
    "AccountStatus",
    "Attachment",
    "Balance",
    "CreditAccount",
    "CreditCheck",
    "CreditCheckPolicy",
    "CreditEntry",
    "CreditPolicy",
    "CreditRequest",
    "Decision",
    "FinancialStatement",
    "FittedScorecard",
    "GroupAccount",
    "Hold",
    "Investigation",
    "InvestigationAnswer",
    "Lift",
    "OpenByDueDate",
    "Payment",
    "PaymentBehaviour",
    "PolicyClass",
    "Rating",
    "RatingReview",
    "RatingState",
    "RequestKind",
    "Reservation",
    "ScorecardItem",
    "ScorecardVersion",
    "Settlement",
    "StatementConfirmation",
    "Trigger",
    "Verb",
]
