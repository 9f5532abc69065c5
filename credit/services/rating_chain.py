"""The approval chain of ratings that an installation begins with.

Sales management comments, finance reviews, the general manager approves. A quarterly review, which concerns every
team, is commented by the sales director.
"""

from typing import Any

from credit.services.ratings import KIND, REVIEW
from crm.accounts import roles
from crm.approvals.models import ActorKind, Task
from crm.approvals.services import begin_with_chain

MANAGER_COMMENTS = {
    "name_zh": "销售经理意见", "name_en": "Sales manager comments", "task": Task.REVIEW,
    "actor_kind": ActorKind.SUPERIOR, "level": 1, "fallback_role": roles.SALES_DIRECTOR,
}  # fmt: skip
DIRECTOR_COMMENTS = {
    "name_zh": "销售总监意见", "name_en": "Sales director comments", "task": Task.REVIEW,
    "role": roles.SALES_DIRECTOR, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
FINANCE_REVIEWS = {
    "name_zh": "财务复核", "name_en": "Finance reviews", "task": Task.CONFIRM,
    "role": roles.FINANCE_MANAGER, "fallback_role": roles.FINANCE_DIRECTOR,
}  # fmt: skip
MANAGER_APPROVES = {
    "name_zh": "总经理审批", "name_en": "General manager approves", "task": Task.APPROVE,
    "role": roles.GENERAL_MANAGER, "fallback_role": roles.CHAIRMAN,
}  # fmt: skip
MATRIX: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"name_zh": "季度评审", "name_en": "Quarterly review", "variants": [REVIEW]},
        [DIRECTOR_COMMENTS, FINANCE_REVIEWS, MANAGER_APPROVES],
    ),
    (
        {"name_zh": "单个客户", "name_en": "One customer"},
        [MANAGER_COMMENTS, FINANCE_REVIEWS, MANAGER_APPROVES],
    ),
]


def seed_rating_chain(**kwargs: Any) -> None:
    """Bring the chain where there is none; runs after every migrate."""
    begin_with_chain(kind=KIND, name_zh="评级审批", name_en="Rating approval", matrix=MATRIX)
