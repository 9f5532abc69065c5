"""Scorecards: drafted, weighed, put into force by another than their authors, retired by the next version."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.errors import Inconsistent, NoScorecard, ScorecardIncomplete
from credit.models import ScorecardItem, ScorecardVersion
from credit.rules import ratings as rules
from crm.core import versions
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState

PROBLEMS = {
    "no_items": gettext_lazy("it has no items with a weight"),
    "no_bins": gettext_lazy("an item has no points"),
    "thresholds": gettext_lazy("each grade from AAA to C needs points to begin with, and they must fall"),
    "key_indicators": gettext_lazy("each key indicator needs an item"),
}


def scorecard_in_force() -> ScorecardVersion:
    """The scorecard that counts now, with its items. Raises NoScorecard."""
    found = ScorecardVersion.objects.filter(state=PolicyState.ACTIVE).prefetch_related("items").first()
    if found is None:
        raise NoScorecard
    return found


def new_scorecard_version(*, actor: Any, scorecard_id: int) -> ScorecardVersion:
    """A draft that begins as a copy; the one in force stays until the draft takes its place. Raises NotAllowed."""
    with atomic_or_busy():
        draft = versions.draft_from(
            versions=ScorecardVersion.objects.all(),
            key=scorecard_id,
            actor=actor,
            permission="credit.add_scorecardversion",
        )
        versions.copy_rows(ScorecardItem.objects.filter(scorecard=scorecard_id), scorecard=draft)
    return draft


def activate_scorecard(*, actor: Any, scorecard_id: int) -> ScorecardVersion:
    """Put a draft into force; the version before it retires, ratings made stay as they are.

    Raises NotAllowed, VersionNotDraft, OwnVersion, ScorecardIncomplete.
    """
    return versions.put_into_force(
        versions=ScorecardVersion.objects.all(),
        key=scorecard_id,
        actor=actor,
        permission="credit.activate_scorecard",
        check=check_scorecard,
    )


def check_scorecard(draft: ScorecardVersion) -> None:
    """Raises ScorecardIncomplete."""
    found = rules.problems(draft.scorecard())
    if found:
        raise ScorecardIncomplete(what=_(", ").join(str(PROBLEMS[code]) for code in found))


def weigh_by_judgements(
    *, actor: Any, scorecard_id: int, judgements: Mapping[tuple[str, str], float]
) -> ScorecardVersion:
    """Give the items of a draft weights from judgements about their sources in pairs (AHP).

    Inside a source the items keep their relation. Raises NotAllowed, VersionNotDraft, Inconsistent.
    """
    if not actor.has_perm("credit.change_scorecardversion"):
        raise NotAllowed
    ratio = rules.consistency_ratio(rules.SOURCES, judgements)
    if ratio > rules.MOST_INCONSISTENT:
        raise Inconsistent(ratio=f"{ratio:.2f}")
    shares = rules.weights_from_judgements(rules.SOURCES, judgements)
    with atomic_or_busy():
        draft = versions.lock_draft(ScorecardVersion.objects.all(), scorecard_id)
        items = list(draft.items.all())
        weights = rules.group_weights([item.item() for item in items], shares)
        for item in items:
            item.weight = weights[item.key]
            item.save(update_fields=["weight"])
        draft.judgements = {f"{first}:{second}": value for (first, second), value in judgements.items()}
        draft.consistency_ratio = round(ratio, 4)
        if actor.pk not in draft.author_ids:
            draft.author_ids.append(actor.pk)
        draft.save(update_fields=["judgements", "consistency_ratio", "author_ids"])
    return draft


# The scorecard an installation begins with
LEAST = {"AAA": 90, "AA": 85, "A": 80, "BBB": 72, "BB": 66, "B": 60, "CCC": 52, "CC": 46, "C": 40}


def rising(*steps: tuple[float | None, int]) -> list[dict[str, Any]]:
    return [{"from": start, "points": points} for start, points in steps]


def worded(**points: int) -> list[dict[str, Any]]:
    return [{"word": word, "points": each} for word, each in points.items()]


FIVE = rising((1, 0), (2, 30), (3, 60), (4, 80), (5, 100))
# key, weight, key indicator, Chinese and English name, points
ITEMS: list[tuple[str, int, str, str, str, list[dict[str, Any]]]] = [
    (
        "collection_rate", 15, "collection", "回款率", "Collection rate",
        rising((None, 0), (0.5, 20), (0.6, 42), (0.7, 56), (0.8, 68), (0.88, 82), (0.94, 92), (0.98, 100)),
    ),
    (
        "days_late", 10, "", "逾期天数", "Days late",
        rising((None, 100), (3, 85), (8, 70), (16, 55), (31, 35), (61, 15), (91, 0)),
    ),
    (
        "overdue_share", 8, "", "未按期付款比例", "Share not paid in time",
        rising((None, 100), (0.05, 85), (0.15, 70), (0.3, 50), (0.5, 25), (0.75, 0)),
    ),
    ("promises_kept", 5, "", "承诺履约率", "Promises kept", rising((None, 0), (0.5, 40), (0.75, 70), (0.95, 100))),
    ("days_trend", 4, "", "逾期趋势", "Trend of days late", rising((None, 100), (-2, 80), (3, 55), (11, 25), (31, 0))),
    (
        "purchases", 4, "", "年采购额", "Yearly purchases",
        rising((None, 40), (50_000, 60), (200_000, 75), (1_000_000, 90), (5_000_000, 100)),
    ),
    (
        "debt_ratio", 10, "ability", "资产负债率", "Debt ratio",
        rising((None, 100), (0.4, 85), (0.5, 75), (0.6, 62), (0.7, 48), (0.8, 30), (0.95, 0)),
    ),
    (
        "current_ratio", 8, "ability", "流动比率", "Current ratio",
        rising((None, 0), (0.8, 35), (1, 55), (1.2, 70), (1.5, 85), (2, 100)),
    ),
    (
        "profit_margin", 6, "ability", "净利率", "Profit margin",
        rising((None, 0), (-0.05, 20), (0, 50), (0.02, 65), (0.05, 80), (0.1, 100)),
    ),
    ("age_years", 4, "", "成立年限", "Years in business", rising((None, 20), (2, 50), (5, 70), (10, 90), (20, 100))),
    ("size", 3, "", "企业规模", "Company size", worded(large=100, medium=80, small=60, micro=40)),
    (
        "ownership", 3, "", "所有制性质", "Ownership",
        worded(state=95, foreign=90, joint=85, collective=70, private=70, sole=45),
    ),
    ("reliability", 4, "", "可靠程度", "Reliability", FIVE),
    ("credibility", 4, "", "诚信程度", "Credibility", FIVE),
    ("operations", 3, "", "经营状况", "Course of business", FIVE),
    ("conduct", 3, "", "负责人品行", "Conduct of the principals", FIVE),
    ("management", 2, "", "管理水平", "Management", FIVE),
    ("site_visit", 2, "", "实地考察", "Site visit", FIVE),
    ("ventures", 2, "", "无风险投资", "No risky ventures", FIVE),
    ("competitors", 4, "competitors", "与竞争对手往来", "Dealings with competitors",
     rising((1, 42), (2, 62), (3, 74), (4, 88), (5, 100))),
]  # fmt: skip


def seed_scorecard(**kwargs: Any) -> None:
    """Bring the first scorecard where there is none; runs after every migrate."""
    with transaction.atomic():
        if ScorecardVersion.objects.exists():
            return
        card = ScorecardVersion.objects.create(
            version=1,
            state=PolicyState.ACTIVE,
            name_zh="信用评级表",
            name_en="Credit scorecard",
            least=LEAST,
            activated_at=timezone.now(),
        )
        ScorecardItem.objects.bulk_create(
            ScorecardItem(
                scorecard=card,
                position=position,
                key=key,
                weight=weight,
                indicator=indicator,
                name_zh=name_zh,
                name_en=name_en,
                bins=bins,
            )
            for position, (key, weight, indicator, name_zh, name_en, bins) in enumerate(ITEMS, 1)
        )
