"""Who decides a step, who stands in for whom."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group

from crm.accounts import roles
from crm.accounts.models import Team, User
from crm.accounts.roles import ROLES, Scope
from crm.approvals.models import ActorKind, Delegation
from crm.approvals.models.chains import StepDefinition
from crm.approvals.rules import Leader, superiors
from crm.core.dates import business_today

LEADING = (roles.SALES_MANAGER, roles.SALES_DIRECTOR)
MAY_DECIDE = "approvals.decide_request"


def principals(user: Any, on: dt.date | None = None) -> list[int]:
    """The user, and everybody the user stands in for on that day."""
    given = Delegation.objects.filter(delegate=user).on(on or business_today())
    return [user.pk, *given.values_list("delegator_id", flat=True)]


@dataclass
class People:
    """The people of steps, for one applicant and one team; reads each role once."""

    applicant_id: int
    team: Team | None

    def __post_init__(self) -> None:
        self.by_role: dict[str, list[User]] = {}

    def candidates(self, step: StepDefinition) -> tuple[list[User], bool]:
        """Who may decide the step, and whether they are those of the fall-back role. Never the applicant."""
        found = self.proper(step)
        if found or not step.fallback_role:
            return found, False
        return self.holders(step.fallback_role), True

    def proper(self, step: StepDefinition) -> list[User]:
        if step.actor_kind == ActorKind.ROLE:
            return self.holders(step.role)
        if step.actor_kind == ActorKind.SUPERIOR:
            above = self.superiors
            return above[step.level - 1] if 0 < step.level <= len(above) else []
        return [step.user] if step.user and self.fit(step.user) else []

    def fit(self, user: User) -> bool:
        return user.is_active and user.pk != self.applicant_id and user.has_perm(MAY_DECIDE)

    def holders(self, role: str) -> list[User]:
        """Holders of a role; of one that sees a team only, those whose team the request belongs to or stands under."""
        if role not in self.by_role:
            users = User.objects.filter(is_active=True, groups__name=role).select_related("team").order_by("pk")
            found = [user for user in users if self.fit(user)]
            if ROLES[role].scope < Scope.ALL:
                path = self.team.path if self.team else ""
                found = [user for user in found if user.team and path.startswith(user.team.path)]
            self.by_role[role] = found
        return self.by_role[role]

    @cached_property
    def superiors(self) -> list[list[User]]:
        """Those who lead the request's team or one above it, nearest first."""
        if self.team is None:
            return []
        groups = Group.objects.filter(name__in=LEADING)
        leading = User.objects.filter(is_active=True, groups__in=groups, team__isnull=False).select_related("team")
        users = {user.pk: user for user in leading.distinct()}
        leaders = [Leader(user.pk, user.team.path) for user in users.values() if user.team]
        levels = superiors(leaders, path=self.team.path, applicant_id=self.applicant_id)
        fitting = [[users[pk] for pk in level if self.fit(users[pk])] for level in levels]
        return [level for level in fitting if level]
