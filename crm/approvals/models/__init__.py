"""Approvals: chains that say who decides what, requests on their way through one, decisions, and stand-ins."""

from crm.approvals.models.chains import ActorKind, ChainRule, ChainStep, ChainVersion, Mode, Task
from crm.approvals.models.delegations import Delegation
from crm.approvals.models.requests import (
    APPROVING,
    DECIDED,
    UNDECIDED,
    Assignment,
    Decision,
    Ending,
    Request,
    RequestState,
    RequestStep,
    StepState,
    Verb,
)

__all__ = [
    "APPROVING", "DECIDED", "UNDECIDED", "ActorKind", "Assignment", "ChainRule", "ChainStep",
    "ChainVersion", "Decision", "Delegation", "Ending", "Mode", "Request", "RequestState", "RequestStep",
    "StepState", "Task", "Verb",
]  # fmt: skip
