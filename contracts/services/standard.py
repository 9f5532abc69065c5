"""What an installation begins with: clause library and templates of the house, published, and the chain that approves
contracts.
"""

from typing import Any

from django.db import transaction

from contracts.models import Clause, Template, TemplateVersion
from contracts.rules.library import LIBRARY
from contracts.services.approving import KIND
from contracts.services.templates import publish
from contracts.standard import standard_library, standard_templates
from crm.accounts import roles
from crm.approvals.models import ActorKind, Task
from crm.approvals.services import begin_with_chain
from crm.core.dates import business_today


def seed_templates(**kwargs: Any) -> None:
    """Bring library and templates where there are none at all; runs after every migrate."""
    with transaction.atomic():
        if Template.objects.exists():
            return
        library = seed_library()
        for standard in standard_templates():
            template = Template.objects.create(
                code=standard.code, kind=standard.kind, name_zh=standard.name_zh, name_en=standard.name_en
            )
            for language, clauses in standard.clauses.items():
                shared = {key: library[language][key] for key in standard.shared[language]}
                rows = [Clause(source_id=shared.get(clause["key"]), **clause) for clause in clauses]
                publish_first(template, language, standard.title(language), standard.variables, rows)


def seed_library() -> dict[str, dict[str, int]]:
    """Bring the clause library; its clauses by language and key."""
    variables, clauses = standard_library()
    template = Template.objects.create(code="clause-library", kind=LIBRARY, name_zh="条款库", name_en="Clause library")
    made: dict[str, dict[str, int]] = {}
    for language, words in clauses.items():
        rows = [Clause(**clause) for clause in words]
        title = template.name_zh if language == "zh" else template.name_en
        publish_first(template, language, title, variables, rows)
        made[language] = {row.key: row.pk for row in rows}
    return made


def publish_first(
    template: Template, language: str, title: str, variables: list[dict[str, Any]], clauses: list[Clause]
) -> None:
    """The first version of a template in a language, published by nobody."""
    version = TemplateVersion.objects.create(
        template=template, number=1, language=language, title=title, variables=variables
    )
    for clause in clauses:
        clause.version = version
    Clause.objects.bulk_create(clauses)
    TemplateVersion.objects.filter(pk=version.pk).update(state="legal_review")
    version.refresh_from_db()
    publish(version, reviewer=None, on=business_today())


REVIEW = {
    "name_zh": "销售经理审核", "name_en": "Sales manager reviews", "task": Task.REVIEW,
    "actor_kind": ActorKind.SUPERIOR, "level": 1, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
TERMS = {
    "name_zh": "财务审核账期和结算条款", "name_en": "Finance reviews the terms", "task": Task.CONFIRM,
    "role": roles.ACCOUNTANT, "fallback_role": roles.FINANCE_MANAGER,
}  # fmt: skip
LEGAL = {
    "name_zh": "法务审核偏离条款", "name_en": "Legal reviews what deviates", "task": Task.REVIEW,
    "role": roles.LEGAL, "fallback_role": roles.GENERAL_MANAGER,
}  # fmt: skip
MANAGER = {
    "name_zh": "总经理审批", "name_en": "General manager approves", "task": Task.APPROVE,
    "role": roles.GENERAL_MANAGER, "fallback_role": roles.CHAIRMAN,
}  # fmt: skip
SMALL = {"amount_up_to": 500_000, "days_up_to": 60}
MATRIX: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"name_zh": "50 万以内，60 天以内", "name_en": "Up to 500,000 and 60 days", "deviation": False, **SMALL},
        [REVIEW, TERMS],
    ),
    (
        {"name_zh": "50 万以内，有偏离", "name_en": "Up to 500,000 with a deviation", "deviation": True, **SMALL},
        [REVIEW, TERMS, LEGAL],
    ),
    (
        {"name_zh": "50 万以上或 60 天以上", "name_en": "Above that", "deviation": False},
        [REVIEW, TERMS, MANAGER],
    ),
    ({"name_zh": "其余", "name_en": "Everything else"}, [REVIEW, TERMS, LEGAL, MANAGER]),
]


def seed_contract_chain(**kwargs: Any) -> None:
    """Bring the chain where there is none; runs after every migrate."""
    begin_with_chain(kind=KIND, name_zh="合同审批", name_en="Contract approval", matrix=MATRIX)
