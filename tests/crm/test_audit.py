"""The history of a record: who, when, from what to what; triggers see bulk and SQL writes too."""

import datetime as dt
from typing import Any

import pghistory
import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from crm.accounts.models import Team, User
from crm.accounts.services import save_team
from crm.audit import registry as audit
from crm.audit.registry import Tracked, audit_url
from crm.audit.selectors import history
from crm.core.models import Currency, LegalEntity, Rate


@pytest.fixture
def entity(db: None) -> LegalEntity:
    return LegalEntity.objects.create(code="OA", name_zh="公司", name_en="Company")


def told(tracked: Tracked, record: models.Model) -> list[tuple[str, list[tuple[str, str, str]]]]:
    return [
        (entry.who, [(change.label, change.before, change.after) for change in entry.changes])
        for entry in history(tracked, record)
    ]


ENTITIES = Tracked(LegalEntity, "core.view_legalentity")


def test_each_change_says_who_and_from_what_to_what(entity: LegalEntity, alice: User) -> None:
    with pghistory.context(user=alice.pk, reason="Moved house"):
        entity.address = "Nanjing Road 1"
        entity.save()
    with pghistory.context(user=alice.pk):
        entity.address, entity.closed_through = "Nanjing Road 2", dt.date(2026, 10, 31)
        entity.save()
    newest, first = history(ENTITIES, entity)
    assert first.reason == "Moved house"
    assert first.who == newest.who == "Alice"
    assert told(ENTITIES, entity) == [
        ("Alice", [("address", "Nanjing Road 1", "Nanjing Road 2"), ("closing date", "–", "2026-10-31")]),
        ("Alice", [("address", "–", "Nanjing Road 1")]),
    ]


def test_writes_past_the_orm_are_seen_and_belong_to_the_system(entity: LegalEntity) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_legalentity SET uscc = '91310000MA1K35X11X' WHERE id = %s", [entity.pk])
    entity.refresh_from_db()
    assert told(ENTITIES, entity) == [("the system", [("unified social credit code", "–", "91310000MA1K35X11X")])]


def test_a_save_that_changes_nothing_leaves_no_trace(entity: LegalEntity) -> None:
    entity.save()
    assert history(ENTITIES, entity) == []


def test_lines_of_a_record_are_told_with_it_deleted_ones_too(db: None) -> None:
    tracked = Tracked(Currency, "core.view_currency", lines=((Rate, "currency"),))
    usd, _made = Currency.objects.get_or_create(code="USD", defaults={"name_zh": "美元", "name_en": "US dollar"})
    rate = Rate.objects.create(currency=usd, date=dt.date(2026, 1, 1), rate="7.10000000")
    Rate.objects.filter(pk=rate.pk).update(rate="7.25")
    rate.delete()
    deleted, changed = history(tracked, usd)
    assert deleted.deleted
    assert deleted.subject.startswith("exchange rate")
    assert [(change.label, change.before, change.after) for change in changed.changes] == [("rate", "7.1", "7.25")]


@pytest.mark.thorough
def test_the_number_of_queries_does_not_grow_with_the_changes(
    entity: LegalEntity, alice: User, django_assert_max_num_queries: Any
) -> None:
    with pghistory.context(user=alice.pk):
        for number in range(30):
            LegalEntity.objects.filter(pk=entity.pk).update(address=f"Road {number}")
    entity.refresh_from_db()
    with django_assert_max_num_queries(2):
        assert len(history(ENTITIES, entity)) == 30


def test_the_password_is_never_part_of_the_history(alice: User) -> None:
    alice.set_password("another long secret")
    alice.name = "Alice B"
    alice.save()
    entries = told(Tracked(User, "accounts.view_user"), alice)
    assert entries == [("the system", [("name", "Alice", "Alice B")])]


@pytest.fixture
def teams_tracked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teams stand in for a record with visibility: everybody sees only the own team."""

    class Teams(models.QuerySet[Team]):
        def visible_to(self, user: User) -> "Teams":
            return self.filter(pk__in=user.team_ids)

    monkeypatch.setattr(Team, "objects", Teams.as_manager())
    Team.objects.model = Team
    monkeypatch.setattr(audit, "TRACKED", {"accounts.team": Tracked(Team, "accounts.view_team")})
    monkeypatch.setattr("crm.audit.views.TRACKED", audit.TRACKED)


def test_the_panel_asks_for_the_permission_and_the_record(
    teams_tracked: None, as_alice: Client, as_adam: Client, adam: User, team: Team
) -> None:
    adam.team = team
    adam.save()
    other = save_team(name_zh="别处", name_en="Elsewhere", parent=None)
    save_team(name_zh="销售一部", name_en="Sales one", parent=None, team=team)
    page = as_adam.get(audit_url(team))
    assert page.status_code == 200
    assert "<ins>Sales one</ins>" in page.content.decode()
    assert as_adam.get(audit_url(other)).status_code == 404
    assert as_alice.get(audit_url(team)).status_code == 403
    assert as_adam.get(reverse("audit:changes", args=["auth.group", 1])).status_code == 404


def test_the_changes_of_every_tracked_model_can_be_asked_for(adam: User) -> None:
    for label, tracked in audit.TRACKED.items():
        model: Any = tracked.model
        assert tracked.shared is not hasattr(model.objects.all(), "visible_to"), label
        list(tracked.records(adam)[:1])
