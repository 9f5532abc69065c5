"""What credit tells the house: who may see accounts and set terms, and how its sums are verified."""

from credit.verification import verify_credit
from crm.accounts import roles
from crm.core.registry import Grant, registry


def register() -> None:
    seen = ["credit.view_creditaccount", "credit.view_creditentry", "credit.view_reservation"]
    for role in (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR):
        registry.add(Grant(role, seen))
    for role in (roles.CREDIT_CONTROLLER, roles.FINANCE_DIRECTOR, *roles.MANAGEMENT):
        registry.add(Grant(role, ["credit.set_limit"]))
    registry.verifiers["credit"] = verify_credit
