"""Who works here: users, their teams, and how far each of them sees."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pghistory
from django.contrib.auth.models import AbstractUser
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from crm.accounts.roles import ROLES, Role, Scope
from crm.core.models import BilingualName, track_changes


@track_changes
class Team(BilingualName):
    """A team of the sales organisation. `path` lists the ids from the root, '/1/4/', so a subtree is one prefix."""

    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("superior team"),
    )
    path = models.CharField(_("path"), max_length=255, editable=False, db_index=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["path"]

    def subtree_ids(self) -> list[int]:
        """Ids of this team and of every team under it."""
        return list(Team.objects.filter(path__startswith=self.path).values_list("pk", flat=True))


# One statement for every page, where the parts would be three.
GRANTED = """
    WITH held AS (SELECT group_id FROM accounts_user_groups WHERE user_id = %(user)s)
    SELECT ARRAY(SELECT name FROM auth_group WHERE id IN (SELECT group_id FROM held)),
           ARRAY(
               SELECT t.app_label || '.' || p.codename
               FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
               WHERE p.id IN (
                   SELECT permission_id FROM auth_group_permissions WHERE group_id IN (SELECT group_id FROM held)
                   UNION ALL SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = %(user)s
               )
           )
"""

# The condition that `reader`, a row of accounts_user, holds `asked.permission`; in force, as has_perm has it.
HOLDS = """(reader.is_superuser OR EXISTS (
    SELECT FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
    WHERE t.app_label = split_part(asked.permission, '.', 1) AND p.codename = split_part(asked.permission, '.', 2) AND (
        EXISTS (SELECT FROM accounts_user_groups held JOIN auth_group_permissions given USING (group_id)
                WHERE held.user_id = reader.id AND given.permission_id = p.id)
        OR EXISTS (SELECT FROM accounts_user_user_permissions own
                   WHERE own.user_id = reader.id AND own.permission_id = p.id)
    )
))"""


@dataclass(frozen=True)
class Granted:
    """What a user may do: codes of roles, and permissions such as 'receivables.view_invoice'."""

    roles: frozenset[str]
    permissions: frozenset[str]


@pghistory.track(
    pghistory.UpdateEvent(row="OLD"),
    pghistory.DeleteEvent(),
    exclude=["password", "last_login", "list_columns", "list_views"],
)
class User(AbstractUser):
    """Somebody who works with the product: one or more roles, a team, a language."""

    name = models.CharField(_("name"), max_length=80, help_text=_("As colleagues know this person."))
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="members", verbose_name=_("team")
    )
    language = models.CharField(
        _("language"), max_length=10, choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans"
    )
    list_columns = models.JSONField(_("columns of lists"), default=dict, editable=False)  # list key -> column keys
    list_views = models.JSONField(_("kept views of lists"), default=dict, editable=False)  # list key -> [{name, query}]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name", "username"]
        permissions = [("use_admin", _("May open the administration"))]

    def __str__(self) -> str:
        return self.name or self.username

    @cached_property
    def granted(self) -> Granted:
        """Roles and permissions as they stand, read once for the life of this object."""
        with connection.cursor() as cursor:
            cursor.execute(GRANTED, {"user": self.pk})
            roles, permissions = cursor.fetchone()
        return Granted(frozenset(roles), frozenset(permissions))

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the user holds the permission, by a role or alone; nobody holds one for a single record."""
        if not self.is_active or self.is_superuser:
            return self.is_active
        return obj is None and perm in self.granted.permissions

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the user holds any permission of that app, as the index of the administration asks."""
        if not self.is_active or self.is_superuser:
            return self.is_active
        return any(permission.startswith(f"{app_label}.") for permission in self.granted.permissions)

    @cached_property
    def roles(self) -> list[Role]:
        return [role for code, role in ROLES.items() if code in self.granted.roles]

    @cached_property
    def scope(self) -> Scope:
        """The widest scope of the user's roles; a superuser sees all."""
        if self.is_superuser:
            return Scope.ALL
        return max((role.scope for role in self.roles), default=Scope.NOTHING)

    @cached_property
    def team_ids(self) -> list[int]:
        """Ids of the teams whose customers a manager sees: the own team and all under it."""
        return self.team.subtree_ids() if self.team else []

    @property
    def initial(self) -> str:
        """What stands in the round sign of the user."""
        return str(self)[:1].upper()

    @property
    def role_names(self) -> str:
        """The user's roles in the reader's language."""
        return " · ".join(str(role.label) for role in self.roles)
