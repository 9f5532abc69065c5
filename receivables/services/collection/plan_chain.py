"""The approval chain of instalment plans that an installation begins with.

The sales manager reviews, the finance manager approves; above an amount or a length the finance director does too.
"""

from typing import Any

from crm.accounts import roles
from crm.approvals.models import ActorKind, Task
from crm.approvals.services import begin_with_chain
from receivables.services.collection.plans import KIND

REVIEW = {
    "name_zh": "销售经理审核", "name_en": "Sales manager reviews", "task": Task.REVIEW,
    "actor_kind": ActorKind.SUPERIOR, "level": 1, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
MANAGER = {
    "name_zh": "财务经理审批", "name_en": "Finance manager approves", "task": Task.APPROVE,
    "role": roles.FINANCE_MANAGER, "fallback_role": roles.FINANCE_DIRECTOR,
}  # fmt: skip
DIRECTOR = {
    "name_zh": "财务总监审批", "name_en": "Finance director approves", "task": Task.APPROVE,
    "role": roles.FINANCE_DIRECTOR, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
MATRIX: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {
            "name_zh": "20 万以内，半年以内", "name_en": "Up to 200,000 and half a year", "amount_up_to": 200_000,
            "days_up_to": 183,
        },
        [REVIEW, MANAGER],
    ),
    ({"name_zh": "其余", "name_en": "Everything above"}, [REVIEW, MANAGER, DIRECTOR]),
]  # fmt: skip


def seed_plan_chain(**kwargs: Any) -> None:
    """Bring the chain where there is none; runs after every migrate."""
    begin_with_chain(kind=KIND, name_zh="分期还款审批", name_en="Approval of instalment plans", matrix=MATRIX)
