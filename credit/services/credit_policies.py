"""Versions of the credit policy: drafted, put into force by another than their authors, followed by the next."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from credit.errors import CreditPolicyIncomplete
from credit.models.policies import CreditPolicy, PolicyClass, Treatment, class_rows
from credit.rules.limits import faulty_factors
from crm.core import versions
from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState

FACTORS = {
    "AAA": 2.0, "AA": 1.0, "A": 0.8, "BBB": 0.7, "BB": 0.65, "B": 0.6, "CCC": 0.3, "CC": 0.15, "C": 0, "D": 0,
}  # fmt: skip
YOUNG_PERCENT = 50
# (treatment, share of net worth in percent, longest term, months in which payment is expected, days to the next review)
PRESETS: list[tuple[str, str, dict[str, tuple[str, int, int, int | None, int]]]] = [
    (
        "按合同信用政策", "Credit by contract",
        {
            "A": (Treatment.CONTRACT, 20, 90, 2, 365), "B": (Treatment.PART_PREPAID, 10, 60, 5, 365),
            "C": (Treatment.PART_REQUIRED, 5, 30, 8, 180), "D": (Treatment.SETTLED, 0, 0, None, 90),
        },
    ),
    (
        "审慎信用政策", "Cautious credit",
        {
            "A": (Treatment.SOME_LIMIT, 10, 30, None, 365), "B": (Treatment.CASH_ON_DELIVERY, 0, 0, None, 180),
            "C": (Treatment.PREPAID, 0, 0, None, 90), "D": (Treatment.EXIT, 0, 0, None, 90),
        },
    ),
]  # fmt: skip


def new_credit_policy(*, actor: Any, policy_id: int) -> CreditPolicy:
    """A draft that begins as a copy of a version. Raises NotAllowed."""
    with atomic_or_busy():
        draft = versions.draft_from(
            versions=CreditPolicy.objects.all(), key=policy_id, actor=actor, permission="credit.add_creditpolicy"
        )
        versions.copy_rows(PolicyClass.objects.filter(policy=policy_id), policy=draft)
    return draft


def activate_credit_policy(*, actor: Any, policy_id: int) -> CreditPolicy:
    """Put a draft into force; limits that were granted stay as they are.

    Raises NotAllowed, VersionNotDraft, OwnVersion, CreditPolicyIncomplete.
    """
    return versions.put_into_force(
        versions=CreditPolicy.objects.all(),
        key=policy_id,
        actor=actor,
        permission="credit.activate_creditpolicy",
        check=check_credit_policy,
    )


def check_credit_policy(draft: CreditPolicy) -> None:
    """Each class once, a factor for each grade. Raises CreditPolicyIncomplete."""
    classes = sorted(row.credit_class for row in draft.classes.all())
    wrong = faulty_factors(draft.factors)
    if classes != list("ABCD") or wrong:
        raise CreditPolicyIncomplete


def seed_credit_policy(**kwargs: Any) -> None:
    """The two presets: the first in force, the second as a draft; runs after every migrate."""
    with transaction.atomic():
        if CreditPolicy.objects.exists():
            return
        for version, (name_zh, name_en, classes) in enumerate(PRESETS, 1):
            first = version == 1
            policy = CreditPolicy.objects.create(
                version=version,
                name_zh=name_zh,
                name_en=name_en,
                state=PolicyState.ACTIVE if first else PolicyState.DRAFT,
                activated_at=timezone.now() if first else None,
                factors=FACTORS,
                reference_percent=50,
                young_percent=YOUNG_PERCENT,
            )
            PolicyClass.objects.bulk_create(class_rows(policy, classes))
