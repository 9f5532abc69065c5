"""The roles of the business, defined in code and synced to groups after every migrate.

A role says how far its holder sees (`Scope`); what the holder may do is granted by each app (`registry.Grant`).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.core.registry import registry


class Scope(IntEnum):
    """How far a role sees customers and all that hangs on them."""

    NOTHING = 0
    OWN = 1
    TEAM = 2
    ALL = 3

    @property
    def label(self) -> Promise:
        return SCOPE_LABELS[self]


SCOPE_LABELS = {
    Scope.NOTHING: _("No customers"),
    Scope.OWN: _("Own customers"),
    Scope.TEAM: _("Customers of the team"),
    Scope.ALL: _("All customers"),
}


@dataclass(frozen=True)
class Role:
    code: str
    label: Promise
    scope: Scope


SALES_REP = "sales_rep"
SALES_MANAGER = "sales_manager"
SALES_DIRECTOR = "sales_director"
CREDIT_CONTROLLER = "credit_controller"
ACCOUNTANT = "accountant"
FINANCE_MANAGER = "finance_manager"
FINANCE_DIRECTOR = "finance_director"
GENERAL_MANAGER = "general_manager"
CHAIRMAN = "chairman"
LEGAL = "legal"
SERVICE = "service"
WAREHOUSE = "warehouse"
ADMINISTRATOR = "administrator"

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role(SALES_REP, _("Sales rep"), Scope.OWN),
        Role(SALES_MANAGER, _("Sales manager"), Scope.TEAM),
        Role(SALES_DIRECTOR, _("Sales director"), Scope.ALL),
        Role(CREDIT_CONTROLLER, _("Credit controller"), Scope.ALL),
        Role(ACCOUNTANT, _("Accountant"), Scope.ALL),
        Role(FINANCE_MANAGER, _("Finance manager"), Scope.ALL),
        Role(FINANCE_DIRECTOR, _("Finance director"), Scope.ALL),
        Role(GENERAL_MANAGER, _("General manager"), Scope.ALL),
        Role(CHAIRMAN, _("Chairman"), Scope.ALL),
        Role(LEGAL, _("Legal and compliance"), Scope.ALL),
        Role(SERVICE, _("Customer service"), Scope.ALL),
        Role(WAREHOUSE, _("Warehouse"), Scope.NOTHING),
        Role(ADMINISTRATOR, _("Administrator"), Scope.ALL),
    )
}
SALES = (SALES_REP, SALES_MANAGER, SALES_DIRECTOR)
FINANCE = (ACCOUNTANT, FINANCE_MANAGER, FINANCE_DIRECTOR)
MANAGEMENT = (GENERAL_MANAGER, CHAIRMAN)
EVERYONE = tuple(ROLES)


def sync_roles(**kwargs: Any) -> None:
    """Bring the groups and their permissions in line with the code; runs after migrate, may run at any time."""
    from django.contrib.auth.models import Group, Permission

    wanted: dict[str, set[str]] = {code: set() for code in ROLES}
    for grant in registry.grants:
        wanted[grant.role].update(grant.permissions)
    known = {
        f"{app_label}.{codename}": pk
        for pk, app_label, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for code, permissions in wanted.items():
        group, _created = Group.objects.get_or_create(name=code)
        # A permission whose app is not migrated yet is not there to give.
        group.permissions.set([known[name] for name in sorted(permissions) if name in known])
