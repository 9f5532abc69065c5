"""What collection tells the house: who may do what, events, the night's steps, notices and tracked changes.

Who may do what (docs/user-guide/collection.md):
    see cases and all that hangs on them   sales (own customers), credit controller, finance, management, legal,
                                           administrator
    work on cases                          sales, credit controller, finance, legal
    resolve disputes of others             sales manager and director, credit controller, finance manager and director
    take a customer out of dunning         sales director, credit controller, finance manager and director
    prepare and send letters               credit controller, finance, legal
    write policies, letters, causes        credit controller, finance manager and director, administrator
    put policies into force                finance manager and director; never what they wrote themselves
    propose instalment plans               whoever works on cases; the chain of approval decides
"""

from crm.accounts import roles
from crm.approvals.kinds import register_approval_kind
from crm.audit.registry import track
from crm.core.registry import Grant, registry
from crm.jobs.kinds import register_run_kind
from receivables.approval import APPROVAL
from receivables.models import Dispute, DunningOptOut, PaymentPromise
from receivables.nightly.collection import NOTICES, STEPS
from receivables.panels.collection import DAY_CARDS, MENU, PANELS
from receivables.services.collection.sending import SENDING
from receivables.timeline.collection import KINDS
from receivables.verification.collection import verify_collection

SEEN = [
    f"receivables.view_{name}"
    for name in (
        "case", "casestep", "dispute", "paymentpromise", "collectioncontact", "dunningoptout", "overduecause", "letter",
        "instalmentplan",
    )
]  # fmt: skip
POLICY = [
    f"receivables.{verb}_{name}"
    for name in ("collectionpolicy", "policystep", "lettertemplate", "causecode")
    for verb in ("view", "add", "change")
] + ["receivables.delete_policystep"]

SUPERIORS = (roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR)
COLLECT = (*roles.SALES, *roles.FINANCE, roles.CREDIT_CONTROLLER, roles.LEGAL)
SEE = (*COLLECT, *roles.MANAGEMENT, roles.ADMINISTRATOR)
RESOLVE = (roles.SALES_MANAGER, roles.SALES_DIRECTOR, roles.CREDIT_CONTROLLER, *SUPERIORS)
OPT_OUT = (roles.SALES_DIRECTOR, roles.CREDIT_CONTROLLER, *SUPERIORS)
SEND = (*roles.FINANCE, roles.CREDIT_CONTROLLER, roles.LEGAL)
WRITE_POLICY = (roles.CREDIT_CONTROLLER, *SUPERIORS, roles.ADMINISTRATOR)


def register_collection() -> None:
    for holders, permissions in (
        (SEE, SEEN),
        (COLLECT, ["receivables.collect"]),
        (RESOLVE, ["receivables.resolve_dispute"]),
        (OPT_OUT, ["receivables.opt_out_of_dunning"]),
        (SEND, ["receivables.send_letter"]),
        (WRITE_POLICY, POLICY),
        (SUPERIORS, ["receivables.activate_policy"]),
    ):
        for role in holders:
            registry.add(Grant(role, permissions))
    registry.add(*KINDS, *STEPS, *NOTICES, *MENU, *PANELS, *DAY_CARDS)
    register_run_kind(SENDING)
    register_approval_kind(APPROVAL)
    registry.verifiers["collection"] = verify_collection
    for model in (Dispute, PaymentPromise, DunningOptOut):
        track(model, permission="receivables.view_case")
