"""The approval chain of credit requests that an installation begins with (DOMAIN: the approval matrix).

Every request is reviewed by the applicant's sales manager, then finance confirms the payment history. Who approves
follows from amount, term and grade.
"""

from typing import Any

from credit.services.requests import KIND
from crm.accounts import roles
from crm.approvals.models import ActorKind, Task
from crm.approvals.services import begin_with_chain

GOOD = ["AAA", "AA", "A", "BBB", "BB", "B", "unrated"]
REVIEW = {
    "name_zh": "销售经理审核", "name_en": "Sales manager reviews", "task": Task.REVIEW,
    "actor_kind": ActorKind.SUPERIOR, "level": 1, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
CONFIRM = {
    "name_zh": "财务确认付款记录", "name_en": "Finance confirms the payment history", "task": Task.CONFIRM,
    "role": roles.ACCOUNTANT, "fallback_role": roles.FINANCE_MANAGER,
}  # fmt: skip
DIRECTOR = {
    "name_zh": "财务总监审批", "name_en": "Finance director approves", "task": Task.APPROVE,
    "role": roles.FINANCE_DIRECTOR, "fallback_role": roles.GENERAL_MANAGER, "may_decrease": True,
}  # fmt: skip
MANAGER = {
    "name_zh": "总经理审批", "name_en": "General manager approves", "task": Task.APPROVE,
    "role": roles.GENERAL_MANAGER, "fallback_role": roles.CHAIRMAN, "may_decrease": True,
}  # fmt: skip
CHAIRMAN = {
    "name_zh": "董事长审批", "name_en": "Chairman approves", "task": Task.APPROVE,
    "role": roles.CHAIRMAN, "fallback_role": roles.GENERAL_MANAGER, "may_decrease": True,
}  # fmt: skip
SALES_DIRECTOR = {
    "name_zh": "销售总监审批", "name_en": "Sales director approves", "task": Task.APPROVE,
    "role": roles.SALES_DIRECTOR, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
MATRIX: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {
            "name_zh": "放行一张暂停放行的单据", "name_en": "Release of one held document", "variants": ["release"],
        },
        [SALES_DIRECTOR, {**DIRECTOR, "may_decrease": False}],
    ),
    (
        {
            "name_zh": "50 万以内，60 天以内", "name_en": "Up to 500,000 and 60 days", "amount_up_to": 500_000,
            "days_up_to": 60, "grades": GOOD, "deviation": False,
        },
        [REVIEW, CONFIRM, DIRECTOR],
    ),
    (
        {
            "name_zh": "300 万以内，90 天以内", "name_en": "Up to 3,000,000 and 90 days", "amount_up_to": 3_000_000,
            "days_up_to": 90,
        },
        [REVIEW, CONFIRM, DIRECTOR, MANAGER],
    ),
    ({"name_zh": "其余", "name_en": "Everything above"}, [REVIEW, CONFIRM, DIRECTOR, MANAGER, CHAIRMAN]),
]  # fmt: skip


def seed_chain(**kwargs: Any) -> None:
    """Bring the chain where there is none; runs after every migrate."""
    begin_with_chain(kind=KIND, name_zh="授信审批", name_en="Credit approval", matrix=MATRIX)
