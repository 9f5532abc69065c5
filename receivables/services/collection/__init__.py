"""Use cases of collection: what people do with a case, and what the night does with all of them."""

from receivables.services.collection.cases import file_cause, finish_step, log_contact
from receivables.services.collection.disputes import DisputeTerms, open_dispute, resolve_dispute
from receivables.services.collection.escalation import Escalated, escalate
from receivables.services.collection.letters import Prepared, letter_failed, letter_sent, prepare_letters
from receivables.services.collection.opt_outs import end_opt_out, opt_out
from receivables.services.collection.plans import propose_plan
from receivables.services.collection.promises import PromiseTerms, record_promise

__all__ = [
    "DisputeTerms",
    "Escalated",
    "Prepared",
    "PromiseTerms",
    "end_opt_out",
    "escalate",
    "file_cause",
    "finish_step",
    "letter_failed",
    "letter_sent",
    "log_contact",
    "open_dispute",
    "opt_out",
    "prepare_letters",
    "propose_plan",
    "record_promise",
    "resolve_dispute",
]
