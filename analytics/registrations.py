"""What analytics tells the house: who may see its figures, and what it works out at night.

Figures of a customer (features, segment, churn, contribution) are seen by whoever sees its money; the cash forecast,
which is of the whole company, by roles that see all customers; the register of models by those who answer for them:
managers, finance, management, credit controller, administrator.
"""

from analytics.demo import DEMO_ANALYTICS
from analytics.steps import STEPS
from crm.accounts import roles
from crm.core.registry import Grant, registry

SEEN = [
    f"analytics.view_{name}"
    for name in (
        "customerfeatures",
        "segment",
        "segmentprofile",
        "customersegment",
        "segmentmove",
        "churnscore",
        "contribution",
    )
]
REGISTER = ["analytics.view_modelversion"]
WHOLE = ["analytics.view_cashforecast"]
SEE = (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR)
ANSWER = (
    roles.SALES_MANAGER,
    roles.SALES_DIRECTOR,
    *roles.FINANCE,
    *roles.MANAGEMENT,
    roles.CREDIT_CONTROLLER,
    roles.ADMINISTRATOR,
)


def register() -> None:
    registry.add(*STEPS, DEMO_ANALYTICS)
    for role in SEE:
        registry.add(Grant(role, SEEN))
    for role in SEE:
        if roles.ROLES[role].scope is roles.Scope.ALL:
            registry.add(Grant(role, WHOLE))
    for role in ANSWER:
        registry.add(Grant(role, REGISTER))
