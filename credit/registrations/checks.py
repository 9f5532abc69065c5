"""What the credit check tells the house: who sees checks and edits their policy, and that holds are looked at again.

see checks        who sees credit accounts
edit the policy   credit controller; put into force by finance director and management, never by its author
"""

from credit.models import CreditCheckPolicy
from credit.panels.checks import CHECKS_PANEL
from credit.services import recheck_changed
from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, registry

NAMES = ("creditcheck", "hold", "lift", "creditcheckpolicy")


def register_checks() -> None:
    seen = [f"credit.view_{name}" for name in NAMES]
    for role in (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR):
        registry.add(Grant(role, seen))
    registry.add(
        Grant(roles.CREDIT_CONTROLLER, ["credit.add_creditcheckpolicy", "credit.change_creditcheckpolicy"]),
        Grant(roles.FINANCE_DIRECTOR, ["credit.activate_check_policy"]),
        *(Grant(role, ["credit.activate_check_policy"]) for role in roles.MANAGEMENT),
    )
    registry.add(CHECKS_PANEL)
    track(CreditCheckPolicy, permission="credit.view_creditcheckpolicy", shared=True)
    registry.chores["holds"] = recheck_changed
