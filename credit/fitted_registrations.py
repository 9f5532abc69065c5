"""Fitted scorecards: who may look at them."""

from crm.accounts import roles
from crm.core.registry import Grant, registry


def register_fitted() -> None:
    for role in (roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT, roles.ADMINISTRATOR):
        registry.add(Grant(role, ["credit.view_fittedscorecard"]))
