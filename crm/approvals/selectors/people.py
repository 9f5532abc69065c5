"""Who decides a step, who stands in for whom."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import F, QuerySet

from crm.accounts import roles
from crm.accounts.models import Team, User
from crm.accounts.roles import ROLES, Scope
from crm.approvals.models import APPROVING, ActorKind, Decision, Delegation, Request
from crm.approvals.models.chains import StepDefinition
from crm.approvals.rules import Leader, superiors
from crm.core.dates import business_today

LEADING = (roles.SALES_MANAGER, roles.SALES_DIRECTOR)
MAY_DECIDE = "approvals.decide_request"


def principals(user: Any, on: dt.date | None = None) -> list[int]:
    """The user, and everybody the user stands in for on that day."""
    given = Delegation.objects.filter(delegate=user).on(on or business_today())
    return [user.pk, *given.values_list("delegator_id", flat=True)]


def words_for_others(**lookup: Any) -> QuerySet[Decision]:
    """Approvals somebody gave as a stand-in: who gave one decides nothing else of that request."""
    return Decision.objects.filter(verb__in=APPROVING, **lookup).exclude(actor=F("principal")).order_by()


def people_of(request: Request) -> "People":
    """The people of a request's steps, as they are now."""
    spoken = words_for_others(request=request).values_list("actor_id", flat=True)
    return People(request.applicant_id, request.team, request.author_ids, frozenset(spoken))


def stand_ins_of(request: Request, users: Collection[User], on: dt.date) -> dict[int, tuple[User, User]]:
    """Who may decide the request for one of those people that day, with whom they stand in for, by the stand-in's key.

    Not those people themselves, nor applicant or authors, nor who has approved a step and so stands in no more.
    """
    given = Delegation.objects.filter(delegator__in=users).on(on).select_related("delegator", "delegate")
    out = {user.pk for user in users} | {request.applicant_id, *request.author_ids}
    out |= set(
        Decision.objects.filter(request=request, verb__in=APPROVING).order_by().values_list("actor_id", flat=True)
    )
    return {
        row.delegate_id: (row.delegate, row.delegator) for row in given.order_by("-pk") if row.delegate_id not in out
    }


@dataclass
class People:
    """The people of steps, for one applicant and one team; reads each role once.

    Nobody decides what they asked for, nor what they wrote (`author_ids`). `spoken`: who has approved a step as a
    stand-in, and is asked only where nobody else is left.
    """

    applicant_id: int
    team: Team | None
    author_ids: Collection[int] = ()
    spoken: Collection[int | None] = ()

    def __post_init__(self) -> None:
        self.by_role: dict[str, list[User]] = {}

    def candidates(self, step: StepDefinition) -> tuple[list[User], bool]:
        """Who may decide the step, and whether they are those of the fall-back role; never applicant or authors.

        Where only people are left who have approved another step as a stand-in, they are asked, and somebody who
        stands in for them decides.
        """
        found = self.proper(step)
        fallback = self.holders(step.fallback_role) if step.fallback_role and not self.free(found) else []
        if self.free(found) or (found and not self.free(fallback)):
            return self.free(found) or found, False
        return self.free(fallback) or fallback, bool(step.fallback_role)

    def free(self, users: list[User]) -> list[User]:
        return [user for user in users if user.pk not in self.spoken]

    def proper(self, step: StepDefinition) -> list[User]:
        if step.actor_kind == ActorKind.ROLE:
            return self.holders(step.role)
        if step.actor_kind == ActorKind.SUPERIOR:
            above = self.superiors
            return above[step.level - 1] if 0 < step.level <= len(above) else []
        return [step.user] if step.user and self.fit(step.user) else []

    def fit(self, user: User) -> bool:
        own = user.pk == self.applicant_id or user.pk in self.author_ids
        return user.is_active and not own and user.has_perm(MAY_DECIDE)

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
