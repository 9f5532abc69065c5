"""What contracts tell the house: who may do what, panels, cards, events, the night, search.

see contracts                        sales (own customers), credit controller, finance, legal, management, administrator
draft, change, submit, ask for seal  sales, legal
seal, record the signing             legal, management
amend, renew                         whoever drafts
lend originals, take them back       legal, finance, administrator
terminate, complete                  sales director, legal, management
see templates                        whoever sees contracts
write template versions              legal, sales director
publish, return, retire them         legal, general manager; never publish what they wrote themselves
"""

from contracts.approval import APPROVAL
from contracts.models import Contract, TemplateVersion
from contracts.nightly import CONTRACT_ENDING, CONTRACT_ENDS
from contracts.panels.contracts import DAY_CARDS, MENU, PANELS
from contracts.panels.templates import TEMPLATE_CARD
from contracts.reviewing import TEMPLATE_NOTICES
from contracts.sealing import SEALING_NOTICES
from contracts.search import CONTRACT_SEARCH
from contracts.timeline import CONTRACT_KINDS
from contracts.verification.contracts import verify_contracts
from crm.accounts import roles
from crm.approvals.kinds import register_approval_kind
from crm.audit.registry import track
from crm.core.registry import Grant, registry

SEEN = [
    f"contracts.view_{name}"
    for name in (
        "contract", "contractclause", "contractline", "sealrequest", "signedscan", "submission", "template",
        "templateversion", "clause", "paymentpart", "originalloan", "versionstep",
        "annex",
    )
]  # fmt: skip
SEE = (
    *roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.LEGAL, roles.ADMINISTRATOR,
)  # fmt: skip
DRAFT = (*roles.SALES, roles.LEGAL)
SEAL = (roles.LEGAL, *roles.MANAGEMENT)
LEND = (roles.LEGAL, *roles.FINANCE, roles.ADMINISTRATOR)
END = (roles.SALES_DIRECTOR, roles.LEGAL, *roles.MANAGEMENT)
WRITE = (roles.LEGAL, roles.SALES_DIRECTOR)
PUBLISH = (roles.LEGAL, roles.GENERAL_MANAGER)


def register_contracts() -> None:
    for holders, permissions in (
        (SEE, SEEN),
        (DRAFT, ["contracts.add_contract"]),
        (SEAL, ["contracts.seal_contract", "contracts.sign_contract"]),
        (LEND, ["contracts.lend_original"]),
        (END, ["contracts.terminate_contract"]),
        (WRITE, ["contracts.change_templateversion"]),
        (PUBLISH, ["contracts.publish_template"]),
    ):
        for role in holders:
            registry.add(Grant(role, permissions))
    registry.add(
        *CONTRACT_KINDS,
        CONTRACT_ENDS,
        CONTRACT_ENDING,
        *PANELS,
        *DAY_CARDS,
        TEMPLATE_CARD,
        *MENU,
        CONTRACT_SEARCH,
        *TEMPLATE_NOTICES,
        *SEALING_NOTICES,
    )
    register_approval_kind(APPROVAL)
    track(Contract, permission="contracts.view_contract")
    track(TemplateVersion, permission="contracts.view_templateversion", shared=True)
    registry.verifiers["contracts"] = verify_contracts
