"""Use cases of approvals: the only place that writes requests, decisions, stand-ins and the state of chains."""

from crm.approvals.services.chains import activate_chain, begin_with_chain, check_chain, new_chain_version, note_author
from crm.approvals.services.deciding import answer, decide, end_request, withdraw
from crm.approvals.services.delegating import delegate_to, end_delegation
from crm.approvals.services.night import look_after_requests
from crm.approvals.services.submitting import pick_rule, submit

__all__ = [
    "activate_chain", "answer", "begin_with_chain", "check_chain", "decide", "delegate_to", "end_delegation",
    "end_request", "look_after_requests", "new_chain_version", "note_author", "pick_rule", "submit", "withdraw",
]  # fmt: skip
