"""What approvals tell the house, and who may do what.

    see and follow requests   everybody but the warehouse: own ones, those one decides, those whose subject one sees
    decide what waits         sales managers and director, credit controller, finance, management, legal
    write chains              administrator, credit controller, finance director
    put chains into force     finance manager and director, administrator; never what they wrote themselves
An administrator decides nothing by being administrator.
"""

from django.utils.translation import gettext_lazy as _

from crm.accounts import roles
from crm.approvals.notices import NOTICES
from crm.approvals.panels import DAY_CARDS
from crm.approvals.services.night import look_after_requests
from crm.core.registry import Grant, HeadItem, MenuItem, NightlyStep, registry
from crm.jobs.worker import Work

SEE = tuple(role for role in roles.EVERYONE if role != roles.WAREHOUSE)
DECIDE = (
    roles.SALES_MANAGER, roles.SALES_DIRECTOR, roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT, roles.LEGAL,
)  # fmt: skip
WRITE = (roles.ADMINISTRATOR, roles.CREDIT_CONTROLLER, roles.FINANCE_DIRECTOR)
ACTIVATE = (roles.ADMINISTRATOR, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR)
CHAIN = [
    f"approvals.{verb}_{name}"
    for name in ("chainversion", "chainrule", "chainstep")
    for verb in ("view", "add", "change")
] + ["approvals.delete_chainrule", "approvals.delete_chainstep"]
LOOK = [f"approvals.view_{name}" for name in ("chainversion", "chainrule", "chainstep")]


def night(work: Work) -> None:
    with work.final():
        done = look_after_requests(on=work.today)
        work.counts.update(expired=done.expired, reminded=done.reminded, reassigned=done.reassigned)


NIGHT = NightlyStep(
    "approvals",
    _("Approvals: reminders and expiry"),
    night,
    count_labels=lambda: {
        "expired": _("requests expired"),
        "reminded": _("reminders sent"),
        "reassigned": _("people newly asked"),
    },
)


def register() -> None:
    for holders, permissions in (
        (SEE, ["approvals.view_request"]),
        (DECIDE, ["approvals.decide_request"]),
        (WRITE, CHAIN),
        (ACTIVATE, [*LOOK, "approvals.activate_chain"]),
        ((roles.ADMINISTRATOR, roles.FINANCE_DIRECTOR), ["approvals.view_delegation"]),
    ):
        for role in holders:
            registry.add(Grant(role, permissions))
    registry.add(
        MenuItem("approvals", _("Approvals"), "approvals:inbox", "checklist", "approvals.view_request", order=15),
        HeadItem("approvals", "approvals:head", "approvals.decide_request", order=90),
        NIGHT,
        *NOTICES,
        *DAY_CARDS,
    )
