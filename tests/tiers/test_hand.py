"""Tiers set by people, and the policy behind tiers: who may, what is refused, four eyes for the policy alone."""

import threading
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from crm.accounts import roles
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.versions import OwnVersion, VersionNotDraft
from customers.errors import TierEndPast, TierPolicyIncomplete, TierUnknown
from customers.models import CustomerTier, TierChange, TierPolicy, TierRule, TimelineEvent
from customers.services.tier_policies import activate_tier_policy, new_tier_policy, tier_policy_in_force
from customers.services.tiers import set_tier
from customers.tier_rules import Demand, in_order
from customers.verification import verify_tiers
from tests.factories import Company, make_customer, make_user
from tests.tiers.conftest import DAY, ON

pytestmark = pytest.mark.django_db


def set_it(actor: Any, customer: Any, tier: str = "vip", **more: Any) -> TierChange:
    return set_tier(actor=actor, customer_id=customer.pk, tier=tier, **{"reason": "Key project", "today": ON, **more})


class TestSetting:
    def test_a_manager_sets_it_with_the_reason_and_it_stands_in_history_and_timeline(self, company: Company) -> None:
        change = set_it(company.mona, company.customer, until=ON + 30 * DAY)
        kept = CustomerTier.objects.get()
        assert (kept.tier, kept.rank, kept.since, kept.until, kept.change) == ("vip", 0, ON, ON + 30 * DAY, change)
        assert (change.source, change.created_by, change.reason) == ("by_hand", company.mona, "Key project")
        event = TimelineEvent.objects.get(kind="tier_changed")
        assert event.data == {"from": "", "to": "vip", "reason": "Key project", "until": "2026-04-30"}
        assert event.actor == company.mona
        set_it(company.greg, company.customer, "major", today=ON + DAY)
        assert list(TierChange.objects.values_list("from_tier", "to_tier")) == [("vip", "major"), ("", "vip")]
        assert not list(verify_tiers())

    @pytest.mark.parametrize("name", ["alice", "fiona", "anna"])
    def test_nobody_else_sets_it(self, company: Company, name: str) -> None:
        with pytest.raises(NotAllowed):
            set_it(getattr(company, name), company.customer)
        assert not TierChange.objects.exists()

    def test_a_manager_does_not_reach_customers_of_other_teams(self, company: Company) -> None:
        foreign = make_customer(owner=company.charlie)
        with pytest.raises(NotAllowed):
            set_it(company.mona, foreign)
        assert not CustomerTier.objects.exists()

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({"reason": "  "}, ReasonMissing),
            ({"tier": "gold"}, TierUnknown),
            ({"until": ON - DAY}, TierEndPast),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, company: Company, given: dict[str, Any], error: Any) -> None:
        with pytest.raises(error):
            set_it(company.mona, company.customer, **given)
        assert not TierChange.objects.exists()

    def test_today_is_the_earliest_end(self, company: Company) -> None:
        assert set_it(company.mona, company.customer, until=ON).until == ON


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_at_once_come_one_after_the_other(company: Company, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """Each change begins where the one before ended; without the lock on the customer both begin at the same tier."""
    from customers.models import Customer
    from customers.services import tiers

    if not locked:
        monkeypatch.setattr(
            tiers, "locked_customer", lambda *, actor, customer_id: Customer.objects.get(pk=customer_id)
        )
    inside, both = threading.Barrier(2, timeout=0.3 if locked else 5), tiers.keep

    def keep(changes: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            inside.wait()  # never met where the second waits for the lock of the first
        both(changes)

    monkeypatch.setattr(tiers, "keep", keep)

    def one(tier: str) -> None:
        try:
            set_it(None, company.customer, tier)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(tier,)) for tier in ("vip", "major")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begun = sorted(TierChange.objects.values_list("from_tier", flat=True))
    if locked:
        first = TierChange.objects.order_by("pk")[0]
        assert begun == ["", first.to_tier]
    else:
        assert begun == ["", ""]


class TestPolicy:
    def test_an_installation_begins_with_one_in_force(self, company: Company) -> None:
        policy = tier_policy_in_force()
        assert policy is not None
        assert [rule.tier for rule in policy.rules.all()] == ["vip", "major", "ordinary", "small"]
        assert (policy.version, policy.state) == (1, "active")

    def test_another_than_the_author_puts_a_draft_into_force_and_the_old_one_retires(self, company: Company) -> None:
        seeded = TierPolicy.objects.get()
        with pytest.raises(NotAllowed):
            new_tier_policy(actor=company.greg, policy_id=seeded.pk)
        draft = new_tier_policy(actor=company.fiona, policy_id=seeded.pk)
        assert (draft.version, draft.state, draft.rules.count()) == (2, "draft", 4)
        with pytest.raises(OwnVersion):
            activate_tier_policy(actor=company.fiona, policy_id=draft.pk)
        with pytest.raises(NotAllowed):
            activate_tier_policy(actor=company.mona, policy_id=draft.pk)
        assert tier_policy_in_force() == seeded
        frank = make_user("frank", roles.FINANCE_MANAGER)
        activate_tier_policy(actor=frank, policy_id=draft.pk)
        seeded.refresh_from_db()
        assert (seeded.state, tier_policy_in_force()) == ("retired", draft)
        with pytest.raises(VersionNotDraft):
            activate_tier_policy(actor=frank, policy_id=draft.pk)

    @pytest.mark.parametrize(
        "change",
        [
            {"tier": "vip", "top_percent": 70},
            {"tier": "major", "days_bought": 13},
            {"tier": "vip", "days_silent": 181},
            {"tier": "ordinary", "worst_grade": "A"},
            {"tier": "major", "delete": True},
        ],
    )
    def test_a_better_tier_asks_for_no_less(self, company: Company, change: dict[str, Any]) -> None:
        draft = new_tier_policy(actor=company.fiona, policy_id=TierPolicy.objects.get().pk)
        rules = draft.rules.filter(tier=change.pop("tier"))
        if change.pop("delete", False):
            rules.delete()
        else:
            rules.update(**change)
        with pytest.raises(TierPolicyIncomplete):
            activate_tier_policy(actor=make_user("frank", roles.FINANCE_MANAGER), policy_id=draft.pk)
        assert TierPolicy.objects.get(state="active").version == 1

    def test_a_version_in_force_is_never_changed(self, company: Company) -> None:
        for write in (lambda: TierPolicy.objects.update(stay_days=1), lambda: TierPolicy.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                write()

    def test_the_lowest_asks_for_nothing_and_each_other_has_its_bounds(self, company: Company) -> None:
        for tier, change in (("small", {"days_bought": 1}), ("vip", {"top_percent": None})):
            with pytest.raises(IntegrityError), transaction.atomic():
                TierRule.objects.filter(tier=tier).update(**change)

    def test_a_draft_is_edited_and_tried_in_the_administration(self, company: Company) -> None:
        client = Client()
        client.force_login(company.fiona)
        draft = new_tier_policy(actor=make_user("frank", roles.FINANCE_MANAGER), policy_id=TierPolicy.objects.get().pk)
        address = reverse("admin:customers_tierpolicy_change", args=[draft.pk])
        assert client.get(address).status_code == 200
        rules = list(draft.rules.order_by("rank"))
        form: dict[str, Any] = {
            "name_zh": "层级", "name_en": "Tiers", "margin_percent": "5", "stay_days": "60",
            "rules-TOTAL_FORMS": "4", "rules-INITIAL_FORMS": "4",
        }  # fmt: skip
        for place, rule in enumerate(rules):
            for name in ("top_percent", "days_bought", "days_silent", "worst_grade", "visit_days", "response_hours"):
                value = getattr(rule, name)
                form[f"rules-{place}-{name}"] = "" if value is None else value
            form |= {f"rules-{place}-id": rule.pk, f"rules-{place}-policy": draft.pk}
        form["rules-0-visit_days"] = 7
        assert client.post(address, form).status_code == 302
        draft.refresh_from_db()
        assert (draft.stay_days, draft.rules.get(tier="vip").visit_days) == (60, 7)
        assert company.fiona.pk in draft.author_ids
        seeded = reverse("admin:customers_tierpolicy_change", args=[TierPolicy.objects.get(version=1).pk])
        assert client.post(seeded, form).status_code == 403


def test_equal_bounds_of_neighbours_are_in_order_but_for_the_share() -> None:
    vip, major = Demand(0, Decimal(40), 6, 90), Demand(1, Decimal(70), 6, 90)
    assert in_order([vip, major])
    assert not in_order([vip, Demand(1, Decimal(40), 6, 90)])


def test_a_margin_never_asks_for_more() -> None:
    demand = Demand(0, Decimal(40), 2, 365, 3)
    assert demand.relaxed(Decimal(10)) == Demand(0, Decimal(44), 2, 401, 3)
    assert demand.relaxed(Decimal(0)) == demand
