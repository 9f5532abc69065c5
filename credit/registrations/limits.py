"""What the credit policy and its limit proposal tell the house.

see the policy        who sees credit accounts
write the policy      credit controller, finance manager and director; put into force by another of them or management
"""

from django.apps import apps
from django.db.models.signals import post_migrate

from credit.models.policies import CreditPolicy
from credit.services.credit_policies import seed_credit_policy
from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, registry


def register_limits() -> None:
    writes = (roles.CREDIT_CONTROLLER, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR)
    for role in (*writes, roles.ADMINISTRATOR):
        registry.add(Grant(role, ["credit.view_creditpolicy", "credit.view_policyclass"]))
    for role in writes:
        may = ["credit.add_creditpolicy", "credit.change_creditpolicy", "credit.change_policyclass"]
        registry.add(Grant(role, [*may, "credit.activate_creditpolicy"]))
    track(CreditPolicy, permission="credit.view_creditpolicy", shared=True)
    app = apps.get_app_config("credit")
    post_migrate.connect(seed_credit_policy, sender=app, dispatch_uid="credit.seed_credit_policy")
