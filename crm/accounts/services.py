"""Use cases around users and teams."""

from collections.abc import Callable, Sequence

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from crm.accounts.demo import PEOPLE, TEAMS
from crm.accounts.errors import TeamCycle
from crm.accounts.models import Team, User
from crm.accounts.rules import stands_under
from crm.core.locks import atomic_or_busy

VIEWS_KEPT = 20


def save_team(*, name_zh: str, name_en: str, parent: Team | None, team: Team | None = None) -> Team:
    """Make or change a team; the paths of everything under a moved team move with it.

    All teams are locked: they are few and seldom moved, and two moves at once could otherwise make a circle.
    """
    with atomic_or_busy():
        paths = dict(Team.objects.select_for_update().order_by("pk").values_list("pk", "path"))
        above = paths[parent.pk] if parent else "/"
        if team is None:
            team = Team.objects.create(name_zh=name_zh, name_en=name_en, parent=parent, path="")
            team.path = f"{above}{team.pk}/"
            team.save(update_fields=["path"])
            return team
        old = paths[team.pk]
        if stands_under(above, old):
            raise TeamCycle(team=str(team), parent=str(parent))
        new = f"{above}{team.pk}/"
        team.name_zh, team.name_en, team.parent, team.path = name_zh, name_en, parent, new
        team.save()
        if new != old:
            Team.objects.filter(path__startswith=old).exclude(pk=team.pk).update(
                path=Concat(Value(new), Substr(F("path"), len(old) + 1))
            )
        return team


def create_demo_users() -> dict[str, User]:
    """The demo company's teams and people, by user name; may run again. Without password: demo mode signs them in."""
    with transaction.atomic():
        teams: dict[str, Team] = {}
        for key, (name_zh, name_en, above) in TEAMS.items():
            found = Team.objects.filter(name_en=name_en).first()
            teams[key] = found or save_team(name_zh=name_zh, name_en=name_en, parent=teams.get(above))
        users: dict[str, User] = {}
        for person in PEOPLE:
            user, created = User.objects.get_or_create(
                username=person.username,
                defaults={"name": person.name, "team": teams.get(person.team), "language": person.language},
            )
            if created:
                user.set_unusable_password()
                user.save(update_fields=["password"])
                user.groups.set(Group.objects.filter(name=person.role))
            users[person.username] = user
    return users


def save_profile(*, user: User, name: str, email: str, language: str) -> None:
    """What users say about themselves."""
    user.name, user.email, user.language = name, email, language
    user.save(update_fields=["name", "email", "language"])


def change_password(*, user: User, password: str) -> None:
    """Set a password that the form has checked against the rules."""
    user.set_password(password)
    user.save(update_fields=["password"])


def set_language(*, user: User, language: str) -> None:
    """Remember the language a user reads in."""
    user.language = language
    user.save(update_fields=["language"])


def choose_columns(*, user: User, list_key: str, columns: Sequence[str]) -> None:
    """Remember which columns of a list a user wants to see; none means the usual ones."""
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        locked.list_columns[list_key] = list(columns)
        if not columns:
            del locked.list_columns[list_key]
        locked.save(update_fields=["list_columns"])
    user.list_columns = locked.list_columns


def keep_view(*, user: User, list_key: str, name: str, query: str) -> None:
    """Keep a list's filters under a name; the oldest goes when there are too many."""
    kept = {"name": name[:60], "query": query}
    change_views(user, list_key, lambda views: [*[view for view in views if view["name"] != kept["name"]], kept])


def forget_view(*, user: User, list_key: str, name: str) -> None:
    """Forget a kept view."""
    change_views(user, list_key, lambda views: [view for view in views if view["name"] != name])


def change_views(user: User, list_key: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        locked.list_views[list_key] = change(locked.list_views.get(list_key, []))[-VIEWS_KEPT:]
        locked.save(update_fields=["list_views"])
    user.list_views = locked.list_views
