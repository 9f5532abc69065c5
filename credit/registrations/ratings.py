"""What rating tells the house.

see ratings, statements, investigations   sales (own customers), credit controller, finance, management, administrator
see reviews of all customers              who sees all customers: sales director, credit controller, finance, management
take one off the list of a review        credit controller, finance
propose a rating, enter a statement       sales, credit controller, finance
confirm a statement somebody entered      credit controller, finance manager and director
enter an investigation                    sales, credit controller
write a scorecard                         credit controller, finance director; put into force by another person
"""

from django.apps import apps
from django.db.models.signals import post_migrate

from credit.approval.ratings import APPROVAL
from credit.models import ScorecardItem, ScorecardVersion
from credit.nightly import CONFIRM_STEP, REVIEW_READY, REVIEW_STEP
from credit.panels.ratings import DAY_CARDS, LIST_COLUMNS, MENU, PANELS
from credit.services.rating_chain import seed_rating_chain
from credit.services.scorecards import seed_scorecard
from credit.words.ratings import RATING_KINDS
from crm.accounts import roles
from crm.approvals.kinds import register_approval_kind
from crm.audit.registry import track
from crm.core.registry import Grant, registry


def register_rating() -> None:
    names = (
        "rating", "accountgrade", "financialstatement", "statementconfirmation", "investigation", "investigationanswer",
    )  # fmt: skip
    seen = [f"credit.view_{name}" for name in names]
    for role in (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR):
        registry.add(Grant(role, seen))
    for role in (*roles.SALES, roles.CREDIT_CONTROLLER, *roles.FINANCE):
        registry.add(Grant(role, ["credit.add_rating", "credit.add_financialstatement"]))
    for role in (roles.CREDIT_CONTROLLER, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR):
        registry.add(Grant(role, ["credit.add_statementconfirmation"]))
    for role in (*roles.SALES, roles.CREDIT_CONTROLLER):
        registry.add(Grant(role, ["credit.add_investigation"]))
    for role in (
        roles.SALES_DIRECTOR, roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT, roles.ADMINISTRATOR,
    ):  # fmt: skip
        registry.add(Grant(role, ["credit.view_ratingreview"]))
    for role in (roles.CREDIT_CONTROLLER, *roles.FINANCE):
        registry.add(Grant(role, ["credit.exclude_rating"]))
    scorecards = ("scorecardversion", "scorecarditem")
    for role in (roles.CREDIT_CONTROLLER, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR, roles.ADMINISTRATOR):
        registry.add(Grant(role, [f"credit.view_{name}" for name in scorecards]))
    for role in (roles.CREDIT_CONTROLLER, roles.FINANCE_DIRECTOR):
        may = [f"credit.{verb}_{name}" for name in scorecards for verb in ("add", "change")]
        registry.add(Grant(role, [*may, "credit.delete_scorecarditem"]))
    for role in (roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR):
        registry.add(Grant(role, ["credit.activate_scorecard"]))
    registry.add(*LIST_COLUMNS, *PANELS, *DAY_CARDS, *RATING_KINDS, *MENU, REVIEW_STEP, CONFIRM_STEP, REVIEW_READY)
    register_approval_kind(APPROVAL)
    track(ScorecardVersion, permission="credit.view_scorecardversion", shared=True)
    track(ScorecardItem, permission="credit.view_scorecarditem", shared=True)
    app = apps.get_app_config("credit")
    post_migrate.connect(seed_scorecard, sender=app, dispatch_uid="credit.seed_scorecard")
    post_migrate.connect(seed_rating_chain, sender=app, dispatch_uid="credit.seed_rating_chain")
