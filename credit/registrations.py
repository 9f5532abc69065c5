"""What credit tells the house: columns, panels, cards and events, who may do what, and how its sums are verified.

Sales (own customers), credit controller, finance, management and administrator see accounts and entries. Limits and
terms are set by finance director, general manager and chairman, who approve them, and by the finance manager until
there are requests; the credit controller verifies and does not approve.
"""

from credit.columns import LIST_COLUMNS
from credit.models import CreditAccount
from credit.panels import DAY_CARDS, PANELS
from credit.timeline import CREDIT_KINDS
from credit.verification import verify_credit
from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, registry


def register() -> None:
    names = ("creditaccount", "creditentry", "reservation", "openbyduedate", "paymentbehaviour")
    seen = [f"credit.view_{name}" for name in names]
    for role in (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR):
        registry.add(Grant(role, seen))
    for role in (roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR, *roles.MANAGEMENT):
        registry.add(Grant(role, ["credit.set_limit"]))
    registry.add(*LIST_COLUMNS, *PANELS, *DAY_CARDS, *CREDIT_KINDS)
    track(CreditAccount, permission="credit.view_creditaccount")
    registry.verifiers["credit"] = verify_credit
