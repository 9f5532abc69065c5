"""What credit tells the house: columns, panels, cards and events, who may do what, and how its sums are verified.

see accounts, entries, requests   sales (own customers), credit controller, finance, management, administrator
ask for other limits and terms    sales, credit controller, finance
decide requests                   whom the approval chain names (crm.approvals); nobody sets terms directly
restrict an account at once       credit controller, finance manager and director, management
"""

from credit.approval.requests import APPROVAL, TEMPORARY_LIMITS, end_due
from credit.columns import LIST_COLUMNS
from credit.demo.ratings import DEMO_PAPERS, DEMO_RATINGS
from credit.demo.requests import DEMO_REQUESTS
from credit.models import CreditAccount, CreditRequest, GroupAccount
from credit.panels.accounts import DAY_CARDS, PANELS
from credit.registrations.checks import register_checks
from credit.registrations.fitted import register_fitted
from credit.registrations.limits import register_limits
from credit.registrations.ratings import register_rating
from credit.services.groups import company_moved
from credit.timeline import CREDIT_KINDS
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.kinds import register_approval_kind
from crm.audit.registry import track
from crm.core.registry import Grant, registry


def register() -> None:
    names = (
        "creditaccount",
        "creditentry",
        "reservation",
        "openbyduedate",
        "paymentbehaviour",
        "creditrequest",
        "groupaccount",
    )
    seen = [f"credit.view_{name}" for name in names]
    for role in (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR):
        registry.add(Grant(role, seen))
    for role in (*roles.SALES, roles.CREDIT_CONTROLLER, *roles.FINANCE):
        registry.add(Grant(role, ["credit.add_creditrequest"]))
    for role in (roles.CREDIT_CONTROLLER, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR, *roles.MANAGEMENT):
        registry.add(Grant(role, ["credit.restrict_account"]))
    registry.add(*LIST_COLUMNS, *PANELS, *DAY_CARDS, *CREDIT_KINDS, TEMPORARY_LIMITS)
    registry.add(DEMO_REQUESTS, DEMO_PAPERS, DEMO_RATINGS)
    register_approval_kind(APPROVAL)
    registry.chores["temporary_limits"] = end_due
    track(CreditAccount, permission="credit.view_creditaccount")
    track(GroupAccount, permission="credit.view_creditaccount")
    registry.moved_companies["credit"] = company_moved
    track(CreditRequest, permission="credit.view_creditrequest")
    register_fitted()
    registry.verifiers["credit"] = verify_credit
    register_limits()
    register_rating()
    register_checks()
