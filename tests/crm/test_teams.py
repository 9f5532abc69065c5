"""Teams keep the path of everything under them; roles follow the code."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections

from crm.accounts.errors import TeamCycle
from crm.accounts.models import Team, User
from crm.accounts.roles import ROLES, Scope, sync_roles
from crm.accounts.services import save_team
from crm.core.errors import Busy
from crm.core.registry import Grant, registry
from tests.crm.conftest import MakeUser


def build(name: str, parent: Team | None = None) -> Team:
    return save_team(name_zh=name, name_en=name, parent=parent)


def move(team: Team, parent: Team | None) -> Team:
    team.refresh_from_db()
    return save_team(name_zh=team.name_zh, name_en=team.name_en, parent=parent, team=team)


def paths() -> dict[str, str]:
    """Each team as the names of all above it, read from the stored path."""
    names = {str(team.pk): team.name_en for team in Team.objects.all()}
    return {
        team.name_en: "/".join(names[key] for key in team.path.strip("/").split("/")) for team in Team.objects.all()
    }


def test_a_moved_team_takes_everything_under_it_along(db: None) -> None:
    sales, service = build("sales"), build("service")
    east = build("east", sales)
    shanghai = build("shanghai", east)
    build("pudong", shanghai)
    move(east, service)
    assert paths() == {
        "sales": "sales",
        "service": "service",
        "east": "service/east",
        "shanghai": "service/east/shanghai",
        "pudong": "service/east/shanghai/pudong",
    }
    assert set(service.subtree_ids()) == set(Team.objects.exclude(pk=sales.pk).values_list("pk", flat=True))


def test_a_team_never_comes_to_stand_under_itself(db: None) -> None:
    sales = build("sales")
    east = build("east", sales)
    shanghai = build("shanghai", east)
    before = paths()
    for target in (sales, east, shanghai):
        with pytest.raises(TeamCycle):
            move(sales, target)
    assert paths() == before


def test_a_team_number_that_begins_alike_is_not_a_subtree(db: None) -> None:
    teams = [build(f"team{number}") for number in range(12)]
    first = teams[0]
    alike = [team for team in teams[1:] if str(team.pk).startswith(str(first.pk))]
    child = build("child", first)
    assert set(first.subtree_ids()) == {first.pk, child.pk}
    assert not {team.pk for team in alike} & set(first.subtree_ids())


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_circle() -> None:
    """East moves under South while South moves under East: one of them must be refused."""
    east, south = build("east"), build("south")
    outcome = race(lambda: move(east, south), lambda: move(south, east))
    assert sorted(outcome) == ["TeamCycle", "done"]
    assert sorted(paths().values()) in (["east", "east/south"], ["south", "south/east"])


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_race_does_make_a_circle() -> None:
    """The control: the rule alone, read by both before either writes, lets both moves pass."""
    east, south = build("east"), build("south")
    both_read = threading.Barrier(2, timeout=10)

    def unlocked(team: Team, parent: Team) -> None:
        path = Team.objects.get(pk=parent.pk).path
        assert not path.startswith(Team.objects.get(pk=team.pk).path)
        both_read.wait()
        Team.objects.filter(pk=team.pk).update(parent=parent, path=f"{path}{team.pk}/")

    assert race(lambda: unlocked(east, south), lambda: unlocked(south, east)) == ["done", "done"]
    east.refresh_from_db()
    south.refresh_from_db()
    assert east.parent_id == south.pk
    assert south.parent_id == east.pk


def race(*works: Callable[[], object]) -> list[str]:
    """Run the works at the same time on connections of their own; what became of each."""
    outcomes: list[str] = []
    start = threading.Barrier(len(works), timeout=10)

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
            outcomes.append("done")
        except (TeamCycle, Busy) as error:
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert connection.connection is not None
    return outcomes


def test_roles_are_synced_and_a_second_sync_changes_nothing(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(ROLES)
    stray = Group.objects.get(name="warehouse")
    stray.permissions.set(Group.objects.get(name="administrator").permissions.all())
    sync_roles()
    after = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    sync_roles()
    again = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    assert after == again
    granted = {name for grant in registry.grants if grant.role == "warehouse" for name in grant.permissions}
    assert stray.permissions.count() == len(granted)


def test_every_granted_permission_exists(db: None) -> None:
    """A grant that is misspelt would silently give nothing."""
    sync_roles()
    for role in ROLES:
        wanted = {name for grant in registry.grants if grant.role == role for name in grant.permissions}
        pairs = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{code}" for app, code in pairs} == wanted


def test_a_new_grant_reaches_its_role(db: None, monkeypatch: pytest.MonkeyPatch, make_user: MakeUser) -> None:
    walter = make_user("walter", "warehouse")
    assert not walter.has_perm("accounts.view_team")
    monkeypatch.setattr(registry, "grants", [*registry.grants, Grant("warehouse", ["accounts.view_team"])])
    sync_roles()
    assert User.objects.get(pk=walter.pk).has_perm("accounts.view_team")


def test_the_widest_role_counts(make_user: MakeUser) -> None:
    assert make_user("nobody").scope is Scope.NOTHING
    assert make_user("rep", "sales_rep").scope is Scope.OWN
    assert make_user("both", "sales_rep", "sales_manager").scope is Scope.TEAM
    assert make_user("root", is_superuser=True).scope is Scope.ALL
