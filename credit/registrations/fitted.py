"""Fitted scorecards: who may look at them, and where they stand in the menu."""

from django.utils.translation import gettext_lazy

from crm.accounts import roles
from crm.core.registry import Grant, MenuItem, registry

SEE = "credit.view_fittedscorecard"


def register_fitted() -> None:
    for role in (roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT, roles.ADMINISTRATOR):
        registry.add(Grant(role, [SEE]))
    registry.add(
        MenuItem(
            "fitted_scorecards",
            gettext_lazy("Fitted scorecards"),
            "credit:fitted_scorecards",
            "chart-bar",
            SEE,
            order=59,
        )
    )
